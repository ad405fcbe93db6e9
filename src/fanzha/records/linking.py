"""Decides which rows of different networks are one and the same call, so that it is counted once (design section 2).

Each switch that a call crosses reports it: same caller, same callee, and starts that differ by no more than the clocks
and the way between them. Two rows of one network are never one call.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fanzha.records.limits import limits


def link(calls: pa.Table) -> NDArray[np.int64]:
    """For each row, the first row (by start, then seq) that is the same call; its own place where no other saw it.

    calls: rows with `network`, `caller`, `callee`, `started` and `seq` of records.contract.CALLS, in any order.
    A withheld caller or callee links nothing: its calls cannot be told apart. Of several rows of one other network the
    nearest start is taken, and each row is linked once.
    """
    reach = int(limits().link_seconds * 1_000_000)
    network = calls["network"].combine_chunks().dictionary_encode().indices.to_numpy(zero_copy_only=False)
    caller, callee = (calls[side].fill_null(0).to_numpy() for side in ("caller", "callee"))
    started, seq = calls["started"].cast(pa.int64()).to_numpy(), calls["seq"].to_numpy()
    order = np.lexsort((seq, started, callee, caller))
    found = np.arange(calls.num_rows)
    pairs = np.stack([caller[order], callee[order]])
    edges = np.flatnonzero((np.diff(pairs, axis=1) != 0).any(axis=0) | (np.diff(started[order]) > reach)) + 1
    for group in np.split(order, edges):
        if len(group) > 1 and caller[group[0]] != 0 and callee[group[0]] != 0:
            _pair(group, network, started, reach, found)
    return found


def elsewhere(calls: pa.Table, network: str) -> dict[int, list[str]]:
    """For the id of each row of `network` that others saw as well: their names, in alphabetical order."""
    found, names = link(calls), calls["network"].to_pylist()
    others: dict[int, set[str]] = {}
    for row, first in enumerate(found.tolist()):
        if names[row] != network:
            others.setdefault(first, set()).add(names[row])
    ids = calls["id"].to_pylist()
    return {
        ids[row]: sorted(others[first])
        for row, first in enumerate(found.tolist())
        if names[row] == network and first in others
    }


def _pair(
    group: NDArray[np.int64],
    network: NDArray[np.int32],
    started: NDArray[np.int64],
    reach: int,
    found: NDArray[np.int64],
) -> None:
    """Link the rows of one caller and callee, in order of time: each to the earliest call that its network lacks."""
    open_calls: list[tuple[int, set[int]]] = []  # first row of a call, networks that have reported it
    for row in group.tolist():
        near = [(first, seen) for first, seen in open_calls if started[row] - started[first] <= reach]
        first, seen = min(
            ((first, seen) for first, seen in near if int(network[row]) not in seen),
            key=lambda call: started[row] - started[call[0]],
            default=(row, set()),
        )
        seen.add(int(network[row]))
        if first == row:
            near.append((row, seen))
        found[row] = first
        open_calls = near
