"""Decides which moments of an entity's week a sample keeps, and asks a rule of the kept ones: field vectors, packed.

Of the calls of one direction within five minutes only the last is kept: there the windows are fullest.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanzha.detection.backtest.walk import Tried
from fanzha.detection.bytecode import run
from fanzha.profiles.epoch import Activations
from fanzha.profiles.event import OUTGOING, Events
from fanzha.profiles.fields import FIELD_COUNT
from fanzha.profiles.kernel import kernel
from fanzha.profiles.layout import N_IN, N_OUT, Store
from fanzha.profiles.table import PROMOTE_AT, feed
from fanzha.profiles.trace import ended, renew
from fanzha.profiles.vector import fill

_MOMENT = 300  # seconds: the grain of the one-hour window


@kernel
def kept(events: Events, since: int, keep: NDArray[np.bool_]) -> int:
    """Mark the events of sorted runs that a sample keeps, from `since` on; how many."""
    count = 0
    seen_in, seen_out = np.int64(-1), np.int64(-1)
    for i in range(events.shape[0] - 1, -1, -1):
        e = events[i]
        if i == events.shape[0] - 1 or e.key != events[i + 1].key:
            seen_in, seen_out = np.int64(-1), np.int64(-1)
        t = np.int64(e.t)
        moment = t // _MOMENT
        keep[i] = False
        if t < since:
            continue
        if np.int64(e.flags) & OUTGOING:
            keep[i] = moment != seen_out
            seen_out = moment
        else:
            keep[i] = moment != seen_in
            seen_in = moment
        count += keep[i]
    return count


@kernel
def vectors(
    store: Store,
    events: Events,
    known: Activations,
    keep: NDArray[np.bool_],
    out: NDArray[np.float32],
    whose: NDArray[np.int32],
    scratch: NDArray[np.float64],
) -> int:
    """Replay sorted runs and write the vector at every kept event, float32[n, FIELD_COUNT], and its run; how many."""
    at = -1
    n = 0
    for i in range(events.shape[0]):
        e: Any = events[i]
        t = np.int64(e.t)
        fresh = i == 0 or e.key != events[i - 1].key
        if fresh:
            at += 1
        if fresh or ended(store, 0, t):
            renew(store, 0, known, e.key, t)
        feed(store, 0, e)
        if not keep[i] or store.notes[0, N_OUT] + store.notes[0, N_IN] < PROMOTE_AT:
            continue
        fill(store, 0, t, np.int64(e.talk), np.int64(e.ring), np.int64(e.flags), np.int64(e.kind), scratch)
        for k in range(FIELD_COUNT):
            out[n, k] = np.float32(scratch[k])
        whose[n] = at
        n += 1
    return n


@kernel
def climbed(
    columns: NDArray[np.float32],
    fields: NDArray[np.int64],
    whose: NDArray[np.int32],
    history: NDArray[np.float32],
    out: NDArray[np.float32],
    tried: Tried,
    reached: NDArray[np.int32],
    scratch: NDArray[np.float64],
    stack: NDArray[np.float64],
) -> None:
    """How many rungs (loosest first) each entity reaches; columns float32[fields, rows], `fields` their places."""
    rungs = tried.rule_on.shape[0]
    for i in range(whose.shape[0]):
        who = whose[i]
        rung = reached[who]
        if rung == rungs:
            continue
        on = tried.rule_on[rung]
        going = out[i] == 1.0
        if (on == 1 and not going) or (on == 2 and going) or history[i] < tried.rule_minimum[rung]:
            continue
        for k in range(fields.shape[0]):
            scratch[fields[k]] = columns[k, i]
        ops, constants, lists, offsets = tried.ops, tried.constants, tried.lists, tried.list_offsets
        while rung < rungs:
            start, stop = tried.rule_start[rung], tried.rule_start[rung + 1]
            if run(ops, constants, lists, offsets, start, stop, scratch, stack) != 1.0:
                break
            rung += 1
        reached[who] = rung
