"""Decides how much the HTTP side takes; the values are http.yaml, for operators to read."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import msgspec

from fanzha.vocabulary.loader import decode, read


class Bounds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """http.yaml, which says what each value means."""

    body_bytes: int
    policy_bytes: int
    head_bytes: int
    batch: int
    turn_calls: int
    express_bytes: int
    request_seconds: int
    at_once: int
    listed: int
    token_days: int
    source: str
    as_of: date


@cache
def bounds() -> Bounds:
    """The shipped bounds. Raises VocabularyError with file and line."""
    return decode(read(Path(__file__).with_name("http.yaml")), Bounds)
