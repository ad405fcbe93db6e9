"""Decides how rows lie in a part file: Parquet for scans, and beside a sorted part its calls by number for look-ups."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fanzha.records.manifest import Part
from fanzha.records.storage import TEMPORARY
from fanzha.records.text import Int64s

DAY = 86_400_000_000
_SHANGHAI = 28_800_000_000  # partitions are days in Shanghai, which has kept UTC+8 since 1991
_ROW_GROUP = 131_072
_LOOKUP_ROWS = 512
_PARTY = "party"
_KEYS = b"fanzha.first"


def day_of(micros: Int64s) -> Int64s:
    """The partition of each start time: days since 1970-01-01 in Shanghai."""
    return (micros + _SHANGHAI) // DAY


def day_start(day: int) -> int:
    """The first microsecond (UTC) of a partition."""
    return day * DAY - _SHANGHAI


def new_path(name: str, network: str, day: int) -> str:
    """A fresh place for a part, relative to the lake: table/network/day/unique.parquet."""
    date = np.datetime64(day, "D")
    return f"{name}/{quote(network, safe='')}/{date}/{uuid.uuid4().hex}.parquet"


def write_parquet(root: Path, path: str, table: pa.Table) -> int:
    """Write a table to `path` under a temporary name; the bytes written."""
    target = root / (path + TEMPORARY)
    target.parent.mkdir(parents=True, exist_ok=True)
    random = {"id", "seq"}
    coded = [field.name for field in table.schema if field.name not in random and not pa.types.is_timestamp(field.type)]
    pq.write_table(
        table, target, compression="zstd", compression_level=1, row_group_size=_ROW_GROUP, use_dictionary=coded,
        write_statistics=[name for name in ("caller", "started", "seq") if name in table.column_names],
    )  # fmt: skip
    return target.stat().st_size


def described(path: str, name: str, network: str, day: int, table: pa.Table, size: int, import_id: int) -> Part:
    """The manifest's entry for a part of calls that was just written."""
    seqs = pc.min_max(table["seq"]).as_py()
    times = pc.min_max(table["started"].cast(pa.int64())).as_py()
    return Part(
        path,
        name,
        network,
        day,
        table.num_rows,
        seqs["min"],
        seqs["max"],
        times["min"],
        times["max"],
        None,
        size,
        import_id,
    )


def write_lookup(root: Path, path: str, table: pa.Table) -> int:
    """Write every call once under its caller and once under its callee, sorted by that number, in small blocks.

    The first number of each block stands in the schema's metadata, so that one number costs one or two blocks.
    """
    caller = np.asarray(pc.fill_null(table["caller"], 0))
    callee = np.asarray(table["callee"])
    calling = np.flatnonzero(caller != 0)
    called = np.flatnonzero(callee != caller)
    party = np.concatenate([caller[calling], callee[called]])
    order = np.argsort(party, kind="stable")
    party = party[order]
    taken = table.take(pa.array(np.concatenate([calling, called])[order])).combine_chunks()
    firsts = party[::_LOOKUP_ROWS].tobytes()
    taken = taken.append_column(_PARTY, pa.array(party))
    schema = taken.schema.with_metadata({_KEYS: firsts})
    target = root / (path + TEMPORARY)
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.OSFile(str(target), "wb") as sink, pa.ipc.new_file(sink, schema, options=options) as file:
        file.write_table(taken.replace_schema_metadata(schema.metadata), max_chunksize=_LOOKUP_ROWS)
    return target.stat().st_size


def look_up(path: Path, number: int) -> pa.Table:
    """The calls of one number, on either side, from a part's look-up file."""
    with pa.memory_map(str(path)) as source:
        file = pa.ipc.open_file(source)
        firsts = np.frombuffer(file.schema.metadata[_KEYS], np.int64)
        start = max(int(np.searchsorted(firsts, number, "left")) - 1, 0)
        end = int(np.searchsorted(firsts, number, "right"))
        found = []
        for at in range(start, end):
            batch = file.get_batch(at)
            party = np.asarray(batch.column(batch.num_columns - 1))
            low, high = np.searchsorted(party, number, "left"), np.searchsorted(party, number, "right")
            if high > low:
                found.append(batch.slice(low, high - low))
        table = pa.Table.from_batches(found, file.schema.remove_metadata())
        return table.drop_columns([_PARTY])


def read_matching(path: Path, numbers: Sequence[int], columns: Sequence[str]) -> pa.Table:
    """The rows of a Parquet part in which any of `columns` (integers) is one of `numbers`."""
    wanted = pa.array(numbers, pa.int64())
    with pq.ParquetFile(path, memory_map=True) as file:
        found = []
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, columns=list(columns))
            mask = _any([pc.is_in(table[name], wanted) for name in columns])
            if pc.any(mask).as_py():
                found.append(file.read_row_group(group).filter(mask))
        return pa.concat_tables(found) if found else file.schema_arrow.empty_table()


def _any(masks: list[pa.ChunkedArray]) -> pa.ChunkedArray:
    whole = masks[0]
    for mask in masks[1:]:
        whole = pc.or_(whole, mask)
    return whole


def batches(path: Path, columns: Sequence[str], size: int) -> Iterator[pa.RecordBatch]:
    """A part's rows in batches of at most `size`."""
    with pq.ParquetFile(path, memory_map=True) as file:
        yield from file.iter_batches(batch_size=size, columns=list(columns))


def read_columns(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """A whole part, or some of its columns."""
    with pq.ParquetFile(path, memory_map=True) as file:
        return file.read(columns=None if columns is None else list(columns))
