"""Decides the calls of whoever dials for a living, honest or not: one kernel, one sequence of calls a line.

It knows nobody's motive: a courier and a gang differ only by the values of their DIALLER record.
"""

from __future__ import annotations

import numpy as np

from fanzha.compiled import njit
from fanzha.world.calls import Part, blank_calls
from fanzha.world.chance import count, seed_of, spread, unit
from fanzha.world.private import Reach, stranger
from fanzha.world.ringing import ring_once, ring_out, ring_vacant

_F, _I = np.float32, np.int32
DIALLER = np.dtype(
    [
        ("cli", _I),  # position of its number; with cli_n > 1 any of the next ones
        ("cli_n", _I),
        ("gang", np.int16),
        ("city", np.int16),
        ("part", np.int8),
        ("calls", _F),  # a day
        ("open", np.int64),  # ms after midnight
        ("close", np.int64),
        ("sessions", _I),
        ("gap", _F),  # ms, median
        ("answered", _F),
        ("talk", _F),  # ms, median
        ("talk_sigma", _F),
        ("ring", _F),  # ms, median
        ("list_lo", np.int64),
        ("list_n", _I),
        ("walk", np.bool_),
        ("cursor", np.int64),  # where on the list the next day begins
        ("fresh", _F),
        ("own_only", np.bool_),  # its calls elsewhere are not seen here
        ("repeat", _F),
        ("redial", _F),
        ("call_back", _F),
        ("picks_up", _F),
        ("incoming", _F),  # calls a day
        ("cover", _F),
        ("cover_lo", np.int64),
        ("cover_n", _I),
        ("convinced", _F),
        ("hand_over", _F),
        ("bait", np.bool_),
        ("device_lo", _I),  # -1: its own
        ("device_n", _I),
        ("rotate", np.int64),  # ms on one device
        ("clir", np.bool_),
    ]
)

_COVER, _DIAL, _WORK = int(Part.COVER), int(Part.DIAL), int(Part.WORK)
_BAITED, _RETURNED = int(Part.BAITED), int(Part.RETURNED)


