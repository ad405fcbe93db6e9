"""Decides how all calls of one number are found in a sorted part: the same calls again, by number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fanzha.records.contract import CALLS

_ROWS = 2048
_SLICE = 262_144
_PARTY = "party"
_FIRSTS, _SAME = b"fanzha.firsts", b"fanzha.same"


def write_lookup(target: Path, table: pa.Table) -> int:
    """Write every call once under its caller and once under its callee, sorted by that number, in small blocks.

    The first number of each block stands in the schema's metadata, so that one number costs one or two blocks; and the
    columns that say the same of every call stand there once.
    """
    caller = np.asarray(pc.fill_null(table["caller"], 0))
    callee = np.asarray(table["callee"])
    calling = np.flatnonzero(caller != 0)
    called = np.flatnonzero(callee != caller)
    party = np.concatenate([caller[calling], callee[called]])
    order = np.argsort(party)
    party = party[order]
    rows = np.concatenate([calling, called])[order]
    same = [name for name in table.column_names if name != "id" and _is_constant(table[name])]
    varied = table.drop_columns(same)
    metadata = {_FIRSTS: party[::_ROWS].tobytes(), _SAME: _one_row(table.select(same))}
    schema = varied.schema.append(pa.field(_PARTY, pa.int64())).with_metadata(metadata)
    options = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
    with pa.OSFile(str(target), "wb") as sink, pa.ipc.new_file(sink, schema, options=options) as file:
        for at in range(0, len(rows), _SLICE):
            piece = varied.take(pa.array(rows[at : at + _SLICE]))
            piece = piece.append_column(_PARTY, pa.array(party[at : at + _SLICE])).combine_chunks()
            file.write_table(piece.replace_schema_metadata(metadata), max_chunksize=_ROWS)
    return target.stat().st_size


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
    """An open look-up file. It stays readable when the file is deleted, and is cheap to keep: mapped, not read."""

    def __init__(self, path: Path) -> None:
        self._source = pa.memory_map(str(path))
        options = pa.ipc.IpcReadOptions(use_threads=False)
        self._whole = pa.ipc.open_file(self._source, options=options)
        schema = self._whole.schema
        # Most blocks looked into do not hold the number: of those only its column is unpacked.
        only = pa.ipc.IpcReadOptions(use_threads=False, included_fields=[len(schema) - 1])
        self._party = pa.ipc.open_file(self._source, options=only)
        self._firsts = np.frombuffer(schema.metadata[_FIRSTS], np.int64)
        with pa.ipc.open_stream(schema.metadata[_SAME]) as stream:
            same = stream.read_all()
        self._same = {name: same[name][0] for name in same.column_names}

    def of(self, number: int) -> list[pa.Table]:
        """The calls of a number on either side, as tables of CALLS in no order."""
        start = max(int(np.searchsorted(self._firsts, number, "left")) - 1, 0)
        end = int(np.searchsorted(self._firsts, number, "right"))
        found = []
        for at in range(start, end):
            party = np.asarray(self._party.get_batch(at).column(0))
            low, high = int(np.searchsorted(party, number, "left")), int(np.searchsorted(party, number, "right"))
            if high > low:
                found.append(self._calls(self._whole.get_batch(at).slice(low, high - low)))
        return found

    def _calls(self, batch: pa.RecordBatch) -> pa.Table:
        count = batch.num_rows
        columns = [
            pa.repeat(self._same[name], count) if name in self._same else batch.column(name) for name in CALLS.names
        ]
        return pa.table(columns, schema=CALLS)
