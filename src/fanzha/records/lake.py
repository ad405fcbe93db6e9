"""Decides what a reader sees of the records: a consistent set of parts, by day, number or arrival."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fanzha.errors import UsageError
from fanzha.records.compaction import compact
from fanzha.records.contract import CALLS, QUARANTINE, REFERENCES, UTC_US
from fanzha.records.finding import Finder
from fanzha.records.keys import cell_key, device_key
from fanzha.records.known import KnownIds
from fanzha.records.limits import limits
from fanzha.records.manifest import Manifest, Part, retire_parts
from fanzha.records.part import batches, day_of, day_start, read_columns
from fanzha.records.presence import PRESENCE, Thing
from fanzha.records.receipt import Receipt
from fanzha.records.storage import BusyLake, no_readers, reader, taking, told, writer

SCAN_ROWS = 500_000
_DATED = ("calls", "quarantine", "verdicts")
_FILES = ("calls", "reference", "quarantine", "verdicts", "staging")


def utc_now() -> datetime:
    """The time of arrival of what is imported now."""
    return datetime.now(UTC)


class Lake:
    """The records under FANZHA_HOME (数据湖). Any number of processes may read while one writes.

    Times given are aware datetimes; ranges are [start, end). Closes with close() or `with`.
    """

    def __init__(self, home: Path, *, clock: Callable[[], datetime] = utc_now) -> None:
        self.root = Path(home) / "lake"
        self.clock = clock
        with told(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
        self.manifest = Manifest(self.root / "manifest.sqlite")
        self._finder = Finder(self.root)
        self.known = KnownIds(self.root, self.manifest, self.root / "staging", limits().known_ids)

    def __enter__(self) -> Lake:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the manifest back."""
        self._finder.close()
        self.manifest.close()

    # Reading

    def scan(
        self,
        columns: Sequence[str],
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        network: str | None = None,
        after_seq: int = 0,
        up_to_seq: int | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Calls started in [start, end) with after_seq < seq <= up_to_seq, in batches of at most 500,000 rows.

        Days (of Shanghai) come in ascending order; within a day the order is free: sort by `seq` as needed.
        """
        _check_columns(columns)
        low, high = _micros(start), _micros(end)
        with reader(self.root):
            for part in self.manifest.parts("calls", network=network, start=low, end=high):
                if part.max_seq > after_seq and (up_to_seq is None or part.min_seq <= up_to_seq):
                    yield from self._scan_part(part, list(columns), low, high, after_seq, up_to_seq)

    def _scan_part(
        self, part: Part, columns: list[str], low: int | None, high: int | None, after: int, upto: int | None
    ) -> Iterator[pa.RecordBatch]:
        times = (low is not None and part.first < low) or (high is not None and part.last >= high)
        seqs = part.min_seq <= after or (upto is not None and part.max_seq > upto)
        extra = [name for name, needed in (("started", times), ("seq", seqs)) if needed and name not in columns]
        for batch in batches(self.root / part.path, columns + extra, SCAN_ROWS):
            mask = _mask(
                batch, low if times else None, high if times else None, after if seqs else 0, upto if seqs else None
            )
            if mask is not None:
                batch = batch.filter(mask)
            if batch.num_rows:
                yield batch.select(columns)

    def calls_of(
        self,
        number: int,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        limit: int | None = None,
        up_to_seq: int | None = None,
    ) -> pa.Table:
        """All calls to and from a number, sorted by started and seq; with `limit`, the latest so many."""
        low, high = _micros(start), _micros(end)
        with reader(self.root):
            parts = self.manifest.parts("calls", start=low, end=high)
            found = [table for part in parts for table in self._finder.of_number(part, number)]
        return _ordered(found, low, high, limit, up_to_seq)

    def calls_of_device(
        self, imei: int, *, start: datetime | None = None, end: datetime | None = None, up_to_seq: int | None = None
    ) -> pa.Table:
        """All calls made or taken on a device, by its IMEI's key; sorted as `calls_of`."""
        return self._calls_within("device", imei, start, end, up_to_seq)

    def calls_of_cell(
        self, cell: int, *, start: datetime | None = None, end: datetime | None = None, up_to_seq: int | None = None
    ) -> pa.Table:
        """All calls made or taken in a cell, by its key; a busy one may cost reading whole days: give a range."""
        return self._calls_within("cell", cell, start, end, up_to_seq)

    def _calls_within(
        self, thing: Thing, key: int, start: datetime | None, end: datetime | None, up_to_seq: int | None
    ) -> pa.Table:
        low, high = _micros(start), _micros(end)
        with reader(self.root):
            parts = self.manifest.parts("calls", start=low, end=high)
            found = [table for part in parts for table in self._finder.within(part, thing, key)]
        return _ordered(found, low, high, None, up_to_seq)

    def present(self, thing: Thing, keys: Sequence[int], network: str, since: datetime) -> pa.Table:
        """In how many calls each number was in these devices or cells from the day (Shanghai) of `since` on.

        Columns thing, number, calls; a number that was in two of them has a row for each. Whole days, for the index
        that tells it counts no hours.
        """
        first = day_start(int(day_of(np.array([_micros(since)]))[0]))
        with reader(self.root):
            parts = self.manifest.parts("calls", network=network, start=first) if keys else []
            found = pa.concat_tables(
                [PRESENCE.empty_table(), *(self._finder.present(each, thing, keys) for each in parts)]
            )
        there = found.filter(pc.greater(found["calls"], 0)).group_by(["thing", "number"], use_threads=False)
        return there.aggregate([("calls", "sum")]).rename_columns(PRESENCE.names)

    def by_seq(self, seqs: Sequence[int]) -> pa.Table:
        """The calls with these places in the order of arrival, in that order; those that are gone are left out."""
        wanted = sorted({int(seq) for seq in seqs})
        found: list[pa.Table] = []
        with reader(self.root):
            for part in self.manifest.parts("calls") if wanted else []:
                inside = [seq for seq in wanted if part.min_seq <= seq <= part.max_seq]
                if inside:
                    found.extend(self._finder.at(part, inside))
        return pa.concat_tables([CALLS.empty_table(), *map(_as_calls, found)]).sort_by("seq")

    def networks(self) -> list[str]:
        """Whose calls are here."""
        return [
            str(row[0])
            for row in self.manifest.rows("select distinct network from parts where name = 'calls' order by 1")
        ]

    def span(self, network: str | None = None) -> tuple[datetime | None, datetime | None, int]:
        """Start of the first and of the last call, and the number of calls; None, None, 0 for none."""
        parts = self.manifest.parts("calls", network=network)
        if not parts:
            return None, None, 0
        first, last = min(part.first for part in parts), max(part.last for part in parts)
        return _time(first), _time(last), sum(part.rows for part in parts)

    def position(self) -> int:
        """The seq of the last call that was committed; 0 before the first."""
        return self.manifest.next_seq() - 1

    def imports(self) -> list[Receipt]:
        """What every import said, oldest first."""
        return self.manifest.imports()

    def quarantine(self, import_id: int | None = None) -> pa.Table:
        """Refused rows: import_id, file, line, reason, name, zh, en, detail, raw, seen."""
        with reader(self.root):
            parts = [part for part in self.manifest.parts("quarantine") if import_id in (None, part.import_id)]
            return pa.concat_tables(
                [QUARANTINE.empty_table(), *(read_columns(self.root / part.path) for part in parts)]
            )

    def reference(
        self,
        kind: str,
        *,
        network: str | None = None,
        as_of: datetime | None = None,
        up_to_import: int | None = None,
    ) -> pa.Table:
        """Rows of subscribers, cells, trunks or ported that had been loaded by `as_of`, or by an import (None: all)."""
        if kind not in REFERENCES:
            raise UsageError(f"no such reference table: {kind}", hint=f"one of: {', '.join(REFERENCES)}")
        schema = REFERENCES[kind]
        with reader(self.root):
            parts = self.manifest.parts(f"reference/{kind}", network=network)
            parts = [part for part in parts if up_to_import is None or part.import_id <= up_to_import]
            tables = [read_columns(self.root / part.path, schema.names).cast(schema) for part in parts]
        table = pa.concat_tables([schema.empty_table(), *tables])
        return table if as_of is None else table.filter(pc.less_equal(table["loaded_at"], pa.scalar(as_of, UTC_US)))

    def reference_of(
        self,
        kind: str,
        column: str,
        values: Sequence[int] | Sequence[str],
        network: str,
        columns: Sequence[str] | None = None,
    ) -> pa.Table:
        """Its rows in which `column` is one of `values`, whole or some `columns`: far quicker than the whole table."""
        names = list(REFERENCES[kind].names if columns is None else columns)
        schema = pa.schema([REFERENCES[kind].field(name) for name in names])
        with reader(self.root):
            parts = self.manifest.parts(f"reference/{kind}", network=network) if values else []
            tables = [self._finder.reference(part, column, values, names) for part in parts]
        return pa.concat_tables([schema.empty_table(), *(table.cast(schema) for table in tables)])

    def knows(self, kind: str, network: str) -> bool:
        """Whether a reference table has any row."""
        return any(part.rows for part in self.manifest.parts(f"reference/{kind}", network=network))

    def cell_key(self, text: str) -> int:
        """The key of a cell's name."""
        return cell_key(text)

    def device_key(self, text: str) -> int:
        """The key of an IMEI or IMSI."""
        return device_key(text)

    def cell_name(self, key: int) -> str:
        """The name of a cell by its key, as the source wrote it; its digits where no name is known."""
        found = self.manifest.rows("select name from cells where key = ?", key)
        return str(found[0][0]) if found else str(key)

    # Writing

    @contextmanager
    def writing(self, *, wait: float | None = None) -> Iterator[None]:
        """Hold the writing lock, with what dead writers left swept away. Raises BusyLake after `wait` seconds."""
        with writer(self.root, wait=limits().lock_seconds if wait is None else wait) as died:
            self._sweep(everything=died)
            yield

    def taking(self, own: bytes) -> AbstractContextManager[bool]:
        """See storage.taking: of several processes that take verdicts in, one at a time."""
        return taking(self.root, own, wait=limits().lock_seconds)

    def compact(self, *, everything: bool = True) -> int:
        """Sort everything that lies as it came, or only what is due; the parts written."""
        with self.writing():
            return compact(self.root, self.manifest, everything=everything)

    def sort_due(self) -> int:
        """Sort what is due, for someone with time to spare; nothing while another process writes. The parts written."""
        try:
            with self.writing(wait=0.0):
                return compact(self.root, self.manifest)
        except BusyLake:
            return 0

    def before(self, day: date) -> dict[str, int]:
        """How many calls, refused rows and verdicts there are of days (Shanghai) before `day`."""
        return _rows_of(self._before(day))

    def drop_before(self, day: date) -> dict[str, int]:
        """Delete them (留存期满); how many."""
        with self.writing():
            gone = self._before(day)
            with self.manifest.transaction(ids=True) as connection:
                retire_parts(connection, gone)
        return _rows_of(gone)

    def _before(self, day: date) -> list[Part]:
        last = (day - date(1970, 1, 1)).days
        return [part for name in _DATED for part in self.manifest.parts(name) if part.day < last]

    def _sweep(self, *, everything: bool) -> None:
        """Delete replaced files once nobody reads, and, if a writer died, everything that no transaction names."""
        with told(self.root):
            retired = {str(row[0]) for row in self.manifest.rows("select path from retired")}
            if not (everything or retired):
                return
            named = self.manifest.files()
            self._finder.close({self.root / path for path in named})
            if everything:
                for place in self._files() - named - retired:
                    (self.root / place).unlink(missing_ok=True)
            with no_readers(self.root) as idle:
                if idle and retired:
                    for place in retired:
                        (self.root / place).unlink(missing_ok=True)
                    with self.manifest.transaction() as connection:
                        connection.execute("delete from retired")

    def _files(self) -> set[str]:
        found = [path for name in _FILES for path in (self.root / name).rglob("*") if path.is_file()]
        return {path.relative_to(self.root).as_posix() for path in found}


def _rows_of(parts: list[Part]) -> dict[str, int]:
    return {name: sum(part.rows for part in parts if part.name == name) for name in _DATED}


def _micros(time: datetime | None) -> int | None:
    if time is not None and time.tzinfo is None:
        raise UsageError(f"the time {time} names no zone", hint="give an aware datetime")
    return None if time is None else int(pa.scalar(time, UTC_US).value)


def _time(micros: int) -> datetime:
    found = pa.scalar(micros, pa.int64()).cast(UTC_US).as_py()
    assert isinstance(found, datetime)
    return found.astimezone(UTC)


def _check_columns(columns: Sequence[str]) -> None:
    strange = [name for name in columns if name not in CALLS.names]
    if strange:
        raise UsageError(f"calls have no column {', '.join(strange)}", hint=f"columns: {', '.join(CALLS.names)}")


def _mask(
    rows: pa.RecordBatch | pa.Table, low: int | None, high: int | None, after: int, upto: int | None
) -> pa.Array | None:
    masks = []
    if low is not None:
        masks.append(pc.greater_equal(rows["started"], pa.scalar(low, UTC_US)))
    if high is not None:
        masks.append(pc.less(rows["started"], pa.scalar(high, UTC_US)))
    if after:
        masks.append(pc.greater(rows["seq"], after))
    if upto is not None:
        masks.append(pc.less_equal(rows["seq"], upto))
    whole = masks[0] if masks else None
    for mask in masks[1:]:
        whole = pc.and_(whole, mask)
    return whole


def _as_calls(table: pa.Table) -> pa.Table:
    return table if table.schema == CALLS else table.cast(CALLS)


def _ordered(found: list[pa.Table], low: int | None, high: int | None, limit: int | None, upto: int | None) -> pa.Table:
    table = pa.concat_tables([CALLS.empty_table(), *(_as_calls(table) for table in found if table.num_rows)])
    mask = _mask(table, low, high, 0, upto)
    if mask is not None:
        table = table.filter(mask)
    table = table.take(pc.sort_indices(table, sort_keys=[("started", "ascending"), ("seq", "ascending")]))
    return table if limit is None else table.slice(max(0, table.num_rows - limit))
