"""Decides when a call-back goes up and to whom, from terms.yaml."""

from __future__ import annotations

import datetime
from functools import cache
from pathlib import Path

import msgspec

from fanzha.vocabulary import decode, read


class Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See terms.yaml."""

    escalate_minutes: int
    escalate_to: list[str]
    kinds: list[str]
    tries: int
    a_turn: int
    source: str
    as_of: datetime.date


@cache
def terms() -> Terms:
    """From terms.yaml."""
    return decode(read(Path(__file__).with_name("terms.yaml")), Terms)
