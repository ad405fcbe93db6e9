"""Decides how the rows of a Parquet file are read: in bounded batches, with only the columns that a mapping wants."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fanzha.errors import InputError
from fanzha.records.mapping import Mapping
from fanzha.records.reason import Fault, Reason
from fanzha.records.rows import Rows, require_columns

_ROWS = 131_072


class Batch(NamedTuple):
    """Rows of a Parquet file from row number `first` (from 1); or the damage after the last that could be read."""

    rows: pa.RecordBatch | None
    first: int
    damage: str = ""


class ParquetReader:
    """Reads one Parquet file by a mapping.

    Raises InputError where the file is no Parquet (or cut off: its index lies at the end), MappingError for a column.
    """

    def __init__(self, path: Path, mapping: Mapping) -> None:
        self.path, self.mapping = path, mapping
        names = parquet_columns(path)
        require_columns(mapping, names, path)
        self._wanted = [name for name in mapping.wanted() if name in names]

    def blocks(self) -> Iterator[Batch]:
        """The rows in batches."""
        first = 1
        try:
            with pa.OSFile(os.fsencode(self.path)) as whole, pq.ParquetFile(whole) as file:
                for batch in file.iter_batches(batch_size=_ROWS, columns=self._wanted):
                    yield Batch(batch, first)
                    first += batch.num_rows
        except (OSError, pa.ArrowException) as error:
            yield Batch(None, first, str(error).splitlines()[0])

    def parse(self, block: Batch) -> Rows:
        """One batch as rows."""
        if block.rows is None:
            return Rows({}, np.zeros(0, np.int64), [Fault(block.first, Reason.TRUNCATED, block.damage, "")])
        columns = {name: block.rows.column(name) for name in block.rows.schema.names}
        return Rows(columns, np.arange(block.first, block.first + block.rows.num_rows, dtype=np.int64))


def parquet_columns(path: Path) -> list[str]:
    """The names of a Parquet file's columns. Raises InputError where it is none."""
    try:
        with pa.OSFile(os.fsencode(path)) as whole, pq.ParquetFile(whole) as file:
            return list(file.schema_arrow.names)
    except (OSError, pa.ArrowException) as error:
        raise InputError(
            "is not a whole Parquet file; nothing was stored",
            where=str(path),
            hint="it may have been cut off in transfer: deliver it again",
        ) from error
