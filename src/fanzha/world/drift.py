"""Decides what changes while a world lasts: a scheme and a business that begin, a holiday that comes and goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import chinese_calendar
import msgspec
import numpy as np

from fanzha.errors import UsageError
from fanzha.world.habits import Role, Scheme, Share, load_strict


class HolidayHabits(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How people live through a long holiday; see drift.yaml."""

    source: str
    least_days: int
    works: Share
    calls: float
    family: float
    acquaintances: Share
    travels: Share
    far: Share


class Drift(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """See drift.yaml."""

    as_of: str
    source: str
    start: str
    days: int
    least_days: int
    gangs: Share
    schemes: dict[str, Scheme]
    roles: dict[str, Role]
    holiday: HolidayHabits

    @property
    def first(self) -> date:
        return date.fromisoformat(self.start)

    def gangs_beside(self, others: int) -> int:
        """Gangs of the new schemes; an honest province stays honest."""
        return max(2, round(self.gangs * others)) if others else 0


@dataclass(frozen=True)
class Holiday:
    """A long holiday: days of the world, `last` included, who is away then, and where."""

    zh: str
    en: str
    first: int
    last: int
    away: np.ndarray  # int32[people]: the cell where each spends it, -1 at home


@cache
def load_drift() -> Drift:
    """What drift.yaml says; a `VocabularyError` names what does not fit."""
    return load_strict(Path(__file__).with_name("drift.yaml"), Drift)


def days_off(start: date, days: int, *, public: bool) -> np.ndarray:
    """bool[days]: Saturdays and Sundays, or the days off of the public calendar, which knows the years from 2004 on."""
    calendar = [start + timedelta(days=day) for day in range(days)]
    if not public:
        return np.array([day.weekday() >= 5 for day in calendar])
    try:
        return np.array([chinese_calendar.is_holiday(day) for day in calendar])
    except NotImplementedError:
        what = f"the public calendar does not know {calendar[0]} to {calendar[-1]}"
        raise UsageError(what, hint="another --start, or update chinesecalendar") from None


_LONGEST = 12  # days of a holiday
_NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
}


def long_holidays(start: date, days: int, habits: HolidayHabits) -> list[tuple[str, int, int]]:
    """English name, first and last day of the world of each stretch of named days off that is long enough.

    A stretch that goes on when the world ends, or had begun before, counts whole and is cut.
    """
    stretches: list[tuple[str, int, int]] = []
    for day in range(-_LONGEST, days + _LONGEST):
        name = _holiday(start + timedelta(days=day))
        if name is None:
            continue
        if stretches and stretches[-1][2] == day - 1:
            stretches[-1] = (*stretches[-1][:2], day)
        else:
            stretches.append((name, day, day))
    long = [each for each in stretches if each[2] - each[1] + 1 >= habits.least_days]
    return [(name, max(0, a), min(days - 1, b)) for name, a, b in long if a < days and b >= 0]


def _holiday(day: date) -> str | None:
    """What a day off is kept for; None for workdays, weekends and years that the calendar does not know."""
    try:
        off, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return None
    return str(name) if off and name is not None else None


def plan_holidays(
    start: date, days: int, free: np.ndarray, humans: int, cells: tuple[int, int], seed: int
) -> list[Holiday]:
    """The long holidays of a world, with the journeys of those residents who are `free` (bool[people]) to go.

    cells: of this province, and of all.
    """
    habits = load_drift().holiday
    found = []
    for name, first, last in long_holidays(start, days, habits):
        rng = np.random.default_rng([seed, 12, first])
        away = np.full(len(free), -1, np.int32)
        who = np.flatnonzero(free[:humans] & (rng.random(humans) < habits.travels))
        near, far = rng.integers(0, cells[0], len(who)), rng.integers(*cells, len(who))
        away[who] = np.where(rng.random(len(who)) < habits.far, far, near)
        found.append(Holiday(_NAMES.get(name, name), name, first, last, away))
    return found


def keep_holiday(today: np.ndarray, holiday: Holiday) -> None:
    """Change PERSON[n] of one day into that of a holiday: nearer people, fewer others, journeys."""
    habits = load_drift().holiday
    today["rate"] *= habits.calls
    today["rate_in"] *= habits.calls
    today["focus"] *= habits.family
    today["acquaintances"] = np.maximum(2, today["acquaintances"] * habits.acquaintances)
    today["away"] = np.where(holiday.away >= 0, holiday.away, today["away"])


def rest(working: np.ndarray, honest: np.ndarray, holidays: list[Holiday], rng: np.random.Generator) -> None:
    """Take work off bool[diallers, days] on holidays; gangs keep none."""
    habits = load_drift().holiday
    for holiday in holidays:
        days = slice(holiday.first, holiday.last + 1)
        works = rng.random(len(working)) < habits.works
        working[:, days] &= (works | ~honest)[:, None]
