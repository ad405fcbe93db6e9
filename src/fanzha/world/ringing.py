"""Decides how one call attempt ends: rung, taken, missed, refused or vacant, with the cause a switch would write."""

from __future__ import annotations

from fanzha.compiled import njit
from fanzha.records.contract import ReleasedBy
from fanzha.world.chance import spread, unit

_BY_CALLER = int(ReleasedBy.CALLER)
_BY_CALLEE = int(ReleasedBy.CALLEE)
_BY_NETWORK = int(ReleasedBy.NETWORK)
# Q.850 causes
_VACANT, _CLEAR, _BUSY, _NO_ANSWER, _ABSENT, _REFUSED = 1, 16, 17, 19, 20, 21


@njit(cache=True, nogil=True)
def ring_out(call, state, answer, ring_ms, talk_ms, sigma):  # type: ignore[no-untyped-def]
    """Fill ring, talk, cause and release of one CALL; True where it was answered."""
    if unit(state) < answer:
        call.ring = int(min(60_000.0, max(600.0, spread(state, ring_ms, 0.5))))
        call.talk = int(min(14_400_000.0, max(1000.0, spread(state, talk_ms, sigma))))
        call.answered = True
        call.cause = _CLEAR
        call.released = _BY_CALLER if unit(state) < 0.55 else _BY_CALLEE
        return True
    call.talk = 0
    call.answered = False
    u = unit(state)
    if u < 0.14:
        call.ring, call.cause, call.released = int(500 + 1500 * unit(state)), _BUSY, _BY_CALLEE
    elif u < 0.26:
        call.ring, call.cause, call.released = int(800 + 4000 * unit(state)), _ABSENT, _BY_NETWORK
    elif u < 0.42:
        call.ring, call.cause, call.released = int(2000 + 9000 * unit(state)), _REFUSED, _BY_CALLEE
    elif u < 0.64:
        call.ring, call.cause, call.released = int(45_000 + 15_000 * unit(state)), _NO_ANSWER, _BY_NETWORK
    else:
        wait = min(55_000.0, max(1500.0, spread(state, 22_000.0, 0.45)))
        call.ring, call.cause, call.released = int(wait), _CLEAR, _BY_CALLER
    return False


@njit(cache=True, nogil=True)
def ring_vacant(call, state):  # type: ignore[no-untyped-def]
    """The number called is in nobody's hands."""
    call.ring = int(300 + 1200 * unit(state))
    call.talk = 0
    call.answered = False
    call.cause = _VACANT
    call.released = _BY_NETWORK


@njit(cache=True, nogil=True)
def ring_once(call, state, ring_ms):  # type: ignore[no-untyped-def]
    """The caller hangs up before anybody can answer."""
    call.ring = int(min(9000.0, max(300.0, spread(state, ring_ms, 0.3))))
    call.talk = 0
    call.answered = False
    call.cause = _CLEAR
    call.released = _BY_CALLER
