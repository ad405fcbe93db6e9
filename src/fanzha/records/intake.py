"""Decides what of a file is new, writes it aside as parts, and makes all of it visible at once."""

from __future__ import annotations

import zlib
from abc import ABC, abstractmethod
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from fanzha.records.contract import CALLS, QUARANTINE, REFERENCES, UTC_US
from fanzha.records.holders import write_holders
from fanzha.records.limits import limits
from fanzha.records.manifest import Part, add_parts, files_of, index_of
from fanzha.records.mapping import Mapping
from fanzha.records.part import day_of, described, new_path, read_columns, write_parquet, write_sorted
from fanzha.records.reason import Fault, Reason
from fanzha.records.receipt import Receipt
from fanzha.records.storage import name_of, reach, settle, told, unwritten
from fanzha.records.text import Int64s

if TYPE_CHECKING:
    from fanzha.records.lake import Lake

_FAULTS = 50_000


@dataclass
class Prepared:
    """The good rows of one block and the refused ones: what a worker hands to the intake."""

    table: pa.Table
    base: Int64s
    named: npt.NDArray[np.bool_]
    cells: dict[int, str] = field(default_factory=dict)
    rows: int = 0
    faults: list[Fault] = field(default_factory=list)


class Intake(ABC):
    """One file on its way in. take() blocks in order, then commit() or abandon(). The caller holds the writing lock."""

    def __init__(self, lake: Lake, path: Path, mapping: Mapping, network: str) -> None:
        self.lake, self.path, self.mapping, self.network = lake, path, mapping, network
        self.seen = lake.clock()
        self.rows = self.stored = self.quarantined = self.duplicates = 0
        self.parts: list[Part] = []
        self.import_id = lake.manifest.number("select coalesce(max(id), 0) + 1 from imports")
        self.first_seq = self.next_seq = lake.manifest.next_seq()
        self._damaged = False
        self._content = 0  # a sum, so that the order of the rows does not matter
        self._cells: dict[int, str] = {}
        self._waiting: list[Prepared] = []
        self._held_rows = self._held_bytes = 0
        self._faults: list[Fault] = []
        self._quarantine: list[Part] = []
        self._pool = ThreadPoolExecutor(1)
        self._writing: Future[None] | None = None

    def take(self, block: Prepared) -> None:
        """Count a block, and write what has gathered when it is enough."""
        self.rows += block.rows
        self.quarantined += len(block.faults)
        self._faults.extend(block.faults)
        raws = sum(zlib.crc32(fault.raw.encode("utf-8", "replace")) for fault in block.faults)
        self._damaged |= any(fault.reason is Reason.TRUNCATED for fault in block.faults)
        self._content = (self._content + int(block.base.sum()) + (raws << 16)) % 2**64
        self._cells.update(block.cells)
        if block.table.num_rows:
            self._waiting.append(block)
            self._held_rows += block.table.num_rows
            self._held_bytes += block.table.nbytes
        if self._held_rows >= limits().chunk_rows or self._held_bytes >= limits().chunk_bytes:
            self._flush()
        if len(self._faults) >= _FAULTS:
            self._put_faults()

    def commit(self) -> Receipt:
        """Make everything of the file visible in one transaction; what it says of itself."""
        self._flush()
        self._written()
        self._put_faults()
        assert self.rows == self.stored + self.quarantined + self.duplicates, "in = stored + quarantined + duplicates"
        content = f"{self.rows}:{self._content:016x}"
        seen = "select 1 from imports where content = ? and network = ? and kind = ?"
        if not self._damaged and self.lake.manifest.rows(seen, content, self.network, self.mapping.kind):
            self._drop(self._quarantine)  # the same rows again, in whatever order: their refused ones are there
            self._quarantine = []
        parts = self.parts + self._quarantine
        root = self.lake.root
        with told(root):
            reach("parts-written")
            settle(self._files(parts))
        last = self.next_seq - 1 if self.next_seq > self.first_seq else 0
        receipt = Receipt(
            name_of(self.path), self.mapping.kind, self.network, self.mapping.id, self.rows, self.stored,
            self.quarantined, self.duplicates, self.first_seq if last else 0, last, self.import_id,
        )  # fmt: skip
        self._commit(receipt, content, parts)
        self._committed()
        self._pool.shutdown()
        return receipt

    def _commit(self, receipt: Receipt, content: str, parts: list[Part]) -> None:
        with self.lake.manifest.transaction("import", ids=True) as connection:
            add_parts(connection, parts)
            connection.executemany("insert or ignore into cells values (?, ?)", self._cells.items())
            connection.execute(
                "insert into imports values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (self.import_id, content, *receipt[:10], int(pa.scalar(self.seen, UTC_US).value)),
            )
            connection.execute("update state set value = ? where name = 'next_seq'", (self.next_seq,))

    def abandon(self) -> None:
        """Delete what was written; the lake is as it was."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._drop(self.parts + self._quarantine)
        self.lake.known.forget()

    def _drop(self, parts: list[Part]) -> None:
        unwritten(self._files(parts))

    def _files(self, parts: list[Part]) -> list[Path]:
        return [self.lake.root / path for part in parts for path in files_of(part.path, part.lookup)]

    def _flush(self) -> None:
        self._written()
        if self._waiting:
            self._writing = self._pool.submit(self._write_all, self._waiting)
            self._waiting, self._held_rows, self._held_bytes = [], 0, 0

    def _written(self) -> None:
        """Wait for what is being written; at most one piece of the file is, so memory stays bounded."""
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()

    def _write_all(self, blocks: list[Prepared]) -> None:
        with told(self.lake.root):
            self._write(blocks)
        reach("chunk-written")

    @abstractmethod
    def _write(self, blocks: list[Prepared]) -> None:
        """Find what is new in the blocks and write it as parts."""

    @abstractmethod
    def _committed(self) -> None:
        """Bring what is remembered in step with the lake."""

    def _put_faults(self) -> None:
        if not self._faults:
            return
        faults, self._faults = self._faults, []
        words = [fault.reason.words for fault in faults]
        count = len(faults)
        columns = [
            pa.repeat(pa.scalar(self.import_id), count), pa.repeat(pa.scalar(name_of(self.path)), count),
            [fault.line for fault in faults], [fault.reason.value for fault in faults], [word.name for word in words],
            [word.zh for word in words], [word.en for word in words], [fault.detail for fault in faults],
            [_storable(fault.raw) for fault in faults], pa.repeat(pa.scalar(self.seen, UTC_US), count),
        ]  # fmt: skip
        table = pa.table([pa.array(c, f.type) for c, f in zip(columns, QUARANTINE, strict=True)], schema=QUARANTINE)
        now = int(pa.scalar(self.seen, UTC_US).value)
        day = int(day_of(np.array([now]))[0])
        path = new_path("quarantine", self.network, day)
        self._quarantine.append(
            Part(path, "quarantine", self.network, day, count, 0, 0, now, now, None, 0, self.import_id)
        )
        with told(self.lake.root):
            write_parquet(self.lake.root, path, table)


class CallIntake(Intake):
    """A file of calls: ids, order of arrival, one part a day."""

    def __init__(self, lake: Lake, path: Path, mapping: Mapping, network: str) -> None:
        super().__init__(lake, path, mapping, network)
        lake.known.begin()

    def _write(self, blocks: list[Prepared]) -> None:
        table = pa.concat_tables([block.table for block in blocks]).combine_chunks()
        base = np.concatenate([block.base for block in blocks])
        named = np.concatenate([block.named for block in blocks])
        days = day_of(np.asarray(table["started"].cast(pa.int64())))
        order, starts = _by_day(days)
        ids, fresh = np.empty(len(base), np.int64), np.empty(len(base), np.bool_)
        for low, high in zip(starts[:-1], starts[1:], strict=True):
            rows = order[low:high]
            day = int(days[rows[0]])
            ids[rows], fresh[rows] = self.lake.known.judge(self.network, day, base[rows], named[rows])
        seqs = self.next_seq - 1 + np.cumsum(fresh)
        new = int(fresh.sum())
        self.next_seq += new
        self.stored += new
        self.duplicates += len(base) - new
        table = _completed(table, ids, seqs, pa.scalar(self.seen, UTC_US))
        for low, high in zip(starts[:-1], starts[1:], strict=True):
            rows = order[low:high]
            self._write_day(table, rows[fresh[rows]], int(days[rows[0]]))

    def _write_day(self, table: pa.Table, rows: Int64s, day: int) -> None:
        if not len(rows):
            return
        if len(rows) < table.num_rows:
            whole_run = rows[-1] - rows[0] + 1 == len(rows) and bool((np.diff(rows) == 1).all())
            table = table.slice(int(rows[0]), len(rows)) if whole_run else table.take(pa.array(rows))
        path = new_path("calls", self.network, day)
        large = len(rows) >= limits().loose_rows
        # Named before it is written, so that a failure on the way finds the files to delete.
        self.parts.append(described(path, self.network, day, table, 0, self.import_id, lookup=large))
        size = (write_sorted if large else write_parquet)(self.lake.root, path, table)
        self.parts[-1] = self.parts[-1]._replace(bytes=size)

    def _committed(self) -> None:
        self.lake.known.settle()


class ReferenceIntake(Intake):
    """A file of reference rows: those that are new, in one part for each piece of the file."""

    def __init__(self, lake: Lake, path: Path, mapping: Mapping, network: str) -> None:
        super().__init__(lake, path, mapping, network)
        self.name = f"reference/{mapping.kind}"
        parts = lake.manifest.parts(self.name, network=network)
        stored = [np.asarray(read_columns(lake.root / part.path, ["row_hash"])["row_hash"]) for part in parts]
        self._known = np.unique(np.concatenate([np.zeros(0, np.int64), *stored]))

    def _write(self, blocks: list[Prepared]) -> None:
        table = pa.concat_tables([block.table for block in blocks]).combine_chunks()
        hashes = np.concatenate([block.base for block in blocks])
        _, firsts = np.unique(hashes, return_index=True)
        fresh = np.zeros(len(hashes), np.bool_)
        fresh[firsts] = True
        fresh &= ~np.isin(hashes, self._known)
        new = int(fresh.sum())
        self.stored += new
        self.duplicates += len(hashes) - new
        if not new:
            return
        self._known = np.union1d(self._known, hashes[fresh])
        kept = table.filter(pa.array(fresh))
        at = table.schema.get_field_index("loaded_at")
        kept = kept.set_column(at, "loaded_at", pa.repeat(pa.scalar(self.seen, UTC_US), new))
        kept = kept.cast(REFERENCES[self.mapping.kind]).append_column("row_hash", pa.array(hashes[fresh]))
        now = int(pa.scalar(self.seen, UTC_US).value)
        day = int(day_of(np.array([now]))[0])
        path = new_path(self.name, self.network, day)
        large = self.mapping.kind == "subscribers" and new >= limits().loose_rows
        place = index_of(path, "number") if large else None
        self.parts.append(Part(path, self.name, self.network, day, new, 0, 0, now, now, place, 0, self.import_id))
        write_parquet(self.lake.root, path, kept)
        if large:
            write_holders(self.lake.root, path, kept)

    def _committed(self) -> None:
        self._known = np.zeros(0, np.int64)


def _by_day(days: Int64s) -> tuple[Int64s, Int64s]:
    """Rows ordered by day, else as they came, and where each day begins (with the end as the last)."""
    if (days == days[0]).all():
        return np.arange(len(days)), np.array([0, len(days)])
    order = np.argsort(days.astype(np.int32), kind="stable")
    ordered = days[order]
    breaks = np.flatnonzero(np.diff(ordered)) + 1
    return order, np.concatenate([[0], breaks, [len(days)]])


def _completed(table: pa.Table, ids: Int64s, seqs: Int64s, seen: pa.Scalar) -> pa.Table:
    ours = {"id": pa.array(ids), "seq": pa.array(seqs), "seen": pa.repeat(seen, len(ids))}
    columns = [ours[name] if name in ours else table[name] for name in CALLS.names]
    return pa.table(columns, schema=CALLS)


def _storable(raw: str) -> str:
    return raw.encode("utf-8", "replace").decode("utf-8")
