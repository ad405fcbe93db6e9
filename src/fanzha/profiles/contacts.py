"""Decides whom a profile remembers: an exact set of contacts in blocks that double, with a cap that forgets the oldest.

A profile remembers at least its last 192 and at most 384 contacts; one forgotten counts as new when it comes again.
"""

from __future__ import annotations

import numpy as np

from fanzha.profiles.kernel import allocating, kernel
from fanzha.profiles.layout import CLASSES, N_BLOCK, N_CLASS, N_COUNT, Store
from fanzha.profiles.prefetch import prefetch

_MIX = np.uint64(0x9E3779B97F4A7C15)


@kernel
def mix(key: int) -> int:
    """A well-spread non-negative hash of an int64 (Fibonacci hashing, upper bits)."""
    h = np.uint64(key) * _MIX
    h ^= h >> np.uint64(29)
    return np.int64((h * _MIX) >> np.uint64(20))


@kernel
def find(store: Store, row: int, peer: int) -> int:
    """The arena entry of this contact, or -1."""
    block = store.notes[row, N_BLOCK]
    if block < 0:
        return -1
    mask = (8 << store.notes[row, N_CLASS]) - 1
    at = mix(peer) & mask
    while True:
        known = store.peer_id[block + at]
        if known == peer:
            return block + at
        if known == 0:
            return -1
        at = (at + 1) & mask


@kernel
def warm(store: Store, row: int, peer: int) -> None:
    """Ask for the memory where this contact is, or would be."""
    block = store.notes[row, N_BLOCK]
    if block >= 0:
        at = block + (mix(peer) & ((8 << store.notes[row, N_CLASS]) - 1))
        prefetch(store.peer_id, at)
        prefetch(store.peer_first, at)
        prefetch(store.peer_out, at)
        prefetch(store.peer_in, at)


@kernel
def _take(store: Store, size: int) -> int:
    """A cleared block of this size class, or -1 when the arena is full."""
    length = 8 << size
    block = store.free[size]
    if block >= 0:
        store.free[size] = store.peer_id[block]
    else:
        block = store.free[CLASSES]
        if block + length > store.peer_id.shape[0]:
            return -1
        store.free[CLASSES] = block + length
    store.peer_id[block : block + length] = 0
    return block


@kernel
def release(store: Store, row: int) -> None:
    """Give a profile's block back."""
    block = store.notes[row, N_BLOCK]
    if block >= 0:
        size = store.notes[row, N_CLASS]
        store.peer_id[block] = store.free[size]
        store.free[size] = block
    store.notes[row, N_BLOCK] = -1
    store.notes[row, N_COUNT] = 0


@kernel
def _place(store: Store, block: int, mask: int, peer: int) -> int:
    at = mix(peer) & mask
    while store.peer_id[block + at] != 0:
        at = (at + 1) & mask
    store.peer_id[block + at] = peer
    return block + at


@kernel
def _grow(store: Store, row: int) -> bool:
    """Move to a block of twice the size; False when the largest is reached or the arena is full."""
    size = store.notes[row, N_CLASS]
    old = store.notes[row, N_BLOCK]
    if size + 1 >= CLASSES:
        return False
    new = _take(store, size + 1)
    if new < 0:
        store.free[CLASSES + 1] += 1
        return False
    mask = (16 << size) - 1
    for entry in range(old, old + (8 << size)):
        if store.peer_id[entry] != 0:
            to = _place(store, new, mask, store.peer_id[entry])
            store.peer_first[to] = store.peer_first[entry]
            store.peer_out[to] = store.peer_out[entry]
            store.peer_in[to] = store.peer_in[entry]
    count = store.notes[row, N_COUNT]
    release(store, row)
    store.notes[row, N_BLOCK] = new
    store.notes[row, N_CLASS] = size + 1
    store.notes[row, N_COUNT] = count
    return True


@allocating
def _forget(store: Store, row: int) -> None:
    """Forget the older half, by the last time in touch."""
    block = store.notes[row, N_BLOCK]
    length = 8 << store.notes[row, N_CLASS]
    count = store.notes[row, N_COUNT]
    peers = np.empty((count, 4), np.int64)
    last = np.empty(count, np.int64)
    n = 0
    for entry in range(block, block + length):
        if store.peer_id[entry] != 0:
            peers[n, 0] = store.peer_id[entry]
            peers[n, 1] = store.peer_first[entry]
            peers[n, 2] = store.peer_out[entry]
            peers[n, 3] = store.peer_in[entry]
            last[n] = max(peers[n, 2], peers[n, 3])
            n += 1
    cut = np.sort(last)[count // 2]
    store.peer_id[block : block + length] = 0
    kept = 0
    for k in range(count):
        if last[k] > cut:
            to = _place(store, block, length - 1, peers[k, 0])
            store.peer_first[to] = peers[k, 1]
            store.peer_out[to] = peers[k, 2]
            store.peer_in[to] = peers[k, 3]
            kept += 1
    store.notes[row, N_COUNT] = kept


@kernel
def add(store: Store, row: int, peer: int, t: int) -> int:
    """Remember a new contact, first met at `t`; its entry, or -1 when there is no room at all."""
    if store.notes[row, N_BLOCK] < 0:
        block = _take(store, 0)
        if block < 0:
            store.free[CLASSES + 1] += 1
            return -1
        store.notes[row, N_BLOCK] = block
        store.notes[row, N_CLASS] = 0
    length = 8 << store.notes[row, N_CLASS]
    if (store.notes[row, N_COUNT] + 1) * 4 > length * 3:
        if not _grow(store, row):
            _forget(store, row)
        length = 8 << store.notes[row, N_CLASS]
    entry = _place(store, store.notes[row, N_BLOCK], length - 1, peer)
    store.peer_first[entry] = t
    store.peer_out[entry] = 0
    store.peer_in[entry] = 0
    store.notes[row, N_COUNT] += 1
    return entry
