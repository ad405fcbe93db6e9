"""Decides how what was enforced is told: by number and by call, by rung and by day (处置台账; A1, A6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Sum

from fanzha.desk.enforcement.models import Tally
from fanzha.desk.measures.ladder import Rung, rungs
from fanzha.desk.measures.models import Measure
from fanzha.desk.rights.seats import Anyone

DAYS = 30
TOP = 20


@dataclass(frozen=True)
class Day:
    """Calls that measures and lists decided on one day; `share` of the busiest day in hundredths, for the bar."""

    day: date
    calls: int
    share: int


@dataclass(frozen=True)
class Ledger:
    """Numbers and calls. `by_rung`: (rung, measures that took effect, in force now)."""

    numbers: int
    calls: int
    by_rung: list[tuple[Rung, int, int]]
    days: list[Day]
    top: list[tuple[Measure, int]]


def ledger(user: Anyone, today: date) -> Ledger:
    """Over the last DAYS days, as far as this person may see."""
    mine = Measure.objects.seen_by(user).filter(in_force_at__isnull=False)
    since = today - timedelta(days=DAYS - 1)
    calls = _calls(mine.values_list("pk", flat=True), since)
    days = {since + timedelta(days=at): 0 for at in range(DAYS)}
    for (_entry, day), number in calls.items():
        days[day] = days.get(day, 0) + number
    most = max(days.values(), default=0) or 1
    return Ledger(
        numbers=mine.order_by().values("network", "kind", "value").distinct().count(),
        calls=sum(calls.values()),
        by_rung=_by_rung(user),
        days=[Day(day, number, round(100 * number / most)) for day, number in sorted(days.items())],
        top=_top(user, calls),
    )


def calls_of(measures: Iterable[int]) -> dict[int, int]:
    """Calls that each measure decided, by its id."""
    names = {f"measure:{pk}": pk for pk in measures}
    rows = Tally.objects.filter(entry__in=names).values_list("entry").annotate(Sum("calls")).order_by()
    return {names[entry]: number for entry, number in rows}


def _calls(keys: Iterable[int], since: date) -> dict[tuple[str, date], int]:
    names = {f"measure:{key}" for key in keys}
    rows = Tally.objects.filter(day__gte=since).values_list("entry", "day").annotate(Sum("calls")).order_by()
    return {(entry, day): number for entry, day, number in rows if entry in names}


def _by_rung(user: Anyone) -> list[tuple[Rung, int, int]]:
    mine = Measure.objects.seen_by(user).filter(in_force_at__isnull=False).order_by()
    every = dict(mine.values_list("rung").annotate(Count("pk")))
    now = dict(mine.active().values_list("rung").annotate(Count("pk")))
    return [(rung, every.get(name, 0), now.get(name, 0)) for name, rung in rungs().items()]


def _top(user: Anyone, calls: dict[tuple[str, date], int]) -> list[tuple[Measure, int]]:
    sums: dict[str, int] = {}
    for (entry, _day), number in calls.items():
        sums[entry] = sums.get(entry, 0) + number
    best = sorted(sums, key=lambda entry: -sums[entry])[:TOP]
    rows = Measure.objects.seen_by(user).in_bulk([int(entry.partition(":")[2]) for entry in best])
    return [(rows[int(e.partition(":")[2])], sums[e]) for e in best if int(e.partition(":")[2]) in rows]
