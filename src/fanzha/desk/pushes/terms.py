"""Decides how long the morning list is, when it goes, and what its answers do, from terms.yaml."""

from __future__ import annotations

import datetime
from functools import cache
from pathlib import Path

import msgspec

from fanzha.vocabulary import decode, read


class Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See terms.yaml. judges: answer -> (transition of the alert, its reason)."""

    most: int
    at: str
    judges: dict[str, tuple[str, str]]
    source: str
    as_of: datetime.date


@cache
def terms() -> Terms:
    """From terms.yaml."""
    return decode(read(Path(__file__).with_name("terms.yaml")), Terms)
