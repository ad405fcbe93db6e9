"""Decides how rows lie in a part file: Parquet for scans, and beside a sorted part the files it is looked into by."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fanzha.records.lookup import write_lookup
from fanzha.records.manifest import Part, index_of, indexes_of
from fanzha.records.presence import write_presence
from fanzha.records.storage import TEMPORARY
from fanzha.records.text import Int64s

DAY = 86_400_000_000
_SHANGHAI = 28_800_000_000  # partitions are days in Shanghai, which has kept UTC+8 since 1991
ROW_GROUP = 131_072
# Columns of few distinct values, for which Parquet's dictionaries pay.
_FEW = {"network", "source", "trunk", "ingress", "release_cause", "released_by", "serving_region", "ring_ms", "talk_ms"}
_FEW |= {"caller_cell", "callee_cell", "file", "reason", "name", "zh", "en", "detail", "plan", "age_band", "carrier"}


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
    return write_slices(root, path, table.schema, [table])


def write_sorted(root: Path, path: str, table: pa.Table) -> int:
    """Write calls sorted by caller, and beside them what they are looked into by; the bytes of all."""
    order = np.argsort(np.asarray(pc.fill_null(table["caller"], 0)))
    slices = (table.take(pa.array(order[at : at + ROW_GROUP])) for at in range(0, len(order), ROW_GROUP))
    numbers, devices, cells = (root / (each + TEMPORARY) for each in indexes_of(path))
    size = write_slices(root, path, table.schema, slices) + write_lookup(numbers, table)
    return size + write_presence(devices, table, "device") + write_presence(cells, table, "cell")


def write_slices(root: Path, path: str, schema: pa.Schema, slices: Iterable[pa.Table]) -> int:
    """Write pieces of one table, in their order, under a temporary name; the bytes written."""
    target = root / (path + TEMPORARY)
    target.parent.mkdir(parents=True, exist_ok=True)
    coded = [name for name in schema.names if name in _FEW]
    told_of = [name for name in ("caller", "started", "seq") if name in schema.names]
    with pq.ParquetWriter(
        target, schema, compression="zstd", compression_level=1, use_dictionary=coded, write_statistics=told_of
    ) as file:
        for piece in slices:
            file.write_table(piece, row_group_size=ROW_GROUP)
    return target.stat().st_size


def described(path: str, network: str, day: int, table: pa.Table, size: int, import_id: int, *, lookup: bool) -> Part:
    """The manifest's entry for a part of calls."""
    seqs = pc.min_max(table["seq"]).as_py()
    times = pc.min_max(table["started"].cast(pa.int64())).as_py()
    place = index_of(path, "number") if lookup else None
    bounds = (seqs["min"], seqs["max"], times["min"], times["max"])
    return Part(path, "calls", network, day, table.num_rows, *bounds, place, size, import_id)


def read_matching(
    path: Path,
    values: Sequence[int] | Sequence[str],
    columns: Sequence[str],
    wanted_columns: Sequence[str] | None = None,
) -> pa.Table:
    """The rows of a Parquet part in which any of `columns` (of one type) is one of `values`; whole, or some columns."""
    wanted = pa.array(values, pa.string() if values and isinstance(values[0], str) else pa.int64())
    few = None if wanted_columns is None else list(dict.fromkeys([*columns, *wanted_columns]))
    with pq.ParquetFile(path, memory_map=True) as file:
        found = []
        for group in range(file.num_row_groups):
            keys = file.read_row_group(group, columns=list(columns))
            mask = _any([pc.is_in(keys[name], wanted) for name in columns])
            if pc.any(mask).as_py():
                found.append(file.read_row_group(group, columns=few).filter(mask))
        empty = file.schema_arrow.empty_table()
        return pa.concat_tables(found) if found else empty.select(few) if few else empty


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
