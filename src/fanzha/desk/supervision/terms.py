"""Decides how far up a missed deadline goes and when, from terms.yaml."""

from __future__ import annotations

import datetime
from datetime import timedelta
from functools import cache
from pathlib import Path

import msgspec

from fanzha.desk.rights.roles import Words
from fanzha.vocabulary import decode, read


class Step(Words, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who learns of it, from so many hours past the deadline on."""

    hours: float


class Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See terms.yaml."""

    steps: list[Step]
    regulator: int
    a_turn: int
    source: str
    as_of: datetime.date


@cache
def terms() -> Terms:
    """From terms.yaml."""
    return decode(read(Path(__file__).with_name("terms.yaml")), Terms)


def step_at(late: timedelta) -> int:
    """1 is the first step."""
    return sum(late >= timedelta(hours=step.hours) for step in terms().steps)
