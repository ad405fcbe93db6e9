"""Decides that one telephone holds one call at a time: who is busy waits to dial, or sounds busy to others."""

from __future__ import annotations

import numpy as np

from fanzha.compiled import njit
from fanzha.records.contract import ReleasedBy
from fanzha.world.calls import Part
from fanzha.world.chance import mix

_BUSY = 17
_BY_CALLEE = int(ReleasedBy.CALLEE)
_FOLLOW_UP = int(Part.FOLLOW_UP)
_CALL_WAITING = np.uint64(300)  # of 1000 busy people take the second call


@njit(cache=True, nogil=True)
def _hold(calls, order, free_at, seed):  # type: ignore[no-untyped-def]
    people = len(free_at)
    for place in range(len(order)):
        call = calls[order[place]]
        dice = mix(np.uint64(seed) + np.uint64(call.start) * np.uint64(31) + np.uint64(call.callee))
        if 0 <= call.caller < people and call.start < free_at[call.caller]:
            call.start = free_at[call.caller] + 2000 + int(dice % np.uint64(30_000))
        busy = call.callee < people and free_at[call.callee] > call.start
        if busy and not call.convinced and call.part != _FOLLOW_UP and dice % np.uint64(1000) >= _CALL_WAITING:
            call.answered, call.talk, call.cause, call.released = False, 0, _BUSY, _BY_CALLEE
            call.ring, call.wants_more = 400 + int(dice % np.uint64(1500)), False
        ended = call.start + call.ring + call.talk
        if 0 <= call.caller < people:
            free_at[call.caller] = max(free_at[call.caller], ended)
        if call.answered and call.callee < people:
            free_at[call.callee] = max(free_at[call.callee], ended)


def hold_lines(calls: np.ndarray, free_at: np.ndarray, seed: int) -> None:
    """Put the day's calls in order on each subscriber's line; changes `calls` and `free_at` (int64[people], ms)."""
    order = np.argsort(calls["start"], kind="stable")
    _hold(calls, order, free_at, seed)
