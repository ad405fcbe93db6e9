"""Decides which cells of a stretch could hold a portable bridge at all, so that hindsight looks at no other (B5).

`Bridges` walks row by row; most rows are of cells where no dialler was ever covered by long calls. What is left out
here cannot change what it tells: the tests hold that against every row.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fanzha.detection.words import BridgeBounds
from fanzha.profiles.event import Events

_Cells = NDArray[np.int64]


def neighbours(calls: Events, facts: Events, bounds: BridgeBounds) -> tuple[Events, Events]:
    """The long calls and the dials that `Bridges.step` needs of a whole stretch, if it was told of nothing before.

    A cell is kept, with all its rows, where some dialler's run of dials lies under long calls but for the few that the
    bounds forgive, or where so many were seen that some may have been dropped.
    """
    if len(facts) == 0 or len(calls) == 0 or _lateness(calls, facts) > bounds.hours * 3600:
        return calls, facts
    cells, at = np.unique(np.concatenate([calls["key"], facts["key"]]), return_inverse=True)
    called, dialled = at[: len(calls)], at[len(calls) :]
    worth = np.bincount(dialled, minlength=len(cells)) > bounds.keep_dials
    worth |= np.bincount(called, minlength=len(cells)) > bounds.keep_calls
    order = np.lexsort((facts["seq"], facts["peer"], dialled))
    able = _able(dialled[order], facts[order], _covered(calls, called, facts, dialled)[order], bounds)
    worth[dialled[order][able]] = True
    return calls[worth[called]], facts[worth[dialled]]


def _lateness(calls: Events, facts: Events) -> int:
    """By how many seconds the latest record came after one of a younger moment."""
    seq, t = (np.concatenate([calls[name], facts[name]]) for name in ("seq", "t"))
    t = t[np.argsort(seq, kind="stable")]
    return int((np.maximum.accumulate(t) - t).max())


def _covered(calls: Events, called: _Cells, facts: Events, dialled: _Cells) -> NDArray[np.bool_]:
    """Whether any long call of the cell was on at the moment of each dial, the dialler's own included."""
    base = int(min(calls["t"].min(), facts["t"].min()))
    start = (called << 40) + calls["t"] - base
    order = np.argsort(start, kind="stable")
    until = np.maximum.accumulate((start + calls["ring"] + calls["talk"])[order])  # a later cell's is always greater
    moment = (dialled << 40) + facts["t"] - base
    last = np.searchsorted(start[order], moment, side="right") - 1
    covered: NDArray[np.bool_] = np.zeros(len(facts), bool)
    covered[(last >= 0) & (until[last] >= moment)] = True
    return covered


def _able(cell: _Cells, facts: Events, covered: NDArray[np.bool_], bounds: BridgeBounds) -> NDArray[np.bool_]:
    """Dials after which somebody could fit; rows by cell, dialler and arrival.

    If all that is remembered of a dialler fits, so does some run of `dials` rows of it but for what the share forgives,
    and that of not quite two runs: of what is remembered, less than one run is left over when it is cut into runs.
    """
    least, t = bounds.dials, facts["t"]
    if len(facts) < least:
        return np.zeros(len(facts), bool)
    same = (cell[1:] == cell[:-1]) & (facts["peer"][1:] == facts["peer"][:-1])
    pair = np.concatenate([[0], np.cumsum(~same)])
    bare = np.concatenate([[0], np.cumsum(~covered)])
    forgiven = int((1 - bounds.share) * (2 * least - 1) + 1e-9)
    last = len(facts) - least + 1
    run = (pair[least - 1 :] == pair[:last]) & (bare[least:] - bare[:last] <= forgiven)
    run &= t[least - 1 :] - t[:last] <= bounds.hours * 3600
    late = same & (t[1:] < t[:-1])  # then what is remembered is no run of rows
    found = np.zeros(len(facts), bool)
    found[:last] = run
    found[1:] |= late
    return found
