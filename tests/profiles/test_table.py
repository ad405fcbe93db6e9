"""The live table: the same profile as a replay in order of arrival, inside its bounds (design section 2)."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings
from numba import njit
from streams import NOON, build, streams

from fanzha.profiles.epoch import Activations, no_activations
from fanzha.profiles.event import OUTGOING
from fanzha.profiles.fields import BY_NAME, FIELD_COUNT, EntityKind
from fanzha.profiles.layout import Store
from fanzha.profiles.spill import by_key
from fanzha.profiles.table import LiveTable, Table, admit, feed
from fanzha.profiles.trace import trace
from fanzha.profiles.vector import fill


@njit
def _live(table: Table, store: Store, known: Activations, events: np.ndarray, out: np.ndarray) -> None:
    for i in range(events.shape[0]):
        e = events[i]
        row = admit(table, store, known, e)
        if row >= 0:
            feed(store, row, e)
            t, talk, ring = np.int64(e.t), np.int64(e.talk), np.int64(e.ring)
            fill(store, row, t, talk, ring, np.int64(e.flags), np.int64(e.kind), out[i])


def run(live: LiveTable, events: np.ndarray, known: Activations | None = None) -> np.ndarray:
    """The vector after each event in order of arrival; rows of NaN while a key waits."""
    out = np.full((len(events), FIELD_COUNT), np.nan)
    live.reserve(events)
    _live(live.table, live.store, known or no_activations(), events, out)
    return out


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(streams(keys=5, longest=80))
def test_live_equals_replay_in_order_of_arrival(events: np.ndarray) -> None:
    got = run(LiveTable(EntityKind.NUMBER, max_bytes=20_000_000), events)
    ordered = by_key(events, by_time=False)
    want = {int(e["seq"]): v for e, v in zip(ordered, trace(ordered, EntityKind.NUMBER), strict=True)}
    seen: dict[int, int] = {}
    for event, vector in zip(events, got, strict=True):
        seen[int(event["key"])] = seen.get(int(event["key"]), 0) + 1
        if seen[int(event["key"])] >= 4:
            assert np.array_equal(vector, want[int(event["seq"])], equal_nan=True)
        else:
            assert np.isnan(vector).all()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(streams(keys=2, longest=60))
def test_a_new_holder_begins_anew_live_as_in_replay(events: np.ndarray) -> None:
    known = Activations(np.array([1, 1, 2]), np.array([NOON - 10 * 86400, NOON + 3600, NOON + 1]))
    got = run(LiveTable(EntityKind.NUMBER, max_bytes=20_000_000), events, known)
    ordered = by_key(events, by_time=False)
    want = {int(e["seq"]): v for e, v in zip(ordered, trace(ordered, EntityKind.NUMBER, known=known), strict=True)}
    for event, vector in zip(events, got, strict=True):
        if not np.isnan(vector[0]):
            assert np.array_equal(vector, want[int(event["seq"])], equal_nan=True)


def many(keys: int, rounds: int, first: int = 1) -> np.ndarray:
    return build(
        [
            (k, 7, NOON + r * 60 + (k % 50), 0, 9, OUTGOING, 0, 0)
            for r in range(rounds)
            for k in range(first, first + keys)
        ]
    )


def test_growing_loses_nobody() -> None:
    live = LiveTable(EntityKind.NUMBER, max_bytes=200_000_000)
    for batch in np.array_split(many(8000, 3), 40):
        run(live, batch)
    assert live.counts().keys == 8000
    assert all(live.holds(k) for k in range(1, 8001))
    out = run(live, many(8000, 1))
    assert (out[:, BY_NAME["out_total"].index] == 4).all()


def test_an_evicted_profile_comes_back_unknown_never_zero() -> None:
    live = LiveTable(EntityKind.NUMBER, max_bytes=400_000)
    rows = len(live.table.owner)
    run(live, many(rows, 5))
    run(live, many(rows, 5, first=100_000))
    assert live.counts().evicted >= rows
    assert live.counts().full <= rows
    out = run(live, build([(1, 7, NOON + 900, 0, 9, OUTGOING, 0, 0)]))[0]
    for name in ("out_1h", "out_new_5m", "contacts_known", "seen_days", "out_total", "out_30d"):
        assert np.isnan(out[BY_NAME[name].index]), name


def test_a_full_table_drops_the_idlest_and_says_so() -> None:
    live = LiveTable(EntityKind.NUMBER, max_bytes=400_000)
    for batch in np.array_split(build([(k, 7, NOON + k, 0, 9, OUTGOING, 0, 0) for k in range(1, 30_001)]), 60):
        run(live, batch)
    counts = live.counts()
    assert counts.keys <= live.max_slots
    assert counts.keys + counts.dropped == 30_000
    assert live.holds(30_000)
    assert not live.holds(1)
