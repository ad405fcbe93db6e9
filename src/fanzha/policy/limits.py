"""Decides what no policy may do or be, whoever signed it (策略护栏); the values are guard.yaml."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import msgspec

from fanzha.vocabulary.loader import decode, read


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The values of guard.yaml, which says what each of them means."""

    source: str
    as_of: date
    longest_days: int
    covered_numbers: int
    foreign_digits: int
    irregular_characters: int
    numbers_share: float
    traffic_share: float
    entry_traffic_share: float
    traffic_callers: int
    traffic_sample: int
    snapshot_entries: int
    overlay_entries: int
    delta_entries: int
    deltas_due: int
    entries_per_value: int
    text_characters: int
    trunks: int
    message_bytes: int


@cache
def limits() -> Limits:
    """The limits in force."""
    return decode(read(Path(__file__).with_name("guard.yaml")), Limits)
