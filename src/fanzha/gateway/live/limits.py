"""Decides how many calls are followed and how long without news, for the live table; the values are YAML."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import msgspec

from fanzha.vocabulary.loader import decode, read


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The values of `limits.yaml`, which says what each of them means."""

    source: str
    as_of: date
    ringing: int
    talking: int
    closed: int
    remembered: int
    asked: int
    setup_s: int
    talk_s: int
    retry_s: int
    closed_s: int
    verdict_s: int
    clock_s: int
    batch_s: float
    settle_ms: int
    snapshot_s: int


@cache
def limits() -> Limits:
    """The limits that ship with Fanzha."""
    return decode(read(Path(__file__).with_name("limits.yaml")), Limits)
