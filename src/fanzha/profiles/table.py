"""Decides who has a live profile: everybody a cheap slot, the active a full one, and a bound in bytes for both.

A key's first three events wait in its slot and are fed through `step` when the fourth comes, so the profile is the same
as if it had been full from the start; rules judge no profile before its fourth event. Where the full rows run out, the
idlest eighth goes: such a key comes back as one whose past is unknown. Where the slots run out, the idlest keys go and
from then on every newcomer's past is unknown too. Both are counted in `Counts`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanzha.profiles.contacts import mix
from fanzha.profiles.epoch import Activations, epoch_at
from fanzha.profiles.event import Events
from fanzha.profiles.fields import EntityKind
from fanzha.profiles.kernel import allocating, kernel
from fanzha.profiles.layout import (
    CLASSES,
    GEARS,
    N_ACTIVATED,
    N_CLOCK,
    N_FIRST,
    N_IN,
    N_NEXT,
    N_OUT,
    NOTES,
    PLACES,
    RECENT,
    RING_WIDTH,
    SCHEMES,
    SUM_WIDTH,
    TALK_WIDTH,
    Store,
    make_store,
)
from fanzha.profiles.prefetch import prefetch
from fanzha.profiles.step import begin, clear, step, warm
from fanzha.profiles.trace import ended

PROMOTE_AT = 4  # events; the first three wait
_FAR, _MIDDLE, _NEAR = 24, 16, 8  # events ahead of the one at hand
_EMPTY = 0
_EVICTED = -1  # a slot whose full profile was given up
_WAITING = -2  # -2 - k: the newest waiting event is k

# Indices of Table.meta.
M_KEYS, M_ROWS, M_WAITING, M_FREE_ROW, M_FREE_WAITING, M_EVICTED, M_DROPPED, M_LOSSY_SINCE, M_REFUSED = range(9)


class Waiting(NamedTuple):
    """The first events of keys that have no full profile yet, as lists linked by `next`."""

    t: NDArray[np.uint32]
    talk: NDArray[np.uint32]
    ring: NDArray[np.uint16]
    flags: NDArray[np.uint16]
    peer: NDArray[np.int64]
    place: NDArray[np.int64]
    gear: NDArray[np.int64]
    seq: NDArray[np.int64]
    next: NDArray[np.int32]


class Table(NamedTuple):
    """Keys, where their profile is, and the waiting events; the profiles themselves lie in the store."""

    key: NDArray[np.int64]  # [slots], 0 empty
    ref: NDArray[np.int32]  # [slots]: row + 1 of a full profile, _EVICTED, or _WAITING - index
    last: NDArray[np.uint32]  # [slots]: last event
    owner: NDArray[np.int64]  # [rows]: key of this row, 0 free
    next_row: NDArray[np.int32]  # [rows]: free list
    waiting: Waiting
    meta: NDArray[np.int64]


class Counts(NamedTuple):
    """What the table holds and what it had to give up."""

    keys: int
    full: int
    waiting: int
    evicted: int
    dropped: int
    refused: int


def row_bytes(*, baseline: bool) -> int:
    """Bytes of one full profile, its contacts aside."""
    fixed = (
        RING_WIDTH * 2
        + TALK_WIDTH * 4
        + SUM_WIDTH * 4
        + NOTES * 8
        + GEARS * 12
        + PLACES * 20
        + SCHEMES * 2
        + RECENT * 8
        + 12  # owner and free list
    )
    return fixed + (28 * 24 * 2 if baseline else 0)


def make_table(slots: int, rows: int, waiting: int) -> Table:
    """Room for `slots` keys (a power of two; used to 7/8), `rows` full profiles and `waiting` events."""
    return Table(
        key=np.zeros(slots, np.int64),
        ref=np.zeros(slots, np.int32),
        last=np.zeros(slots, np.uint32),
        owner=np.zeros(rows, np.int64),
        next_row=np.full(rows, -1, np.int32),
        waiting=Waiting(
            t=np.zeros(waiting, np.uint32),
            talk=np.zeros(waiting, np.uint32),
            ring=np.zeros(waiting, np.uint16),
            flags=np.zeros(waiting, np.uint16),
            peer=np.zeros(waiting, np.int64),
            place=np.zeros(waiting, np.int64),
            gear=np.zeros(waiting, np.int64),
            seq=np.zeros(waiting, np.int64),
            next=np.full(waiting, -1, np.int32),
        ),
        meta=np.array([0, 0, 0, -1, -1, 0, 0, 0, 0], np.int64),
    )


@kernel
def slot_of(table: Table, key: int) -> int:
    """The slot that holds this key, or the empty one where it would go (then table.key[slot] == 0)."""
    mask = table.key.shape[0] - 1
    at = mix(key) & mask
    while table.key[at] != key and table.key[at] != 0:
        at = (at + 1) & mask
    return at


@allocating
def _rehash(old: Table, new: Table, oldest: int) -> int:
    """Move every key heard of since `oldest` to the new slots; how many were dropped."""
    dropped = 0
    for s in range(old.key.shape[0]):
        if old.key[s] == 0:
            continue
        if old.ref[s] <= 0 and np.int64(old.last[s]) < oldest:
            _free_waiting(old, old.ref[s])
            dropped += 1
            continue
        to = slot_of(new, old.key[s])
        new.key[to] = old.key[s]
        new.ref[to] = old.ref[s]
        new.last[to] = old.last[s]
    return dropped


@kernel
def _free_waiting(table: Table, ref: int) -> None:
    if ref > _WAITING:
        return
    at = _WAITING - ref
    while at >= 0:
        following = table.waiting.next[at]
        table.waiting.next[at] = table.meta[M_FREE_WAITING]
        table.meta[M_FREE_WAITING] = at
        at = following


@kernel
def _wait(table: Table, before: int, e: Any) -> int:
    """Keep one event, linked to the one before; its index, or -1 when there is no room."""
    w = table.waiting
    at = table.meta[M_FREE_WAITING]
    if at >= 0:
        table.meta[M_FREE_WAITING] = w.next[at]
    else:
        at = table.meta[M_WAITING]
        if at >= w.t.shape[0]:
            return -1
        table.meta[M_WAITING] = at + 1
    w.t[at], w.talk[at], w.ring[at], w.flags[at] = e.t, e.talk, e.ring, e.flags
    w.peer[at], w.place[at], w.gear[at] = e.peer, e.place, e.gear
    w.seq[at] = e.seq
    w.next[at] = before
    return at


@kernel
def _take_row(table: Table) -> int:
    row = table.meta[M_FREE_ROW]
    if row >= 0:
        table.meta[M_FREE_ROW] = table.next_row[row]
        return row
    row = table.meta[M_ROWS]
    if row >= table.owner.shape[0]:
        return -1
    table.meta[M_ROWS] = row + 1
    return row


@allocating
def _evict(table: Table, store: Store) -> None:
    """Give up the idlest eighth of the full profiles; their keys stay, marked as of unknown past."""
    rows = table.meta[M_ROWS]
    last = np.empty(rows, np.int64)
    for row in range(rows):
        last[row] = store.notes[row, N_CLOCK]
    cut = np.sort(last)[rows // 8]
    for row in range(rows):
        if table.owner[row] != 0 and last[row] <= cut:
            table.ref[slot_of(table, table.owner[row])] = _EVICTED
            clear(store, row)
            table.owner[row] = 0
            table.next_row[row] = table.meta[M_FREE_ROW]
            table.meta[M_FREE_ROW] = row
            table.meta[M_EVICTED] += 1


@kernel
def approach(table: Table, store: Store, events: Any, i: int) -> None:
    """Ask for the memory that the next events will need, in three strides, each reading only what the last one asked.

    A profile lies in some thirty cache lines; waiting for them one after another took most of an event's time.
    """
    count = events.shape[0]
    if i + _FAR < count:
        at = mix(events[i + _FAR].key) & (table.key.shape[0] - 1)
        prefetch(table.key, at)
        prefetch(table.ref, at)
        prefetch(table.last, at)
    if i + _MIDDLE < count:
        ref = np.int64(table.ref[slot_of(table, events[i + _MIDDLE].key)])
        if ref > 0:
            for k in range(0, NOTES + 7, 8):
                prefetch(store.notes, (ref - 1) * NOTES + k)
        elif ref <= _WAITING:
            prefetch(table.waiting.t, _WAITING - ref)
            prefetch(table.waiting.next, _WAITING - ref)
    if i + _NEAR < count:
        e = events[i + _NEAR]
        ref = np.int64(table.ref[slot_of(table, e.key)])
        if ref > 0:
            warm(store, ref - 1, np.int64(e.t), e.peer)


@kernel
def feed(store: Store, row: int, e: Any) -> None:
    """Step one profile with one event record, and remember the record as evidence."""
    step(store, row, np.int64(e.t), e.peer, e.place, e.gear, np.int64(e.talk), np.int64(e.ring), np.int64(e.flags))
    store.recent[row, (store.notes[row, N_OUT] + store.notes[row, N_IN]) % RECENT] = e.seq


@allocating
def _feed_waiting(table: Table, store: Store, row: int, ref: int) -> None:
    w = table.waiting
    chain = np.empty(PROMOTE_AT, np.int64)
    n = 0
    at = _WAITING - ref
    while at >= 0:
        chain[n] = at
        n += 1
        at = np.int64(w.next[at])
    for k in range(n - 1, -1, -1):
        a = chain[k]
        talk, ring, flags = np.int64(w.talk[a]), np.int64(w.ring[a]), np.int64(w.flags[a])
        step(store, row, np.int64(w.t[a]), w.peer[a], w.place[a], w.gear[a], talk, ring, flags)
        store.recent[row, (store.notes[row, N_OUT] + store.notes[row, N_IN]) % RECENT] = w.seq[a]


@kernel
def _first_waiting(table: Table, ref: int, t: int) -> int:
    """When the oldest waiting event was, or `t` when none waits."""
    if ref > _WAITING:
        return t
    at = _WAITING - ref
    first = t
    while at >= 0:
        first = np.int64(table.waiting.t[at])
        at = np.int64(table.waiting.next[at])
    return first


@kernel
def _promote(table: Table, store: Store, known: Activations, slot: int, t: int, partial: int) -> int:
    """Give this key a full row, fed with its waiting events; -1 when no row can be had."""
    row = _take_row(table)
    if row < 0:
        _evict(table, store)
        row = _take_row(table)
        if row < 0:
            table.meta[M_REFUSED] += 1
            return -1
    key, ref = table.key[slot], np.int64(table.ref[slot])
    first = _first_waiting(table, ref, t)
    if 0 < table.meta[M_LOSSY_SINCE] < first:
        partial = first
    current, following = epoch_at(known, key, first)
    begin(store, row, current, following, partial)
    if ref <= _WAITING:
        _feed_waiting(table, store, row, ref)
        _free_waiting(table, ref)
    table.owner[row] = key
    table.ref[slot] = row + 1
    return row


@kernel
def _length(table: Table, ref: int) -> int:
    n = 0
    at = _WAITING - ref
    while at >= 0:
        n += 1
        at = np.int64(table.waiting.next[at])
    return n


@kernel
def admit(table: Table, store: Store, known: Activations, e: Any) -> int:
    """The full row that this event is to be fed to, or -1 while its key still waits (or cannot be held at all)."""
    t = np.int64(e.t)
    slot = slot_of(table, e.key)
    ref = np.int64(table.ref[slot])
    if table.key[slot] == 0:
        table.key[slot] = e.key
        table.meta[M_KEYS] += 1
    table.last[slot] = max(np.int64(table.last[slot]), t)
    if ref > 0:
        row = ref - 1
        if ended(store, row, t):
            clear(store, row)
            current, following = epoch_at(known, e.key, t)
            begin(store, row, current, following, 0)
        return row
    if table.ref[slot] == _EVICTED:
        return _promote(table, store, known, slot, t, t)
    return _queue(table, store, known, slot, e)


@kernel
def _crosses(table: Table, known: Activations, slot: int, t: int) -> bool:
    """Whether a new holder's epoch began between the waiting events and `t`."""
    ref = np.int64(table.ref[slot])
    if ref > _WAITING or known.number.shape[0] == 0:
        return False
    following = epoch_at(known, table.key[slot], _first_waiting(table, ref, t))[1]
    return 0 < following <= t


