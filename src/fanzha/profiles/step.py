"""Decides what one event does to one profile: the only definition, driven live, over history, or on a cluster."""

from __future__ import annotations

import numpy as np

from fanzha.profiles import contacts
from fanzha.profiles.event import (
    IS_FAR,
    NO_RING,
    OUTGOING,
    WAS_ANSWERED,
    WAS_FORWARDED,
)
from fanzha.profiles.kernel import kernel
from fanzha.profiles.layout import (
    ANSWERED,
    BASELINE_HOURS,
    CALLBACK_S,
    CALLBACKS,
    CONTACTS,
    DAY,
    EVENT_COUNTERS,
    FAR,
    FORWARDED,
    GEARS,
    HANGUP,
    HANGUP_RING_S,
    IN,
    IN_ANSWERED,
    LONG_DAYS,
    LONG_START,
    LONG_SUM,
    N_ACTIVATED,
    N_BLOCK,
    N_CHANGED,
    N_CHANGED_CALLS,
    N_CHANGED_CONTACTS,
    N_CHANGED_DAYS,
    N_CHANGED_PLACES,
    N_CLOCK,
    N_COUNTERS,
    N_DAYS,
    N_FIRST,
    N_GEAR,
    N_IN,
    N_LATE,
    N_LOCATED,
    N_NEXT,
    N_OUT,
    N_PARTIAL,
    N_PEER,
    N_SILENCE,
    N_SILENCE_END,
    NEW,
    NOTES,
    OUT,
    PLACES,
    RECENT,
    RING_BUCKETS,
    RING_SECONDS,
    RING_START,
    RING_WIDTH,
    SHORT,
    SHORT_TALK_S,
    STEP_SPAN,
    STEPS,
    SUM_WIDTH,
    SWITCHES,
    TALK_COUNTERS,
    TALK_WIDTH,
    UTC_OFFSET_S,
    Store,
)
from fanzha.profiles.prefetch import prefetch

_RINGS = 4
_SIZES = tuple(int(size) for size in RING_BUCKETS)
_SECONDS = tuple(int(seconds) for seconds in RING_SECONDS)
_STARTS = tuple(int(start) for start in RING_START)
_FULL = 65535
_PLACE_HALVING = 4096  # place counts are halved here, so that a share follows the last few thousand calls


@kernel
def clear(store: Store, row: int) -> None:
    """Make this row a profile that knows nothing."""
    if store.notes[row, N_CLOCK] != 0:  # a row never used holds no block
        contacts.release(store, row)
    store.ring[row] = 0
    store.talk[row] = 0
    store.sums[row] = 0
    store.gear_id[row] = 0
    store.place_id[row] = 0
    store.level[row] = 0
    store.recent[row] = 0
    store.hours[row] = 0
    for k in range(NOTES):
        store.notes[row, k] = 0
    store.notes[row, N_BLOCK] = -1


@kernel
def begin(store: Store, row: int, activated: int, following: int, partial: int) -> None:
    """Open a row for a new key: its card's activation, the next holder's, and whether its past was evicted."""
    store.notes[row, N_BLOCK] = -1
    store.notes[row, N_ACTIVATED] = activated
    store.notes[row, N_NEXT] = following
    store.notes[row, N_PARTIAL] = partial


@kernel
def _bucket(r: int, t: int) -> int:
    """The number of the bucket of window `r` that holds time `t`: divisors written out, so that none is divided by."""
    if r == 0:
        return t // _SECONDS[0]
    if r == 1:
        return t // _SECONDS[1]
    if r == 2:
        return t // _SECONDS[2]
    return (t + UTC_OFFSET_S) // _SECONDS[3]


@kernel
def _turn(r: int, bucket: int) -> int:
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
def _advance_rings(store: Store, row: int, old: int, new: int) -> None:
    for r in range(_RINGS):
        was = _bucket(r, old)
        gone = _bucket(r, new) - was
        if gone == 0 or _empty(store, row, r):
            continue
        size = RING_BUCKETS[r]
        # Where the whole window is over, the newest bucket goes first: most often it is the only one with anything.
        first, by = (was + 1, 1) if gone < size else (was, -1)
        for k in range(min(gone, size)):
            _drop(store, row, r, _turn(r, first + by * k))
            if _empty(store, row, r):
                break


@kernel
def _advance_days(store: Store, row: int, old: int, new: int) -> None:
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
def _advance_hours(store: Store, row: int, old: int, new: int) -> None:
    if store.hours.shape[1] == 0:
        return
    was = old // 3600
    now = new // 3600
    for b in range(max(was + 1, now - BASELINE_HOURS + 1), now + 1):
        store.hours[row, b % BASELINE_HOURS] = 0


