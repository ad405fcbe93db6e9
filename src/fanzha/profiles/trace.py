"""Decides what a profile was at every event of a history: the replay without rules, for people, models and oracles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fanzha.profiles.epoch import Activations, epoch_at, no_activations
from fanzha.profiles.event import Events
from fanzha.profiles.fields import FIELD_COUNT, EntityKind
from fanzha.profiles.kernel import allocating, kernel
from fanzha.profiles.layout import LARGEST, N_NEXT, Store, make_store
from fanzha.profiles.step import begin, clear, step
from fanzha.profiles.vector import fill


def single_store(kind: EntityKind, start: int = 0) -> Store:
    """A store for one profile at a time, as replay reuses it; `start` is when the records begin (epoch seconds)."""
    store = make_store(1, 4 * LARGEST, baseline=kind in (EntityKind.CELL, EntityKind.SITE))
    store.start[0] = start
    return store


@kernel
def renew(store: Store, row: int, known: Activations, key: int, t: int) -> None:
    """Open this row for `key` from `t` on, forgetting whoever had it."""
    clear(store, row)
    current, following = epoch_at(known, key, t)
    begin(store, row, current, following, 0)


@kernel
def ended(store: Store, row: int, t: int) -> bool:
    """Whether the next holder's epoch has begun by `t`."""
    return 0 < store.notes[row, N_NEXT] <= t


@allocating
def _trace(store: Store, events: np.ndarray, known: Activations, vectors: np.ndarray) -> None:
    for i in range(events.shape[0]):
        e = events[i]
        t = np.int64(e.t)
        if i == 0 or e.key != events[i - 1].key or ended(store, 0, t):
            renew(store, 0, known, e.key, t)
        step(store, 0, t, e.peer, e.place, e.gear, np.int64(e.talk), np.int64(e.ring), np.int64(e.flags))
        fill(store, 0, t, np.int64(e.talk), np.int64(e.ring), np.int64(e.flags), np.int64(e.kind), vectors[i])


def trace(events: Events, kind: EntityKind, *, start: int = 0, known: Activations | None = None) -> NDArray[np.float64]:
    """The field vector right after each event, float64[n, FIELD_COUNT]; events sorted by key."""
    vectors = np.full((len(events), FIELD_COUNT), np.nan)
    _trace(single_store(kind, start), events, known or no_activations(), vectors)
    return vectors
