"""Decides how all calls of one number are found in a sorted part: the same calls again, by number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fanzha.records.blocks import Blocks, write_blocks
from fanzha.records.contract import CALLS

_PARTY = "party"
_SAME = b"fanzha.same"


def write_lookup(target: Path, table: pa.Table) -> int:
    """Write every call once under its caller and once under its callee, sorted by that number; the bytes written.

    The columns that say the same of every call stand once in the schema's metadata.
    """
    caller = np.asarray(pc.fill_null(table["caller"], 0))
    callee = np.asarray(table["callee"])
    calling = np.flatnonzero(caller != 0)
    called = np.flatnonzero(callee != caller)
    party = np.concatenate([caller[calling], callee[called]])
    order = np.argsort(party)
    rows = np.concatenate([calling, called])[order]
    same = [name for name in table.column_names if name != "id" and _is_constant(table[name])]
    once = {_SAME: _one_row(table.select(same))}
    return write_blocks(target, table.drop_columns(same), rows, party[order], _PARTY, once)


def _is_constant(column: pa.ChunkedArray) -> bool:
    if column.null_count:
        return bool(column.null_count == len(column))
    if pa.types.is_boolean(column.type):
        return False
    ends = pc.min_max(column)
    return bool(ends["min"] == ends["max"])


def _one_row(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table.slice(0, 1))
    return bytes(sink.getvalue())


class Lookup:
    """An open look-up file, cheap to keep."""

    def __init__(self, path: Path) -> None:
        self._blocks = Blocks(path)
        with pa.ipc.open_stream(self._blocks.metadata[_SAME]) as stream:
            same = stream.read_all()
        self._same = {name: same[name][0] for name in same.column_names}

    def of(self, number: int) -> list[pa.Table]:
        """The calls of a number on either side, as tables of CALLS in no order."""
        return [self._calls(batch) for batch in self._blocks.of(number)]

    def _calls(self, batch: pa.RecordBatch) -> pa.Table:
        count = batch.num_rows
        columns = [
            pa.repeat(self._same[name], count) if name in self._same else batch.column(name) for name in CALLS.names
        ]
        return pa.table(columns, schema=CALLS)
