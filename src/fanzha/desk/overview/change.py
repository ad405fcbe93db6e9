"""Decides how a figure is set against an earlier one (同比, 环比), for every table and report; domain 3.11."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone


@dataclass(frozen=True)
class Span:
    """A stretch of time, [since, until)."""

    since: datetime
    until: datetime


@dataclass(frozen=True)
class Days:
    """A day, the day before, and the same date a year before; an unfinished day is compared up to the same hour."""

    day: date
    now: Span
    before: Span
    year: Span
    unfinished: bool


def days_of(day: date, at: datetime) -> Days:
    """The three spans for one local day, seen at `at`."""
    start = _midnight(day)
    whole = _midnight(day + timedelta(days=1))
    length = min(max(at, start), whole) - start
    now, before, year = (
        Span(_midnight(each), _midnight(each) + length) for each in (day, day - timedelta(days=1), year_before(day))
    )
    return Days(day, now, before, year, unfinished=at < whole)


def year_before(day: date) -> date:
    """The same date a year earlier; 29 February is set against 28 February."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


def change(now: float | None, before: float | None) -> float | None:
    """(now - before) / before; None where either is absent or the earlier one is zero."""
    return None if now is None or not before else (now - before) / before


def percent(share: float | None) -> str:
    """-0.2978 as "-29.78%", None as "—"."""
    return "—" if share is None else f"{100 * share:.2f}%"


def signed(share: float | None) -> str:
    """A change with its sign: "+12.00%", "−29.78%", "—"."""
    return "—" if share is None else f"{100 * share:+.2f}%".replace("-", "−")


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
