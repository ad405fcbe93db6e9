"""Decides the row that a regulator sees of each operator (考核; domain 3.5, 3.11), and only of granted networks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, Q

from fanzha.desk.alerts.models import Alert
from fanzha.desk.appeals.models import Appeal
from fanzha.desk.audit.models import Entry
from fanzha.desk.measures.ladder import ladder
from fanzha.desk.measures.models import Measure
from fanzha.desk.organisations.models import Network
from fanzha.desk.overview.change import Span, percent
from fanzha.desk.rights.models import ScopedQuerySet
from fanzha.desk.rights.seats import Anyone, seats_of


@dataclass(frozen=True)
class Operator:
    """Counts over a span. `answered`: appeals decided; `in_time`: of these, within their deadline."""

    name: str
    alerts: int
    judged: int
    stops: int
    wrong: int
    appeals: int
    answered: int
    in_time: int

    @property
    def judged_share(self) -> str:
        """研判率."""
        return _share(self.judged, self.alerts)

    @property
    def wrong_share(self) -> str:
        """误停率."""
        return _share(self.wrong, self.stops)

    @property
    def in_time_share(self) -> str:
        """申诉及时率."""
        return _share(self.in_time, self.answered)


def operators(user: Anyone, span: Span) -> list[Operator]:
    """One row for each operator whose network this person's seats open."""
    codes = {code for seat in seats_of(user) if "reports.view" in seat.rights for code in seat.networks}
    names = dict(Network.objects.filter(code__in=codes).values_list("code", "operator__name"))
    arrived = Alert.objects.seen_by(user).filter(taken_at__gte=span.since, taken_at__lt=span.until)
    began = Measure.objects.seen_by(user).filter(in_force_at__gte=span.since, in_force_at__lt=span.until)
    stops = began.filter(rung__in=ladder().wrong_reads_as)
    filed = Appeal.objects.visible_to(user, "appeals.view").filter(filed_at__gte=span.since, filed_at__lt=span.until)
    answered = filed.filter(decided_at__isnull=False)
    missed = Q(pk__in=_late_ones(span))
    columns = [
        _by(names, rows)
        for rows in (
            stops,
            stops.filter(label__startswith="wrong"),
            filed,
            answered,
            answered.exclude(missed),
        )
    ]
    columns = [*_arrived(names, arrived), *columns]
    return [Operator(name, *(column[name] for column in columns)) for name in sorted(set(names.values()))]


def _late_ones(span: Span) -> list[int]:
    """Appeals whose deadline was missed at any time, by the audit trail: a move clears the row's own mark."""
    found = Entry.objects.filter(action="appeals.overdue", at__gte=span.since).values_list("subject", flat=True)
    return [int(each) for each in found]


def _by(names: dict[str, str], rows: ScopedQuerySet) -> Counter[str]:
    found: Counter[str] = Counter()
    for code, number in rows.order_by().values_list("network").annotate(number=Count("pk")):
        if code in names:
            found[names[code]] += number
    return found


def _arrived(names: dict[str, str], rows: ScopedQuerySet) -> tuple[Counter[str], Counter[str]]:
    """Alerts, and those of them that were judged: in one go over the alerts, which are the many."""
    every: Counter[str] = Counter()
    judged: Counter[str] = Counter()
    for code, state, number in rows.order_by().values_list("network", "state").annotate(number=Count("pk")):
        if code in names:
            every[names[code]] += number
            judged[names[code]] += number if state in ("confirmed", "dismissed") else 0
    return every, judged


def _share(part: int, whole: int) -> str:
    return percent(part / whole if whole else None)
