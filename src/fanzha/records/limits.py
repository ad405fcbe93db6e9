"""Decides how much an import takes at a time and which times it believes, for every reader; the values are YAML."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from pathlib import Path

import msgspec

from fanzha.vocabulary.loader import decode, read


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The values of `limits.yaml`, which says what each of them means."""

    source: str
    as_of: date
    earliest: datetime
    ahead_hours: float
    longest_line_bytes: int
    longest_raw_chars: int
    block_bytes: int
    chunk_rows: int
    chunk_bytes: int
    known_ids: int
    loose_rows: int
    loose_parts: int
    loose_share: float
    sorted_parts: int
    merge_rows: int
    verdict_parts: int
    verdict_rows: int
    late_parts: int
    lock_seconds: float
    link_seconds: float


@cache
def limits() -> Limits:
    """The limits that ship with Fanzha."""
    return decode(read(Path(__file__).with_name("limits.yaml")), Limits)
