"""Decides how long items last and who may recognise a restricted person, from lists.yaml."""

from __future__ import annotations

import datetime
from functools import cache
from pathlib import Path

import msgspec

from fanzha.desk.rights.roles import Words
from fanzha.vocabulary import decode, read


class Preset(Words, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A period of sanction."""

    id: str
    years: int
    source: str
    as_of: datetime.date


class Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See lists.yaml."""

    presets: list[Preset]
    authorities: list[str]
    most_days: dict[str, int]
    days: dict[str, int]
    reminder_days: int
    import_bytes: int
    import_unpacked: int
    import_rows: int
    errors_shown: int
    source: str
    as_of: datetime.date


@cache
def terms() -> Terms:
    """From lists.yaml."""
    return decode(read(Path(__file__).with_name("lists.yaml")), Terms)


def years_later(start: datetime.datetime, years: int) -> datetime.datetime:
    """The same day so many years on; 29 February becomes 1 March."""
    try:
        return start.replace(year=start.year + years)
    except ValueError:
        return start.replace(year=start.year + years, month=3, day=1)
