"""Decides the limits, clocks and channels of police requests, from terms.yaml."""

from __future__ import annotations

import datetime
from functools import cache
from pathlib import Path

import msgspec

from fanzha.vocabulary import decode, read


class Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See terms.yaml."""

    import_bytes: int
    import_unpacked: int
    import_rows: int
    errors_shown: int
    at_once: int
    a_turn: int
    clocks: dict[str, str]
    rungs: list[str]
    authorities: list[str]
    first_channel: str
    source: str
    as_of: datetime.date


@cache
def terms() -> Terms:
    """From terms.yaml."""
    return decode(read(Path(__file__).with_name("terms.yaml")), Terms)