@njit(cache=True, nogil=True)
def _device(who, a, start):  # type: ignore[no-untyped-def]
    if who.device_n <= 0:
        return who.device_lo
    return who.device_lo + (a + start // max(who.rotate, 1)) % who.device_n


@njit(cache=True, nogil=True)
def _target(who, state, lists, out, first, n, reach):  # type: ignore[no-untyped-def]
    """Whom to dial next: someone already dialled today, someone new, or the list."""
    u = unit(state)
    if u < who.repeat and n > first:
        earlier = out[first + int(unit(state) * (n - first))]
        if earlier.caller == who.cli and earlier.part == who.part:
            return earlier.callee
    elif u < who.repeat + who.fresh:
        return stranger(state, who.city, 1.0 if who.own_only else 0.45, reach)
    if who.walk:
        who.cursor += 1
        return lists[who.list_lo + (who.cursor - 1) % who.list_n]
    return lists[who.list_lo + int(who.list_n * unit(state) ** 1.8)]


@njit(cache=True, nogil=True)
def _stamp(call, who, a, caller, callee, start, part):  # type: ignore[no-untyped-def]
    call.caller, call.callee, call.start, call.part = caller, callee, start, part
    call.agent, call.gang, call.clir = a, who.gang, who.clir
    call.device = _device(who, a, start)


@njit(cache=True, nogil=True)
def _reply(call, who, a, state, caller, callee, missed):  # type: ignore[no-untyped-def]
    """The missed callee rings back."""
    call.caller, call.callee, call.agent, call.gang = caller, callee, a, who.gang
    call.start = missed + int(min(9e6, spread(state, 420_000.0, 1.3)))
    call.part = (_BAITED if who.bait else _RETURNED) if who.part == _DIAL else _WORK
    ring_out(call, state, who.picks_up, 6000.0, 150_000.0 if who.bait else who.talk, 0.9)


@njit(cache=True, nogil=True)
def _one_call(who, a, state, lists, out, first, n, t, reach, vacant_lo, vacant_hi):  # type: ignore[no-untyped-def]
    """Fill out[n]; True where it was answered or nobody could."""
    call = out[n]
    cli = who.cli + (int(unit(state) * who.cli_n) if who.cli_n > 1 else 0)
    if unit(state) < who.cover:
        callee = lists[who.cover_lo + int(unit(state) * who.cover_n)]
        _stamp(call, who, a, cli, callee, t, _COVER)
        return ring_out(call, state, 0.85, 8000.0, 80_000.0, 0.9)
    callee = _target(who, state, lists, out, first, n, reach)
    if callee == cli:
        callee = stranger(state, who.city, 1.0 if who.own_only else 0.45, reach)
    _stamp(call, who, a, cli, callee, t, who.part)
    if vacant_lo <= callee < vacant_hi:
        ring_vacant(call, state)
        return True
    if who.bait:
        ring_once(call, state, who.ring)
        return False
    taken = ring_out(call, state, who.answered, who.ring, who.talk, who.talk_sigma)
    if taken and unit(state) < who.convinced:
        call.convinced = True
        call.talk = int(min(7.2e6, max(300_000.0, spread(state, 1_200_000.0, 0.6))))
    if taken and unit(state) < who.hand_over:
        call.wants_more = True
    return taken


@njit(cache=True, nogil=True)
def _dial(diallers, working, lists, reach, midnight, day, world, vacant_lo, vacant_hi, out):  # type: ignore[no-untyped-def]
    """Fill `out` with the working diallers' day; returns the rows used, or -1 when they do not fit."""
    state = np.zeros(1, np.uint64)
    n, room = 0, len(out)
    for w in range(len(working)):
        a = working[w]
        who = diallers[a]
        state[0] = seed_of(world + 77, day, a)
        wanted = count(state, who.calls)
        sessions = max(1, min(who.sessions, wanted))
        first, done = n, 0
        span = (who.close - who.open) / sessions
        t = midnight + who.open
        for s in range(sessions):
            start = midnight + who.open + int((s + 0.6 * unit(state)) * span)
            t = max(t, start)
            until = wanted * (s + 1) // sessions
            while done < until and t < midnight + who.close:
                if n + 4 >= room:
                    return -1
                taken = _one_call(who, a, state, lists, out, first, n, t, reach, vacant_lo, vacant_hi)
                call = out[n]
                n += 1
                done += 1
                t += call.ring + call.talk + int(min(3.6e6, max(800.0, spread(state, who.gap, 0.7))))
                if taken:
                    continue
                if unit(state) < who.redial and done < until:
                    again = out[n]
                    n += 1
                    done += 1
                    _stamp(again, who, a, call.caller, call.callee, t, call.part)
                    ring_out(again, state, who.answered, who.ring, who.talk, who.talk_sigma)
                    t += again.ring + again.talk + 4000
                if unit(state) < who.call_back and call.cause > 1:
                    _reply(out[n], who, a, state, call.callee, call.caller, t)
                    n += 1
        for _ in range(count(state, who.incoming)):
            if n + 4 >= room:
                return -1
            n += _visitor_calls(who, a, state, lists, out[n], midnight, reach)
    return n


@njit(cache=True, nogil=True)
def _visitor_calls(who, a, state, lists, call, midnight, reach):  # type: ignore[no-untyped-def]
    """One call to the dialler of its own accord: a client, a friend of the gang, or anyone."""
    start = midnight + who.open + int(unit(state) * (who.close - who.open))
    if who.cover_n > 0:
        caller, part = lists[who.cover_lo + int(unit(state) * who.cover_n)], _COVER
    else:
        part = _WORK
        if who.list_n > 1 and unit(state) > who.fresh + 0.1:
            caller = lists[who.list_lo + int(who.list_n * unit(state) ** 1.4)]
        else:
            caller = stranger(state, who.city, 0.45, reach)
    if caller == who.cli:
        return 0
    call.caller, call.callee, call.start, call.part = caller, who.cli, start, part
    call.agent, call.gang = a, who.gang
    ring_out(call, state, who.picks_up, 6000.0, who.talk, who.talk_sigma)
    return 1


def dialled_calls(
    diallers: np.ndarray,
    working: np.ndarray,
    lists: np.ndarray,
    reach: Reach,
    vacant: tuple[int, int],
    midnight: int,
    day: int,
    seed: int,
) -> np.ndarray:
    """CALL[n]: one day's calls of the diallers at positions `working`; moves their cursors on."""
    mean = float((diallers["calls"][working] * 2.2 + diallers["incoming"][working]).sum())
    room = int(mean * 1.3 + 8 * mean**0.5) + 256
    cursors = diallers["cursor"].copy()
    while True:
        out = blank_calls(room)
        used = int(_dial(diallers, working, lists, reach, midnight, day, seed, vacant[0], vacant[1], out))
        if used >= 0:
            return out[:used]
        diallers["cursor"] = cursors
        room *= 2
