"""Decides how a call is held in memory while the world is made: one packed record, times in milliseconds."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
UNKNOWN = -1

CALL = np.dtype(
    [
        ("caller", np.int32),  # position in the number table, -1 withheld
        ("callee", np.int32),
        ("forwarded", np.int32),  # position of who forwarded it, -1 nobody
        ("start", np.int64),  # Unix time, ms
        ("ring", np.int32),
        ("talk", np.int32),
        ("device", np.int32),  # the caller's, where not its own
        ("agent", np.int32),  # the dialler that made it, -1 private life
        ("gang", np.int16),
        ("cause", np.int16),  # Q.850
        ("released", np.int8),  # records.contract.ReleasedBy
        ("part", np.int8),
        ("answered", np.bool_),
        ("clir", np.bool_),
        ("convinced", np.bool_),
        ("withheld", np.bool_),  # the number itself did not come with the call
        ("wants_more", np.bool_),  # to be handed over to the next number of the gang
    ]
)


class Part(IntEnum):
    """What a call is in the plot; only those from DIAL on are fraud."""

    PRIVATE = 0
    WORK = 1
    COVER = 2  # a fraudster's call to a friend
    DIAL = 3
    HAND_OVER = 4
    FOLLOW_UP = 5
    BRIDGE = 6  # the long call of the telephone beside
    BAITED = 7  # the victim calls back who rang once
    RETURNED = 8  # a missed victim calls back


FRAUD_PARTS = (Part.DIAL, Part.HAND_OVER, Part.FOLLOW_UP, Part.BRIDGE, Part.BAITED, Part.RETURNED)


def blank_calls(count: int) -> np.ndarray:
    """CALL[count] with nobody, nothing and no time in it."""
    calls = np.zeros(count, CALL)
    for name in ("caller", "callee", "forwarded", "device", "agent", "gang"):
        calls[name] = UNKNOWN
    return calls


def ends(calls: np.ndarray) -> np.ndarray:
    """int64[n]: time at which each call ended, ms."""
    ended: np.ndarray = calls["start"] + calls["ring"] + calls["talk"]
    return ended
