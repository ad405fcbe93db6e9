"""Decides how far each release step goes, what a rule may do by itself, and when it is stopped: lab.yaml."""

from __future__ import annotations

import datetime
from functools import cache
from pathlib import Path

import msgspec

from fanzha.vocabulary import decode, read


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """permille: of all numbers; hours: that the step before should have been watched."""

    permille: int
    hours: float


class Appeals(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When appeals stop a rule: more than `share` upheld of at least `least` decided within `days`."""

    least: int
    share: float
    days: int


class Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See lab.yaml."""

    steps: dict[str, Step]
    proposals_hour: int
    measures_hour: int
    fresh_hours: float
    appeals: Appeals
    rungs: list[str]
    hits_days: int
    source: str
    as_of: datetime.date


@cache
def terms() -> Terms:
    """From lab.yaml."""
    return decode(read(Path(__file__).with_name("lab.yaml")), Terms)