@kernel
def _advance(store: Store, row: int, t: int) -> None:
    """Move the profile's clock to `t` if that is later; note a silence of a day or more."""
    old = store.notes[row, N_CLOCK]
    if t <= old:
        return
    if old == 0:
        store.notes[row, N_FIRST] = t
        begun = max(store.start[0], store.notes[row, N_ACTIVATED])
        silence = t - begun if begun > 0 else 0
    else:
        silence = t - old
        _advance_rings(store, row, old, t)
        _advance_days(store, row, old, t)
        _advance_hours(store, row, old, t)
    if silence >= DAY:
        store.notes[row, N_SILENCE] = silence
        store.notes[row, N_SILENCE_END] = t
    store.notes[row, N_CLOCK] = t


@kernel
def _bump(store: Store, row: int, ring: int, at: int, counter: int, by: int) -> None:
    """Add to one bucket and its window; a bucket stops at 65,535 and at 0, and the sum stays true to it."""
    cell = at + counter
    value = np.int64(store.ring[row, cell]) + by
    if 0 <= value <= _FULL:
        store.ring[row, cell] = value
        store.sums[row, ring * N_COUNTERS + counter] += by


@kernel
def _count(store: Store, row: int, t: int, seen: int, talk: int, talk_at: int, before: int) -> bool:
    """Count the event (bit c of `seen` for counter c) in every window that still covers `t`; True when one does not.

    `before` is when this contact was last called: it moves from that bucket to this one, so contacts stay distinct.
    """
    clock = store.notes[row, N_CLOCK]
    late = False
    for r in range(_RINGS):
        size = RING_BUCKETS[r]
        now = _bucket(r, clock)
        mine = _bucket(r, t)
        if now - mine >= size:
            late = True
            continue
        bucket = _turn(r, mine)
        at = bucket * EVENT_COUNTERS
        for c in range(EVENT_COUNTERS):
            if seen >> c & 1:
                _bump(store, row, r, at, c, 1)
        store.talk[row, bucket * TALK_COUNTERS + talk_at] += talk
        store.sums[row, r * N_COUNTERS + EVENT_COUNTERS + talk_at] += talk
        if before > 0:
            then = _bucket(r, before)
            if now - then < size:
                _bump(store, row, r, _turn(r, then) * EVENT_COUNTERS, CONTACTS, -1)
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
def _count_hour(store: Store, row: int, t: int) -> None:
    if store.hours.shape[1] == 0:
        return
    hour = t // 3600
    if store.notes[row, N_CLOCK] // 3600 - hour < BASELINE_HOURS:
        at = hour % BASELINE_HOURS
        if store.hours[row, at] < _FULL:
            store.hours[row, at] += 1


@kernel
def _see_gear(store: Store, row: int, t: int, gear: int) -> None:
    """Remember the device; one never seen, after another, is a change of device."""
    oldest = 0
    for k in range(GEARS):
        if store.gear_id[row, k] == gear:
            store.gear_last[row, k] = max(store.gear_last[row, k], t)
            return
        if store.gear_id[row, k] == 0:
            oldest = k
            break
        if store.gear_last[row, k] < store.gear_last[row, oldest]:
            oldest = k
    if store.gear_id[row, 0] != 0:
        days = store.notes[row, N_DAYS]
        active = 0
        while days:
            days &= days - 1
            active += 1
        store.notes[row, N_CHANGED] = t
        store.notes[row, N_CHANGED_CALLS] = 0
        store.notes[row, N_CHANGED_CONTACTS] = 0
        store.notes[row, N_CHANGED_PLACES] = 0
        store.notes[row, N_CHANGED_DAYS] = active
    store.gear_id[row, oldest] = gear
    store.gear_last[row, oldest] = t


@kernel
def _see_place(store: Store, row: int, t: int, place: int) -> bool:
    """Count the cell; True when it was known before the last change of device."""
    store.notes[row, N_LOCATED] += 1
    if store.notes[row, N_LOCATED] >= _PLACE_HALVING:
        store.notes[row, N_LOCATED] //= 2
        for k in range(PLACES):
            store.place_count[row, k] //= 2
    oldest = 0
    for k in range(PLACES):
        if store.place_id[row, k] == place:
            store.place_count[row, k] += 1
            store.place_last[row, k] = max(store.place_last[row, k], t)
            return store.place_first[row, k] < store.notes[row, N_CHANGED]
        if store.place_id[row, k] == 0:
            oldest = k
            break
        if store.place_last[row, k] < store.place_last[row, oldest]:
            oldest = k
    store.place_id[row, oldest] = place
    store.place_first[row, oldest] = t
    store.place_last[row, oldest] = t
    store.place_count[row, oldest] = 1
    return False


