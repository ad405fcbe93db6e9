"""Decides what bounds the REST interface: limits.yaml, for keys, pages and receipts."""

from __future__ import annotations

import datetime
from functools import cache
from pathlib import Path

import msgspec

from fanzha.vocabulary import decode, read


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See limits.yaml."""

    key_days: int
    rows: int
    pages: int
    receipt_days: int
    used_every_s: int
    source: str
    as_of: datetime.date


@cache
def limits() -> Limits:
    """From limits.yaml."""
    return decode(read(Path(__file__).with_name("limits.yaml")), Limits)
