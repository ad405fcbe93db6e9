"""Decides the order of what may be done to a call: the graded answers, mildest first."""

from __future__ import annotations

from enum import IntEnum


class Action(IntEnum):
    """What happens to a call (design section 2, Verdict). The greater number is the harder answer."""

    ALLOW = 0
    LABEL = 1
    CHALLENGE = 2
    LIMIT = 3
    BLOCK = 4
