"""Decides how the numbers that were in a device or a cell are found in a sorted part, without reading its calls."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fanzha.records.blocks import Blocks, write_blocks

Thing = Literal["device", "cell"]
COLUMNS: dict[Thing, tuple[str, str]] = {
    "device": ("caller_imei", "callee_imei"),
    "cell": ("caller_cell", "callee_cell"),
}
PRESENCE = pa.schema([("thing", pa.int64()), ("number", pa.int64()), ("calls", pa.int64())])


def read_of(thing: Thing) -> list[str]:
    """The columns of calls that `presence` asks for."""
    return ["caller", "callee", *COLUMNS[thing]]


def presence(calls: pa.Table, thing: Thing) -> pa.Table:
    """PRESENCE: in how many of these calls each number was in each device or cell, sorted by that.

    calls 0: it was never there itself, but is where a caller without a number, who was, is found in a look-up.
    """
    caller, callee = pc.fill_null(calls["caller"], 0), calls["callee"]
    withheld = pc.equal(caller, 0)
    found = [
        _rows(calls[COLUMNS[thing][0]], pc.if_else(withheld, callee, caller), pc.if_else(withheld, 0, 1)),
        _rows(calls[COLUMNS[thing][1]], callee, pa.chunked_array([pa.repeat(1, calls.num_rows)])),
    ]
    each = pa.concat_tables(found).group_by(["thing", "number"], use_threads=False).aggregate([("calls", "sum")])
    each = each.rename_columns(["thing", "number", "calls"])
    return each.take(pa.array(np.argsort(np.asarray(each["thing"]))))


def _rows(things: pa.ChunkedArray, numbers: pa.ChunkedArray, calls: pa.ChunkedArray) -> pa.Table:
    return pa.table([things, numbers, calls], schema=PRESENCE).filter(pc.is_valid(things))


def write_presence(target: Path, calls: pa.Table, thing: Thing) -> int:
    """Write it for one part; the bytes written."""
    table = presence(calls, thing)
    keys = np.asarray(table["thing"])
    return write_blocks(target, table.select(["number", "calls"]), np.arange(len(keys)), keys, "thing", {})


class Presence:
    """An open file of presence, cheap to keep."""

    def __init__(self, path: Path) -> None:
        self._blocks = Blocks(path)

    def of(self, things: Sequence[int]) -> pa.Table:
        """PRESENCE of these devices or cells."""
        batches = [batch.select(PRESENCE.names) for thing in things for batch in self._blocks.of(thing)]
        return pa.Table.from_batches(batches, PRESENCE)
