"""Decides the private calls of one day: who rings whom among family, friends, offices and services, and when."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fanzha.compiled import njit
from fanzha.world.calls import DAY_MS, blank_calls
from fanzha.world.chance import count, mix, seed_of, unit
from fanzha.world.ringing import ring_out


class Reach(NamedTuple):
    """Where strangers and acquaintances stand in the number table; arrays by city."""

    own_lo: np.ndarray
    own_n: np.ndarray
    other_lo: np.ndarray
    other_n: np.ndarray
    far_lo: int
    far_n: int
    foreign_lo: int
    foreign_n: int
    service_lo: int
    service_cum: np.ndarray


@njit(cache=True, nogil=True)
def acquaintance(person, slot, city, guest, reach):  # type: ignore[no-untyped-def]
    """The `slot`-th person on another network whom `person` knows: always the same one."""
    h = mix(np.uint64(person) * np.uint64(1009) + np.uint64(slot))
    kind = h % np.uint64(1000)
    pick = int((h >> np.uint64(12)) & np.uint64(0x7FFFFFFF))
    if kind < np.uint64(3):
        return reach.foreign_lo + pick % reach.foreign_n
    if kind < np.uint64(120) or (guest and kind < np.uint64(850)):
        return reach.far_lo + pick % reach.far_n
    return reach.other_lo[city] + pick % reach.other_n[city]


@njit(cache=True, nogil=True)
def stranger(state, city, own_share, reach):  # type: ignore[no-untyped-def]
    """Anybody in the city."""
    if unit(state) < own_share:
        return reach.own_lo[city] + int(unit(state) * reach.own_n[city])
    return reach.other_lo[city] + int(unit(state) * reach.other_n[city])


@njit(cache=True, nogil=True)
def moment(state, cumulated):  # type: ignore[no-untyped-def]
    """A time of day in ms, by the hours' cumulated shares."""
    u = unit(state)
    hour = 0
    while hour < 23 and cumulated[hour] < u:
        hour += 1
    return int((hour + unit(state)) * 3_600_000)


@njit(cache=True, nogil=True)
def _choose(state, i, person, friends, reach):  # type: ignore[no-untyped-def]
    """Whom a person rings now: (position, how well known 0 best)."""
    u = unit(state)
    if u < 0.045:
        v, k = unit(state), 0
        while reach.service_cum[k] < v:
            k += 1
        return reach.service_lo + k, 3
    if u < 0.085:  # a shop, a driver, a wrong number
        return stranger(state, person.city, 0.4, reach), 2
    if i < len(friends) and unit(state) < 0.52:
        slot = int(person.friends * unit(state) ** person.focus)
        return friends[i, slot], 0 if slot < 3 else 1
    slot = int(person.acquaintances * unit(state) ** person.focus)
    return acquaintance(i, slot, person.city, person.guest, reach), 0 if slot < 2 else 1


@njit(cache=True, nogil=True)
def _live(people, friends, reach, rhythms, midnight, day, off, world, out):  # type: ignore[no-untyped-def]
    """Fill `out` with a day; returns the rows needed, which may be more than fit."""
    answers = (0.82, 0.72, 0.62, 0.97)
    talks = (75_000.0, 52_000.0, 34_000.0, 110_000.0)
    state = np.zeros(1, np.uint64)
    n, room = 0, len(out)
    for i in range(len(people)):
        me = people[i]
        if me.rate <= 0.0:
            continue
        state[0] = seed_of(world, day, i)
        mood = 0.55 + 0.9 * unit(state)
        outgoing = count(state, me.rate * mood * (0.88 if off else 1.04))
        incoming = count(state, me.rate_in * mood)
        hours = rhythms[me.rhythm, 1 if off else 0]
        for which in range(outgoing + incoming):
            if n + 3 >= room:
                n += 3
                continue
            call = out[n]
            n += 1
            start = midnight + moment(state, hours)
            if which < outgoing:
                other, known = _choose(state, i, me, friends, reach)
                if other == i:
                    other = acquaintance(i, 0, me.city, me.guest, reach)
                    known = 0
                caller, callee = i, other
                answer = answers[known]
                if other < len(people):
                    answer = people[other].answers
            else:
                slot = int(me.acquaintances * unit(state) ** me.focus)
                caller, callee = acquaintance(i, slot, me.city, me.guest, reach), i
                known, answer = 0 if slot < 2 else 1, me.answers
            call.caller, call.callee, call.start = caller, callee, start
            call.clir = caller == i and me.clir
            abroad = reach.foreign_lo <= caller < reach.foreign_lo + reach.foreign_n
            call.withheld = abroad and unit(state) < 0.05
            if ring_out(call, state, answer, 8500.0, talks[known], 1.05) or known == 3:
                continue
            ended = start + call.ring
            u = unit(state)
            if u < 0.24:  # tried again at once
                more = out[n]
                n += 1
                more.caller, more.callee, more.clir = caller, callee, call.clir
                more.start = ended + 4000 + int(unit(state) * 150_000)
                ring_out(more, state, 0.4, 8500.0, talks[known], 1.0)
            elif u < 0.62:  # called back when seen
                more = out[n]
                n += 1
                more.caller, more.callee = callee, caller
                more.start = ended + int(60_000 + 3_600_000 * unit(state) ** 3)
                ring_out(more, state, 0.78, 7500.0, talks[known], 1.0)
    return n


def private_calls(
    people: np.ndarray,
    friends: np.ndarray,
    reach: Reach,
    rhythms: np.ndarray,
    midnight: int,
    day: int,
    off: bool,
    seed: int,
) -> np.ndarray:
    """CALL[n]: the private calls of all people on one day; `midnight` is its first ms, `off` a day off."""
    mean = float(people["rate"].sum() + people["rate_in"].sum())
    room = int(mean * 1.45 + 6 * mean**0.5) + 64
    while True:
        out = blank_calls(room)
        used = int(_live(people, friends, reach, rhythms, midnight, day, off, seed, out))
        if used + 3 < room:
            calls: np.ndarray = out[:used]
            return calls[calls["start"] < midnight + DAY_MS + DAY_MS // 4]
        room = used + used // 8 + 64


__all__ = ["Reach", "acquaintance", "moment", "private_calls", "stranger"]
