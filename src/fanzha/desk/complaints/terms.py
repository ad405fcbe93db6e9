"""Decides when complaints are the same and when they weigh, from terms.yaml."""

from __future__ import annotations

import datetime
from functools import cache
from pathlib import Path

from fanzha.desk.rights.roles import Words
from fanzha.vocabulary import decode, read


class Terms(Words, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """See terms.yaml."""

    same_days: int
    window_days: int
    complainants: int
    score: float
    file_bytes: int
    file_rows: int
    errors_shown: int
    columns: dict[str, str]
    kinds: dict[str, str]
    family: str
    measure: str
    rule: str
    version: int
    source: str
    as_of: datetime.date


@cache
def terms() -> Terms:
    """From terms.yaml."""
    return decode(read(Path(__file__).with_name("terms.yaml")), Terms)
