"""Decides which bucket of which window an event falls into: rings of buckets with running sums, true to each other."""

from __future__ import annotations

import numpy as np

from fanzha.profiles.kernel import kernel
from fanzha.profiles.layout import (
    BASELINE_HOURS,
    CONTACTS,
    DAY,
    EVENT_COUNTERS,
    IN,
    LONG_DAYS,
    LONG_START,
    LONG_SUM,
    N_CLOCK,
    N_COUNTERS,
    N_DAYS,
    OUT,
    RING_BUCKETS,
    RING_SECONDS,
    RING_START,
    TALK_COUNTERS,
    UTC_OFFSET_S,
    Store,
)

RINGS = 4
_SIZES = tuple(int(size) for size in RING_BUCKETS)
_SECONDS = tuple(int(seconds) for seconds in RING_SECONDS)
_STARTS = tuple(int(start) for start in RING_START)
_FULL = 65535


@kernel
def bucket_of(r: int, t: int) -> int:
    """The number of the bucket of window `r` that holds time `t`: divisors written out, so that none is divided by."""
    if r == 0:
        return t // _SECONDS[0]
    if r == 1:
        return t // _SECONDS[1]
    if r == 2:
        return t // _SECONDS[2]
    return (t + UTC_OFFSET_S) // _SECONDS[3]


@kernel
def turn(r: int, bucket: int) -> int:
    """Where in its ring window `r` keeps this bucket."""
    if r == 0:
        return bucket % _SIZES[0]
    if r == 1:
        return _STARTS[1] + bucket % _SIZES[1]
    if r == 2:
        return _STARTS[2] + bucket % _SIZES[2]
    return _STARTS[3] + bucket % _SIZES[3]


@kernel
def _empty(store: Store, row: int, r: int) -> bool:
    """Whether a window holds no event: then every one of its buckets is 0, for each event counts as out or in."""
    return store.sums[row, r * N_COUNTERS + OUT] == 0 and store.sums[row, r * N_COUNTERS + IN] == 0


@kernel
def _drop(store: Store, row: int, r: int, bucket: int) -> None:
    """Take one bucket out of its window, unless it is empty."""
    at = bucket * EVENT_COUNTERS
    if store.ring[row, at + OUT] == 0 and store.ring[row, at + IN] == 0:
        return
    for c in range(EVENT_COUNTERS):
        store.sums[row, r * N_COUNTERS + c] -= store.ring[row, at + c]
        store.ring[row, at + c] = 0
    for c in range(TALK_COUNTERS):
        spoken = bucket * TALK_COUNTERS + c
        store.sums[row, r * N_COUNTERS + EVENT_COUNTERS + c] -= store.talk[row, spoken]
        store.talk[row, spoken] = 0


@kernel
def advance_rings(store: Store, row: int, old: int, new: int) -> None:
    for r in range(RINGS):
        was = bucket_of(r, old)
        gone = bucket_of(r, new) - was
        if gone == 0 or _empty(store, row, r):
            continue
        size = RING_BUCKETS[r]
        # Where the whole window is over, the newest bucket goes first: most often it is the only one with anything.
        first, by = (was + 1, 1) if gone < size else (was, -1)
        for k in range(min(gone, size)):
            _drop(store, row, r, turn(r, first + by * k))
            if _empty(store, row, r):
                break


@kernel
def advance_days(store: Store, row: int, old: int, new: int) -> None:
    was = (old + UTC_OFFSET_S) // DAY
    now = (new + UTC_OFFSET_S) // DAY
    if now == was:
        return
    for b in range(max(was + 1, now - LONG_DAYS + 1), now + 1):
        at = LONG_START + (b % LONG_DAYS) * 3
        for c in range(3):
            store.sums[row, LONG_SUM + c] -= store.ring[row, at + c]
            store.ring[row, at + c] = 0
    if now - was >= LONG_DAYS:
        store.notes[row, N_DAYS] = 0
    else:
        store.notes[row, N_DAYS] = (store.notes[row, N_DAYS] << (now - was)) & ((1 << LONG_DAYS) - 1)


@kernel
def advance_hours(store: Store, row: int, old: int, new: int) -> None:
    if store.hours.shape[1] == 0:
        return
    was = old // 3600
    now = new // 3600
    for b in range(max(was + 1, now - BASELINE_HOURS + 1), now + 1):
        store.hours[row, b % BASELINE_HOURS] = 0


@kernel
def _bump(store: Store, row: int, ring: int, at: int, counter: int, by: int) -> None:
    """Add to one bucket and its window; a bucket stops at 65,535 and at 0, and the sum stays true to it."""
    cell = at + counter
    value = np.int64(store.ring[row, cell]) + by
    if 0 <= value <= _FULL:
        store.ring[row, cell] = value
        store.sums[row, ring * N_COUNTERS + counter] += by


@kernel
def count(store: Store, row: int, t: int, seen: int, talk: int, talk_at: int, before: int) -> bool:
    """Count the event (bit c of `seen` for counter c) in every window that still covers `t`; True when one does not.

    `before` is when this contact was last called: it moves from that bucket to this one, so contacts stay distinct.
    """
    clock = store.notes[row, N_CLOCK]
    late = False
    for r in range(RINGS):
        size = RING_BUCKETS[r]
        now = bucket_of(r, clock)
        mine = bucket_of(r, t)
        if now - mine >= size:
            late = True
            continue
        bucket = turn(r, mine)
        at = bucket * EVENT_COUNTERS
        for c in range(EVENT_COUNTERS):
            if seen >> c & 1:
                _bump(store, row, r, at, c, 1)
        store.talk[row, bucket * TALK_COUNTERS + talk_at] += talk
        store.sums[row, r * N_COUNTERS + EVENT_COUNTERS + talk_at] += talk
        if before > 0:
            then = bucket_of(r, before)
            if now - then < size:
                _bump(store, row, r, turn(r, then) * EVENT_COUNTERS, CONTACTS, -1)
    _count_days(store, row, t, seen, before)
    return late


@kernel
def _bump_day(store: Store, row: int, day: int, counter: int, by: int) -> None:
    cell = LONG_START + (day % LONG_DAYS) * 3 + counter
    value = np.int64(store.ring[row, cell]) + by
    if 0 <= value <= _FULL:
        store.ring[row, cell] = value
        store.sums[row, LONG_SUM + counter] += by


@kernel
def _count_days(store: Store, row: int, t: int, seen: int, before: int) -> None:
    now = (store.notes[row, N_CLOCK] + UTC_OFFSET_S) // DAY
    mine = (t + UTC_OFFSET_S) // DAY
    if now - mine >= LONG_DAYS:
        return
    store.notes[row, N_DAYS] |= 1 << (now - mine)
    if seen >> OUT & 1:
        _bump_day(store, row, mine, 0, 1)
    if seen >> CONTACTS & 1:
        _bump_day(store, row, mine, 1, 1)
        then = (before + UTC_OFFSET_S) // DAY
        if before > 0 and now - then < LONG_DAYS:
            _bump_day(store, row, then, 1, -1)
    if seen >> IN & 1:
        _bump_day(store, row, mine, 2, 1)


@kernel
def count_hour(store: Store, row: int, t: int) -> None:
    if store.hours.shape[1] == 0:
        return
    hour = t // 3600
    if store.notes[row, N_CLOCK] // 3600 - hour < BASELINE_HOURS:
        at = hour % BASELINE_HOURS
        if store.hours[row, at] < _FULL:
            store.hours[row, at] += 1
