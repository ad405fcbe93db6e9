"""Decides what one caller or trunk has been doing at call time: slots of counters in shared memory, and who gives way.

A table is one array of int64 in sets of 8 slots of 24 words; a key may only lie in the set that its salted hash names,
so that finding it costs one look at 8 words, and nobody who does not know the salt can fill one set on purpose. Any
process may write: every change is one atomic step (atomic.py). Only who gives a new key a slot holds the key's set for
himself meanwhile, lest two processes give one key two slots; whoever dies doing so loses the set after two seconds.
Nobody waits longer than a tenth of a second for it, by a clock that all processes share (`tick`): what times calls
have says nothing of that, for they differ by a minute.

Words of a slot: key (0 free), seen (microseconds of the last call), born (generation, unique), live (calls in
progress), run (tag of the last callee, 42 bits, and calls to it in a row, 20 bits), held (in the set's first slot:
since which tick somebody has held the set, else 0), then three rings of six buckets: minute (10 s each: stamp 27
bits, calls 18, passed 18), total and talk (4 h each: stamp 20 bits, value 40).

A ring's window at `now` is the bucket of `now` and the five before it: minute covers the last 50 to 60 s, the others
the last 20 to 24 h. A call whose bucket has been overwritten by a younger one is late and not counted there; a stamp
more than `SANE` buckets ahead is nonsense of some clock and is overwritten.

A full set gives up the slot worth least: one without calls in progress, then with the fewest calls in the last day,
then the one seen longest ago. A flood of callers with one call each evicts itself; who dials often stays known.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fanzha.compiled import njit
from fanzha.gateway.atomic import add, rest, swap, tick

WAYS, WORDS = 8, 24
KEY, SEEN, BORN, LIVE, RUN, HELD, MINUTE, TOTAL, TALK = 0, 1, 2, 3, 4, 5, 6, 12, 18
BUCKETS = 6
MINUTE_GRAIN, DAY_GRAIN = 10_000_000, 4 * 3600 * 1_000_000  # microseconds
MINUTE_SHIFT, DAY_SHIFT = 36, 40
MINUTE_STAMPS, DAY_STAMPS = (1 << 27) - 1, (1 << 20) - 1
COUNT_BITS, COUNT_MOST = 18, (1 << 18) - 1
RUN_BITS, RUN_MOST, TAG_MASK = 20, (1 << 20) - 1, (1 << 42) - 1
SANE = 360
BUSY = -(1 << 62) - 1  # and below: since which tick, BUSY - key, some process has been at this slot; no key is so
ABANDONED = 200  # ticks after which whoever held a set or was at a slot must have died
PATIENCE = 10  # ticks to wait for a set that somebody holds

# Words at the head of the shared memory: what all processes agree on, and what they have counted together.
SALT, GENERATION, EVENT, RUN_GAP, RING_LIMIT, TALK_LIMIT, ASKED_LIMIT = range(1, 8)
EVICTED, CROWDED, LATE, UNTRACKED, EXPIRED, ENDED, STRAYS, REPEATS = range(8, 16)
CREATED, WARM, SILENCE = (
    16,
    17,
    18,
)  # when the counters began, how long until they are warm, how long an edge may be mute

kernel = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)


@kernel
def mixed(key: int, salt: int) -> Any:
    """splitmix64's finish of the salted key (https://prng.di.unimi.it/splitmix64.c)."""
    value = np.uint64(key) ^ np.uint64(salt)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@kernel
def first_of(table: Any, key: int, salt: int, words: int) -> int:
    """Where the set of this key begins; tables have a power of two of sets."""
    sets = table.size // (WAYS * words)
    return int(mixed(key, salt) & np.uint64(sets - 1)) * WAYS * words


@kernel
def find(table: Any, key: int, salt: int, words: int) -> int:
    """Where the key's slot begins; -1 if it has none."""
    start = first_of(table, key, salt, words)
    for way in range(WAYS):
        if table[start + way * words] == key:
            return start + way * words
    return -1


@kernel
def full(table: Any, key: int, salt: int) -> bool:
    """Whether every slot of the key's set is taken: a key that is not there may have been there."""
    start = first_of(table, key, salt, WORDS)
    taken = 0
    for way in range(WAYS):
        taken += table[start + way * WORDS] != 0
    return taken == WAYS


