"""Decides which call an end belongs to: every call asked about, until it ends or may be taken for ended.

So the same call asked twice (a retransmission, the second engine after the first was slow) is counted once, an end that
comes twice takes one away, and a CANCEL, a busy callee and a hang-up all free what the call had taken. Sets of 8 slots
of 9 words, by the hash of the call's key, as in slots.py. Words: key, caller, its born, trunk, its born, started,
answered (microseconds, 0 not yet), the callee's tag with the state in its two lowest bits, and held as there. Who
counts a call or its end holds its set meanwhile: two processes may be asked about one call at the same instant. Who
dies over it leaves at worst a call in progress that will be taken for ended, or an end that is counted again. Who
gives several calls one key hides nothing by it: all but the first are counted, and known as not tracked.
"""

from __future__ import annotations

from typing import Any

from fanzha.gateway.atomic import add, swap, tick
from fanzha.gateway.slots import (
    ASKED_LIMIT,
    BUSY,
    CREATED,
    ENDED,
    EVENT,
    EXPIRED,
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
    enter,
    find,
    first_of,
    full,
    hold,
    kernel,
    leave,
    left,
    mixed,
    read,
)

CALL_WORDS = 9
CALLER, CALLER_BORN, TRUNK, TRUNK_BORN, STARTED, ANSWERED, STATE, HELD = range(1, 9)
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
    """Free the call's slot and what it had taken; False if somebody else just did. key: what stands there, also what
    somebody left who died over this."""
    busy = BUSY - tick(0)
    if not swap(calls, at, key, busy):
        return False
    if calls[at + STATE] & 3 == RUNNING:
        answered = calls[at + ANSWERED]
        seconds = (now - answered) // SECOND if talked and 0 < answered < now else 0
        leave(callers, calls[at + CALLER], calls[at + CALLER_BORN], head, now, seconds)
        leave(trunks, calls[at + TRUNK], calls[at + TRUNK_BORN], head, now, seconds)
    return swap(calls, at, busy, 0)


@kernel
def expired(head: Any, callers: Any, trunks: Any, calls: Any, at: int, now: int) -> int:
    """Close the call at `at` if it is overdue or was left half closed: 1, or 2 if it was still in progress; else 0."""
    key = calls[at]
    if key == 0 or (not left(BUSY - key, tick(0)) if key <= BUSY else not overdue(calls, at, head, now)):
        return 0
    running = key > BUSY and calls[at + STATE] & 3 == RUNNING
    if not close(head, callers, trunks, calls, at, key, now, False):
        return 0
    if running:
        add(head, EXPIRED, 1)
    return 2 if running else 1


@kernel
def opened(head: Any, callers: Any, trunks: Any, calls: Any, start: int, now: int) -> int:
    """A free slot of the set, which is held; -1 if it is full of calls in progress."""
    for at in range(start, start + WAYS * CALL_WORDS, CALL_WORDS):
        if calls[at] == 0 or expired(head, callers, trunks, calls, at, now) != 0:
            return at
    return -1


@kernel
def written(
    head: Any, callers: Any, trunks: Any, calls: Any, caller: int, trunk: int, tag: int, call: int, now: int,
    passed: int,
) -> int:  # fmt: skip
    """Where a new call now stands in its set, which is held; -1 if there is no room."""
    at = opened(head, callers, trunks, calls, first_of(calls, call, head[SALT], CALL_WORDS), now)
    if at >= 0:
        calls[at + CALLER], calls[at + CALLER_BORN], calls[at + TRUNK], calls[at + TRUNK_BORN] = caller, 0, trunk, 0
        calls[at + STARTED], calls[at + ANSWERED] = now, 0
        calls[at + STATE] = tag << 2 | (RUNNING if passed else REFUSED)
        if not swap(calls, at, 0, call):
            return -1
    return at


@kernel
def record(
    head: Any, callers: Any, trunks: Any, calls: Any, caller: int, trunk: int, callee: int, call: int, now: int,
    passed: int,
) -> int:  # fmt: skip
    """Count one call that was let through (passed 1) or refused (0), once; flags as `look`'s."""
    salt = head[SALT]
    tag = int(mixed(callee, salt)) & TAG_MASK
    gate = first_of(calls, call, salt, CALL_WORDS) + HELD
    since = hold(calls, gate)
    known = find(calls, call, salt, CALL_WORDS)
    if repeated(calls, known, caller, tag) != 0:
        add(head, REPEATS, 1)
        flags = SEEN_BEFORE
    else:
        at = -1
        if known < 0 and since != 0:
            at = written(head, callers, trunks, calls, caller, trunk, tag, call, now, passed)
        enter(callers, head, caller, tag, now, passed, calls, at + CALLER_BORN if at >= 0 else -1)
        enter(trunks, head, trunk, tag, now, passed, calls, at + TRUNK_BORN if at >= 0 else -1)
        flags = 0 if at >= 0 else NOT_TRACKED
        add(head, UNTRACKED, 0 if at >= 0 else 1)
    if since != 0:
        swap(calls, gate, since, 0)
    return flags


@kernel
def heard(head: Any, now: int) -> None:
    """The edge told something at `now`. A last word from so far ahead that nobody would notice its silence was some
    clock's that has been set right since."""
    if not now < head[EVENT] <= now + head[SILENCE]:
        head[EVENT] = now


@kernel
def answer(head: Any, calls: Any, call: int, now: int) -> bool:
    """The call was answered at `now`; whether it is one of ours."""
    heard(head, now)
    at = find(calls, call, head[SALT], CALL_WORDS)
    if at < 0:
        add(head, STRAYS, 1)
        return False
    swap(calls, at + ANSWERED, 0, now)
    return True


@kernel
def end(head: Any, callers: Any, trunks: Any, calls: Any, call: int, now: int) -> bool:
    """The call is over, answered or not; whether it was one of ours and still open."""
    heard(head, now)
    at = find(calls, call, head[SALT], CALL_WORDS)
    if at < 0 or calls[at + STATE] & 3 == REFUSED:
        add(head, STRAYS, 1)
        return False
    gate = first_of(calls, call, head[SALT], CALL_WORDS) + HELD
    since = hold(calls, gate)  # who counts the call just now is to be done with it; an end that nobody lets in counts
    done = close(head, callers, trunks, calls, at, call, now, True)
    if since != 0:
        swap(calls, gate, since, 0)
    add(head, ENDED, 1 if done else 0)
    return done


@kernel
def sweep(head: Any, callers: Any, trunks: Any, calls: Any, start: int, slots: int, now: int) -> int:
    """Close the overdue calls among `slots` slots from `start` on; how many were still in progress."""
    gone = 0
    for at in range(start * CALL_WORDS, min((start + slots) * CALL_WORDS, calls.size), CALL_WORDS):
        if expired(head, callers, trunks, calls, at, now) == 2:
            gone += 1
    return gone
