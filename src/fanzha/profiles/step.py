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
    N_ACTIVATED,
    N_BLOCK,
    N_CHANGED,
    N_CHANGED_CALLS,
    N_CHANGED_CONTACTS,
    N_CHANGED_DAYS,
    N_CHANGED_PLACES,
    N_CLOCK,
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
from fanzha.profiles.ring import RINGS, advance_days, advance_hours, advance_rings, bucket_of, count, count_hour, turn

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
        advance_rings(store, row, old, t)
        advance_days(store, row, old, t)
        advance_hours(store, row, old, t)
    if silence >= DAY:
        store.notes[row, N_SILENCE] = silence
        store.notes[row, N_SILENCE_END] = t
    store.notes[row, N_CLOCK] = t


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
        count_hour(store, row, t)
        _after_change(store, row, t, entry, old_place)
    if count(store, row, t, seen, talk, 0 if out else 1, before):
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
    for r in range(RINGS):
        old, new = turn(r, bucket_of(r, was)), turn(r, bucket_of(r, t))
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
