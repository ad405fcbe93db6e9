"""Decides which call an end belongs to: every call asked about, until it ends or may be taken for ended.

So the same call asked twice (a retransmission, the second engine after the first was slow) is counted once, an end that
comes twice takes one away, and a CANCEL, a busy callee and a hang-up all free what the call had taken. Sets of 8 slots
of 8 words, by the hash of the call's key, as in slots.py. Words: key, caller, its born, trunk, its born, started,
answered (microseconds, 0 not yet), and the callee's tag with the state in its two lowest bits. Who gives several calls
one key hides nothing by it: all but the first are counted, and known as not tracked.
"""

from __future__ import annotations

from typing import Any

from fanzha.gateway.atomic import add, swap
from fanzha.gateway.slots import (
    ABANDONED,
    ASKED_LIMIT,
    BORN,
    BUSY,
    CREATED,
    ENDED,
    EVENT,
    EXPIRED,
    LIVE,
    REPEATS,
    RING_LIMIT,
    SALT,
    SILENCE,
    STRAYS,
    TAG_MASK,
    TALK_LIMIT,
    UNTRACKED,
    WARM,
    WAYS,
    WORDS,
    claim,
    count,
    find,
    first_of,
    full,
    kernel,
    leave,
    mixed,
    read,
)

CALL_WORDS = 8
CALLER, CALLER_BORN, TRUNK, TRUNK_BORN, STARTED, ANSWERED, STATE = range(1, 8)
RUNNING, REFUSED = 1, 2
SECOND = 1_000_000
# What `look` says beside the twelve counters, at out[12]; NOT_TRACKED is for `record`.
SEEN_BEFORE, MAYBE_FORGOTTEN, NOT_TRACKED, EVENTLESS, RESTARTED = 1, 2, 4, 8, 16
UNKNOWN = -1


@kernel
def repeated(calls: Any, at: int, caller: int, tag: int) -> int:
    """RUNNING or REFUSED if this call is the one at `at`, asked about before; 0 if there is none or it is another."""
    if at < 0 or calls[at + CALLER] != caller or calls[at + STATE] >> 2 != tag:
        return 0
    return calls[at + STATE] & 3


@kernel
def look(
    head: Any, callers: Any, trunks: Any, calls: Any, caller: int, trunk: int, callee: int, call: int, now: int,
    out: Any,
) -> None:  # fmt: skip
    """Fill out[0:6] with the caller's counters and out[6:12] with the trunk's, this call among them, UNKNOWN where they
    are not known; out[12] flags. A caller or trunk of 0 is unknown and has none. Changes nothing."""
    salt = head[SALT]
    tag = int(mixed(callee, salt)) & TAG_MASK
    state = repeated(calls, find(calls, call, salt, CALL_WORDS), caller, tag)
    more = 0 if state != 0 else 1
    at = find(callers, caller, salt, WORDS) if caller != 0 else -1
    read(callers, at, head, tag, now, more, out, 0)
    out[12] = SEEN_BEFORE if state != 0 else 0
    if caller != 0 and at < 0 and full(callers, caller, salt):
        out[12] |= MAYBE_FORGOTTEN
    at = find(trunks, trunk, salt, WORDS) if trunk != 0 else -1
    read(trunks, at, head, tag, now, more, out, 6)
    for side in (0, 6):  # a repeat is judged as the call was the first time
        if state == RUNNING:
            out[side + 1] = max(0, out[side + 1] - 1)
        elif state == REFUSED:
            out[side + 3] += 1
    if now - head[EVENT] > head[SILENCE]:
        out[12] |= EVENTLESS
        out[3] = out[5] = out[9] = out[11] = UNKNOWN  # concurrent and duration rest on what an edge tells
    if now - head[CREATED] < head[WARM]:
        out[12] |= RESTARTED
    for i in range(6):
        if caller == 0:
            out[i] = UNKNOWN
        if trunk == 0:
            out[6 + i] = UNKNOWN


@kernel
def overdue(calls: Any, at: int, head: Any, now: int) -> bool:
    """Whether a call has lasted so long that its end must have been missed."""
    if calls[at + STATE] & 3 == REFUSED:
        return now - calls[at + STARTED] > head[ASKED_LIMIT]
    if calls[at + ANSWERED] == 0:
        return now - calls[at + STARTED] > head[RING_LIMIT]
    return now - calls[at + ANSWERED] > head[TALK_LIMIT]