@kernel
def _queue(table: Table, store: Store, known: Activations, slot: int, e: Any) -> int:
    t = np.int64(e.t)
    if _crosses(table, known, slot, t):
        _free_waiting(table, np.int64(table.ref[slot]))
        table.ref[slot] = 0
    ref = np.int64(table.ref[slot])
    if ref <= _WAITING and _length(table, ref) + 1 >= PROMOTE_AT:
        return _promote(table, store, known, slot, t, 0)
    at = _wait(table, _WAITING - ref if ref <= _WAITING else -1, e)
    if at < 0:
        table.meta[M_REFUSED] += 1
        return _promote(table, store, known, slot, t, 0)
    table.ref[slot] = _WAITING - at
    return -1


@kernel
def _refresh(table: Table, store: Store, known: Activations) -> None:
    for row in range(table.meta[M_ROWS]):
        if table.owner[row] != 0:
            current, following = epoch_at(known, table.owner[row], store.notes[row, N_FIRST])
            store.notes[row, N_ACTIVATED] = current
            store.notes[row, N_NEXT] = following


def refresh(live: LiveTable, known: Activations) -> None:
    """Tell every full profile of newly loaded activations; waiting keys learn them when they are promoted."""
    _refresh(live.table, live.store, known)


class LiveTable:
    """The live profiles of one kind, bounded by `max_bytes`; not safe for two threads."""

    def __init__(self, kind: EntityKind, *, max_bytes: int, start: int = 0) -> None:
        self.kind = kind
        self.max_bytes = max_bytes
        baseline = kind in (EntityKind.CELL, EntityKind.SITE)
        # A sixth of the bytes bounds the slots (16 bytes, a power of two, used to 7/8, doubled while growing).
        # What they leave goes to full profiles, waiting events (48 bytes) and contacts (20 bytes): at 1.7 GB
        # 14.7 M keys, 300,000 full profiles, 10 M waiting events and 6.9 M contact entries.
        self.max_slots = 1 << max(10, int(np.log2(max(1024, max_bytes * 0.17 / 16))))
        left = max_bytes - self.max_slots * 16
        rows = max(64, int(left * 0.568) // row_bytes(baseline=baseline))
        self.store = make_store(rows, max(4096, int(left * 0.096) // 20), baseline=baseline)
        self.store.start[0] = start
        self.table = make_table(1 << 10, rows, max(4096, int(left * 0.336) // 48))

    def reserve(self, events: Events) -> None:
        """Make sure that the keys of these events have slots: grow, or drop the idlest keys at the bound."""
        while self.table.meta[M_KEYS] + len(events) > self.table.key.shape[0] * 7 // 8:
            if self.table.key.shape[0] < self.max_slots:
                self._resize(self.table.key.shape[0] * 2, 0)
            else:
                self._drop_idle(len(events))
                return

    def _resize(self, slots: int, oldest: int) -> None:
        old = self.table
        new = old._replace(
            key=np.zeros(slots, np.int64), ref=np.zeros(slots, np.int32), last=np.zeros(slots, np.uint32)
        )
        dropped = _rehash(old, new, oldest)
        new.meta[M_DROPPED] += dropped
        new.meta[M_KEYS] -= dropped
        self.table = new

    def _drop_idle(self, wanted: int) -> None:
        waiting = self.table.last[(self.table.key != 0) & (self.table.ref <= 0)]
        share = min(1.0, (wanted + len(self.table.key) / 8) / max(1, len(waiting)))
        oldest = int(np.quantile(waiting, share)) + 1 if len(waiting) else 0
        newest = int(self.table.last.max())
        self._resize(len(self.table.key), oldest)
        self.table.meta[M_LOSSY_SINCE] = newest

    def row_of(self, key: int) -> int:
        """The full row of this key, or -1."""
        return int(self.table.ref[slot_of(self.table, key)]) - 1 if self.holds(key) else -1

    def holds(self, key: int) -> bool:
        """Whether the key has a slot at all."""
        return bool(self.table.key[slot_of(self.table, key)] == key)

    def counts(self) -> Counts:
        """What is held and what was given up."""
        meta = self.table.meta
        full = int(np.count_nonzero(self.table.owner[: meta[M_ROWS]]))
        return Counts(
            keys=int(meta[M_KEYS]),
            full=full,
            waiting=int(meta[M_WAITING]),
            evicted=int(meta[M_EVICTED]),
            dropped=int(meta[M_DROPPED]),
            refused=int(meta[M_REFUSED]) + int(self.store.free[CLASSES + 1]),
        )
