"""Decides how much goes out at once and how long a gateway may wait, from publishing.yaml."""

from __future__ import annotations

import datetime
from functools import cache
from pathlib import Path

import msgspec

from fanzha.vocabulary import decode, read


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See publishing.yaml."""

    batch: int
    overlay: int
    longest_wait: float
    waiting: int
    source: str
    as_of: datetime.date


@cache
def limits() -> Limits:
    """From publishing.yaml."""
    return decode(read(Path(__file__).with_name("publishing.yaml")), Limits)