@kernel
def fits(word: int, shift: int, stamps: int, want: int, span: int) -> bool:
    """Whether a bucket's stamp lies among the last `span` up to `want`; a word of 0 is an empty bucket."""
    return word != 0 and (want - (word >> shift)) & stamps < span


@kernel
def ring_add(table: Any, at: int, grain: int, shift: int, stamps: int, now: int, amount: int) -> bool:
    """Add to the bucket of `now`; False if a younger bucket already stands there."""
    bucket = now // grain
    want = bucket & stamps
    at += bucket % BUCKETS
    while True:
        old = table[at]
        if old != 0 and old >> shift == want:
            room = (1 << shift) - 1 - (old & ((1 << shift) - 1))
            if room < amount or (shift == MINUTE_SHIFT and (old >> COUNT_BITS) & COUNT_MOST == COUNT_MOST):
                return True  # full: it says the most it can
            new = old + amount
        elif old != 0 and ((old >> shift) - want) & stamps <= SANE:
            return False
        else:
            new = (want << shift) | amount
        if swap(table, at, old, new):
            return True


@kernel
def ring_sum(table: Any, at: int, now: int) -> int:
    """Sum of a ring of 4-hour buckets."""
    want = (now // DAY_GRAIN) & DAY_STAMPS
    total = 0
    for i in range(BUCKETS):
        word = table[at + i]
        if fits(word, DAY_SHIFT, DAY_STAMPS, want, BUCKETS):
            total += word & ((1 << DAY_SHIFT) - 1)
    return total


@kernel
def read(table: Any, base: int, head: Any, tag: int, now: int, more: int, out: Any, start: int) -> None:
    """Write calls and passed calls of the last minute, calls of the day, in progress, in a row, and seconds talked.

    `base` -1 is a key without a slot; `more` is 1 if the call asked about is not yet among them, else 0."""
    for i in range(6):
        out[start + i] = more if i != 1 and i != 5 else 0
    if base < 0:
        return
    want = (now // MINUTE_GRAIN) & MINUTE_STAMPS
    for i in range(BUCKETS):
        word = table[base + MINUTE + i]
        if fits(word, MINUTE_SHIFT, MINUTE_STAMPS, want, BUCKETS):
            out[start] += (word >> COUNT_BITS) & COUNT_MOST
            out[start + 1] += word & COUNT_MOST
    out[start + 2] += ring_sum(table, base + TOTAL, now)
    out[start + 3] += table[base + LIVE]
    run = table[base + RUN]
    if run >> RUN_BITS == tag and now - table[base + SEEN] <= head[RUN_GAP]:
        out[start + 4] += run & RUN_MOST
    out[start + 5] = ring_sum(table, base + TALK, now)


@kernel
def worth(table: Any, base: int, now: int) -> int:
    """How much would be lost with this slot; less is given up first. For who holds the set: a slot that is being
    prepared is then one that its maker left behind."""
    key = table[base]
    if key == 0:
        return -2
    if key <= BUSY:
        return -1
    calls = ring_sum(table, base + TOTAL, now)
    return calls + (1 << 41 if table[base + LIVE] > 0 else 0)


@kernel
def least(table: Any, start: int, now: int) -> int:
    """The slot of the set that is given up first."""
    base, low = start, worth(table, start, now)
    for at in range(start + WORDS, start + WAYS * WORDS, WORDS):
        value = worth(table, at, now)
        if value < low or (value == low and table[at + SEEN] < table[base + SEEN]):
            base, low = at, value
    return base


@kernel
def left(since: int, now: int) -> bool:
    """Whether who has been at something since that tick must have died; a tick to come is nonsense."""
    return not 0 <= now - since <= ABANDONED


@kernel
def hold(table: Any, at: int) -> int:
    """Have the set for oneself whose word for that is at `at`: since which tick, 0 if somebody else keeps it."""
    until = 0
    while True:
        held = table[at]
        now = tick(0)  # read after `held`, so it is no earlier
        if (held == 0 or left(held, now)) and swap(table, at, held, now):
            return int(now)
        until = now + PATIENCE if until == 0 else until
        if now > until:
            return 0
        rest()


@kernel
def place(table: Any, head: Any, start: int, key: int, now: int, since: int) -> int:
    """Give the key a slot in the set, held since that tick, by giving up another; where it begins. -1 if somebody
    has taken us for dead meanwhile."""
    base = least(table, start, now)
    gone, busy = table[base], BUSY - since
    swap(table, base, gone, busy)
    if gone != 0 and gone > BUSY:
        add(head, EVICTED, 1)
    table[base + SEEN], table[base + LIVE], table[base + RUN] = now, 0, 0
    for i in range(MINUTE, WORDS):
        table[base + i] = 0
    table[base + BORN] = add(head, GENERATION, 1) + 1
    return base if swap(table, base, busy, key) else -1


@kernel
def claim(table: Any, head: Any, key: int, now: int) -> int:
    """The key's slot, made if need be by giving up another; -1 if somebody keeps the set from everybody just now."""
    base = find(table, key, head[SALT], WORDS)
    if base >= 0:
        return base
    start = first_of(table, key, head[SALT], WORDS)
    since = hold(table, start + HELD)
    if since != 0:
        base = find(table, key, head[SALT], WORDS)  # somebody may have made it meanwhile
        if base < 0:
            base = place(table, head, start, key, now, since)
        swap(table, start + HELD, since, 0)
    if base < 0:
        add(head, CROWDED, 1)
    return base


@kernel
def count(table: Any, base: int, head: Any, tag: int, now: int, passed: int) -> None:
    """One more call of the slot's key."""
    amount = (1 << COUNT_BITS) | passed
    good = ring_add(table, base + MINUTE, MINUTE_GRAIN, MINUTE_SHIFT, MINUTE_STAMPS, now, amount)
    good = ring_add(table, base + TOTAL, DAY_GRAIN, DAY_SHIFT, DAY_STAMPS, now, 1) and good
    if not good:
        add(head, LATE, 1)
    while True:
        run = table[base + RUN]
        same = run >> RUN_BITS == tag and now - table[base + SEEN] <= head[RUN_GAP]
        new = run + (1 if run & RUN_MOST < RUN_MOST else 0) if same else (tag << RUN_BITS) | 1
        if swap(table, base + RUN, run, new):
            break
    while True:
        seen = table[base + SEEN]
        if seen >= now or swap(table, base + SEEN, seen, now):
            break


@kernel
def fewer(table: Any, base: int) -> None:
    """One call in progress less, and never less than none: who died over one may have left it to be told again."""
    while True:
        live = table[base + LIVE]
        if live <= 0 or swap(table, base + LIVE, live, live - 1):
            return


@kernel
def enter(table: Any, head: Any, key: int, tag: int, now: int, passed: int, calls: Any, to: int) -> None:
    """Count one more call of this key; it is in progress too if `to` >= 0: calls[to] then says, before it is counted,
    in which generation of the slot. A slot that gives way in that very moment takes the call with it."""
    base = claim(table, head, key, now) if key != 0 else -1
    if base < 0:
        return
    born = table[base + BORN]
    if to >= 0:
        calls[to] = born
    count(table, base, head, tag, now, passed)
    if to >= 0 and passed:
        add(table, base + LIVE, 1)
    if table[base] != key or table[base + BORN] != born:
        add(head, CROWDED, 1)
        if to >= 0 and passed:
            fewer(table, base)
            calls[to] = 0


@kernel
def leave(table: Any, key: int, born: int, head: Any, now: int, talked: int) -> None:
    """A call of this key is over after `talked` seconds; a key that has lost its slot meanwhile is left alone."""
    base = find(table, key, head[SALT], WORDS) if key != 0 else -1
    if base < 0 or table[base + BORN] != born:
        return
    fewer(table, base)
    if talked > 0:
        ring_add(table, base + TALK, DAY_GRAIN, DAY_SHIFT, DAY_STAMPS, now, talked)


@kernel
def forget(table: Any, head: Any, key: int) -> bool:
    """Set one key's rings and run to nothing; its calls in progress go on counting. Whether it had a slot."""
    base = find(table, key, head[SALT], WORDS)
    if base < 0:
        return False
    table[base + RUN] = 0
    for i in range(MINUTE, WORDS):
        table[base + i] = 0
    return True