@kernel
def _outgoing(store: Store, row: int, peer: int, talk: int, ring: int, flags: int) -> int:
    """Which counters an outgoing call touches, as bits; contacts are met in `step`."""
    seen = 1 << OUT
    if flags & WAS_ANSWERED:
        seen |= 1 << ANSWERED
        if talk <= SHORT_TALK_S:
            seen |= 1 << SHORT
    elif ring != NO_RING and ring <= HANGUP_RING_S:
        seen |= 1 << HANGUP
    if flags & IS_FAR:
        seen |= 1 << FAR
    previous = store.notes[row, N_PEER]
    if previous > 0 and peer > 0:
        apart = peer - previous
        if apart != 0 and -STEP_SPAN <= apart <= STEP_SPAN:
            seen |= 1 << STEPS
    store.notes[row, N_PEER] = peer
    store.notes[row, N_OUT] += 1
    return seen


@kernel
def _incoming(store: Store, row: int, t: int, entry: int, flags: int) -> int:
    """Which counters an incoming call touches, as bits."""
    seen = 1 << IN
    if flags & WAS_ANSWERED:
        seen |= 1 << IN_ANSWERED
    if entry >= 0:
        called = np.int64(store.peer_out[entry])
        if called > 0 and 0 <= t - called <= CALLBACK_S:
            seen |= 1 << CALLBACKS
    store.notes[row, N_IN] += 1
    return seen


@kernel
def _after_change(store: Store, row: int, t: int, entry: int, old_place: bool) -> None:
    """Count an outgoing call since the change of device, and whether it keeps to the former life."""
    changed = store.notes[row, N_CHANGED]
    if changed == 0 or t < changed:
        return
    store.notes[row, N_CHANGED_CALLS] += 1
    if entry >= 0 and np.int64(store.peer_first[entry]) < changed:
        store.notes[row, N_CHANGED_CONTACTS] += 1
    if old_place:
        store.notes[row, N_CHANGED_PLACES] += 1


@kernel
def step(store: Store, row: int, t: int, peer: int, place: int, gear: int, talk: int, ring: int, flags: int) -> None:
    """Feed one event to one profile. Times in epoch seconds; 0 for an unknown peer, place or gear."""
    _advance(store, row, t)
    entry = contacts.find(store, row, peer) if peer != 0 else -1
    out = (flags & OUTGOING) != 0
    if out:
        seen = _outgoing(store, row, peer, talk, ring, flags)
    else:
        seen = _incoming(store, row, t, entry, flags)
    if flags & WAS_FORWARDED:
        seen |= 1 << FORWARDED
    if gear != 0:
        last = store.notes[row, N_GEAR]
        if last != 0 and last != gear:
            seen |= 1 << SWITCHES
        store.notes[row, N_GEAR] = gear
        _see_gear(store, row, t, gear)
    old_place = _see_place(store, row, t, place) if place != 0 else False
    before = 0
    if peer != 0:
        if entry < 0:
            entry = contacts.add(store, row, peer, t)
            if out:
                seen |= 1 << NEW
        if entry >= 0:
            seen, before = _meet(store, entry, t, out, seen)
    if out:
        _count_hour(store, row, t)
        _after_change(store, row, t, entry, old_place)
    if _count(store, row, t, seen, talk, 0 if out else 1, before):
        store.notes[row, N_LATE] += 1


@kernel
def _meet(store: Store, entry: int, t: int, out: bool, seen: int) -> tuple[int, int]:
    """Note when this contact was last called or calling; a contact counts in the bucket of its latest call only."""
    if not out:
        store.peer_in[entry] = max(np.int64(store.peer_in[entry]), t)
        return seen, 0
    before = np.int64(store.peer_out[entry])
    if t < before:
        return seen, 0
    store.peer_out[entry] = t
    return seen | 1 << CONTACTS, before


@kernel
def warm(store: Store, row: int, t: int, peer: int) -> None:
    """Ask for the memory that `step` will need for an event at `t`; the notes must have come already."""
    was = store.notes[row, N_CLOCK]
    for k in range(0, SUM_WIDTH + 15, 16):
        prefetch(store.sums, row * SUM_WIDTH + k)
    for r in range(_RINGS):
        old, new = _turn(r, _bucket(r, was)), _turn(r, _bucket(r, t))
        prefetch(store.ring, row * RING_WIDTH + old * EVENT_COUNTERS)
        prefetch(store.talk, row * TALK_WIDTH + old * TALK_COUNTERS)
        if old != new:
            prefetch(store.ring, row * RING_WIDTH + new * EVENT_COUNTERS)
            prefetch(store.talk, row * TALK_WIDTH + new * TALK_COUNTERS)
    prefetch(store.ring, row * RING_WIDTH + LONG_START + (t + UTC_OFFSET_S) // DAY % LONG_DAYS * 3)
    prefetch(store.gear_id, row * GEARS)
    prefetch(store.gear_last, row * GEARS)
    prefetch(store.place_id, row * PLACES)
    prefetch(store.place_last, row * PLACES)
    prefetch(store.place_first, row * PLACES)
    prefetch(store.place_count, row * PLACES)
    prefetch(store.recent, row * RECENT + (store.notes[row, N_OUT] + store.notes[row, N_IN] + 1) % RECENT)
    contacts.warm(store, row, peer)