@kernel
def close(head: Any, callers: Any, trunks: Any, calls: Any, at: int, key: int, now: int, talked: bool) -> bool:
    """Free the call's slot and what it had taken; False if somebody else just did."""
    if not swap(calls, at, key, BUSY):
        return False
    if calls[at + STATE] & 3 == RUNNING:
        answered = calls[at + ANSWERED]
        seconds = (now - answered) // SECOND if talked and 0 < answered < now else 0
        leave(callers, calls[at + CALLER], calls[at + CALLER_BORN], head, now, seconds)
        leave(trunks, calls[at + TRUNK], calls[at + TRUNK_BORN], head, now, seconds)
    return swap(calls, at, BUSY, 0)


@kernel
def opened(head: Any, callers: Any, trunks: Any, calls: Any, call: int, now: int) -> int:
    """A slot for a new call, held as BUSY; -1 if the set is full of calls in progress."""
    start = first_of(calls, call, head[SALT], CALL_WORDS)
    for way in range(WAYS):
        at = start + way * CALL_WORDS
        key = calls[at]
        if key == BUSY:
            if now - calls[at + STARTED] > ABANDONED and swap(calls, at, BUSY, 0):
                key = 0
            else:
                continue
        if key != 0 and overdue(calls, at, head, now):
            if calls[at + STATE] & 3 == RUNNING:
                add(head, EXPIRED, 1)
            if close(head, callers, trunks, calls, at, key, now, False):
                key = 0
        if key == 0:
            calls[at + STARTED] = now  # first, lest it be taken for abandoned
            if swap(calls, at, 0, BUSY):
                return at
    return -1


@kernel
def record(
    head: Any, callers: Any, trunks: Any, calls: Any, caller: int, trunk: int, callee: int, call: int, now: int,
    passed: int,
) -> int:  # fmt: skip
    """Count one call that was let through (passed 1) or refused (0), once; flags as `look`'s."""
    salt = head[SALT]
    tag = int(mixed(callee, salt)) & TAG_MASK
    known = find(calls, call, salt, CALL_WORDS)
    if repeated(calls, known, caller, tag) != 0:
        add(head, REPEATS, 1)
        return SEEN_BEFORE
    own = claim(callers, head, caller, now) if caller != 0 else -1
    if own >= 0:
        count(callers, own, head, tag, now, passed)
    line = claim(trunks, head, trunk, now) if trunk != 0 else -1
    if line >= 0:
        count(trunks, line, head, tag, now, passed)
    at = opened(head, callers, trunks, calls, call, now) if known < 0 else -1
    if at < 0:
        add(head, UNTRACKED, 1)
        return NOT_TRACKED
    calls[at + ANSWERED], calls[at + STATE] = 0, tag << 2 | (RUNNING if passed else REFUSED)
    calls[at + CALLER], calls[at + CALLER_BORN] = caller, callers[own + BORN] if own >= 0 else 0
    calls[at + TRUNK], calls[at + TRUNK_BORN] = trunk, trunks[line + BORN] if line >= 0 else 0
    if passed:
        if own >= 0:
            add(callers, own + LIVE, 1)
        if line >= 0:
            add(trunks, line + LIVE, 1)
    swap(calls, at, BUSY, call)
    return 0


@kernel
def answer(head: Any, calls: Any, call: int, now: int) -> bool:
    """The call was answered at `now`; whether it is one of ours."""
    head[EVENT] = max(head[EVENT], now)
    at = find(calls, call, head[SALT], CALL_WORDS)
    if at < 0:
        add(head, STRAYS, 1)
        return False
    swap(calls, at + ANSWERED, 0, now)
    return True


@kernel
def end(head: Any, callers: Any, trunks: Any, calls: Any, call: int, now: int) -> bool:
    """The call is over, answered or not; whether it was one of ours and still open."""
    head[EVENT] = max(head[EVENT], now)
    at = find(calls, call, head[SALT], CALL_WORDS)
    if at < 0 or calls[at + STATE] & 3 == REFUSED:
        add(head, STRAYS, 1)
        return False
    if close(head, callers, trunks, calls, at, call, now, True):
        add(head, ENDED, 1)
        return True
    return False


@kernel
def sweep(head: Any, callers: Any, trunks: Any, calls: Any, start: int, slots: int, now: int) -> int:
    """Close the overdue calls among `slots` slots from `start` on; how many were still in progress."""
    gone = 0
    for at in range(start * CALL_WORDS, min((start + slots) * CALL_WORDS, calls.size), CALL_WORDS):
        key = calls[at]
        if key == 0 or key == BUSY or not overdue(calls, at, head, now):
            continue
        running = calls[at + STATE] & 3 == RUNNING
        if close(head, callers, trunks, calls, at, key, now, False) and running:
            add(head, EXPIRED, 1)
            gone += 1
    return gone
