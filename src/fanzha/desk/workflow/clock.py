"""Decides when a deadline ends: in hours that always run, or in office hours of China's working days."""

from __future__ import annotations

import datetime
from datetime import date, time, timedelta
from functools import cache
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import chinese_calendar
import msgspec

from fanzha.desk.rights.roles import Words
from fanzha.errors import VocabularyError
from fanzha.vocabulary import decode, read, settings


class Deadline(Words, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """So many hours of one clock."""

    id: str
    hours: float
    clock: Literal["calendar", "working"]
    source: str
    as_of: datetime.date


class Hours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When offices are open on a working day, local time "HH:MM"."""

    start: str
    end: str
    source: str
    as_of: datetime.date


class _Deadlines(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    office_hours: Hours
    deadlines: list[Deadline]


@cache
def _read() -> _Deadlines:
    return decode(read(Path(__file__).with_name("deadlines.yaml")), _Deadlines)


def deadline(name: str) -> Deadline:
    """The deadline of that id. Raises VocabularyError."""
    for each in _read().deadlines:
        if each.id == name:
            return each
    raise VocabularyError(f"no deadline is called {name}", where="deadlines.yaml")


def due(name: str, start: datetime.datetime) -> datetime.datetime:
    """When the deadline called `name` ends if its clock starts at `start` (aware)."""
    found = deadline(name)
    if found.clock == "calendar":
        return start + timedelta(hours=found.hours)
    hours = _read().office_hours
    opens, closes = time.fromisoformat(hours.start), time.fromisoformat(hours.end)
    return working_end(start, timedelta(hours=found.hours), opens, closes)


def working_end(start: datetime.datetime, length: timedelta, opens: time, closes: time) -> datetime.datetime:
    """`start` plus `length` of office hours; an office that is shut when it starts begins at the next opening."""
    zone = ZoneInfo(settings().timezone)
    now, left = start.astimezone(zone), length
    while True:
        begin = datetime.datetime.combine(now.date(), opens, zone)
        end = datetime.datetime.combine(now.date(), closes, zone)
        if is_working_day(now.date()) and now < end:
            now = max(now, begin)
            if now + left <= end:
                return (now + left).astimezone(start.tzinfo)
            left -= end - now
        now = datetime.datetime.combine(now.date() + timedelta(days=1), time(), zone)


def is_working_day(day: date) -> bool:
    """By the State Council's calendar; Monday to Friday in years that it has not been published for."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5
