"""Decides how the rows of a number, a document or a cell are found in a large part of subscribers: the same rows again,
by each of the three."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fanzha.records.blocks import Blocks, write_blocks
from fanzha.records.keys import keys
from fanzha.records.manifest import Index, index_of
from fanzha.records.storage import TEMPORARY

BY: dict[str, Index] = {"number": "number", "document_hash": "document", "home_cell": "cell"}
_KEY = "key"


def write_holders(root: Path, path: str, table: pa.Table) -> int:
    """Write a part's rows sorted by number, by document and by cell, under temporary names; the bytes written.

    Rows without one of them are not found by it."""
    size = 0
    for column, by in BY.items():
        of_each, known = _keys(table[column]), np.flatnonzero(np.asarray(table[column].is_valid()))
        rows = known[np.argsort(of_each[known], kind="stable")]
        size += write_blocks(root / (index_of(path, by) + TEMPORARY), table, rows, of_each[rows], _KEY, {})
    return size


class Holders:
    """An open file of them, by one column; cheap to keep."""

    def __init__(self, path: Path) -> None:
        self._blocks = Blocks(path)

    def of(self, column: str, values: Sequence[int] | Sequence[str], wanted: Sequence[str]) -> pa.Table:
        """Some columns of the rows in which `column` is one of `values`; of one value in the order of the part."""
        sought = pa.chunked_array([pa.array(values)])
        found = [batch for key in np.unique(_keys(sought)) for batch in self._blocks.of(int(key))]
        rows = pa.Table.from_batches(found, self._blocks.schema)
        return rows.filter(pc.is_in(rows[column], pa.array(values))).select(list(wanted))  # two texts may share a key


def _keys(column: pa.ChunkedArray) -> np.ndarray:
    if pa.types.is_integer(column.type):
        return np.asarray(pc.fill_null(column, 0).cast(pa.int64()))
    return np.asarray(pc.fill_null(keys(column.combine_chunks(), leading_zeros_count=True)[0], 0))
