"""Decides what models learn from among the desk's decisions, and when the jobs look, from terms.yaml."""

from __future__ import annotations

import datetime
from functools import cache
from pathlib import Path

import msgspec

from fanzha.vocabulary import decode, read


class Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See terms.yaml."""

    about_victims: list[str]
    retrain_at: str
    shown: int
    source: str
    as_of: datetime.date


@cache
def terms() -> Terms:
    """From terms.yaml."""
    return decode(read(Path(__file__).with_name("terms.yaml")), Terms)
