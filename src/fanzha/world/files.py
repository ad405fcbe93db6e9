"""Decides how tables are written: the same bytes for the same rows, as Parquet or CSV."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

# Few distinct values: worth a dictionary. The others are nearly unique.
_REPEATING = ["ingress", "trunk", "released_by", "caller_cell", "callee_cell", "scheme", "role", "part", "plan",
              "age_band", "region", "place", "lac"]  # fmt: skip


def write_table(table: pa.Table, path: Path, shape: str) -> Path:
    """Write `path` with the ending that `shape` (parquet or csv) calls for."""
    return write_batches(iter([table]), table.schema, path, shape)


def write_batches(batches: Iterable[pa.Table], schema: pa.Schema, path: Path, shape: str) -> Path:
    """The same, of tables that come one after another; the file appears under its name only when it is whole."""
    target = path.with_name(f"{path.name}.{shape}")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    try:
        if shape == "csv":
            with pa_csv.CSVWriter(part, schema, write_options=pa_csv.WriteOptions(quoting_style="needed")) as writer:
                for table in batches:
                    writer.write_table(table)
        else:
            coded = [name for name in _REPEATING if name in schema.names]
            with pq.ParquetWriter(
                part, schema, compression="zstd", compression_level=1, use_dictionary=coded, write_statistics=True
            ) as writer:
                for table in batches:
                    writer.write_table(table, row_group_size=1 << 19)
        part.rename(target)
    except BaseException:  # a full disk, Ctrl-C: nothing half written is left
        part.unlink(missing_ok=True)
        raise
    return target
