"""Decides which figures the overview holds for one person and one day; page, Excel and daily report tell the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.apps import apps
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from fanzha.desk.alerts.choices import State as AlertState
from fanzha.desk.alerts.models import Alert
from fanzha.desk.alerts.words import words
from fanzha.desk.appeals.models import Appeal
from fanzha.desk.appeals.rates import Rates, rates
from fanzha.desk.audit.models import Entry
from fanzha.desk.callbacks.models import Callback
from fanzha.desk.complaints.models import Complaint
from fanzha.desk.measures.models import Measure
from fanzha.desk.organisations.choices import Kind
from fanzha.desk.organisations.models import User
from fanzha.desk.overview.change import Days, Span, change, days_of, signed
from fanzha.desk.overview.operators import Operator, operators
from fanzha.desk.pushes.models import Push
from fanzha.desk.requests.models import Request
from fanzha.desk.rights.seats import region_within, seats_of
from fanzha.desk.workflow.models import Staged

RIGHT = "reports.view"
_CLOCKS = (  # whose deadlines are told, and who may see them
    (Alert, "alerts.view"), (Measure, "measures.view"), (Appeal, "appeals.view"), (Request, "requests.view"),
    (Complaint, "complaints.view"), (Callback, "callbacks.view"), (Push, "requests.view"),
)  # fmt: skip
DAYS = 30  # of the funnel, the rates and the operators


@dataclass(frozen=True)
class Figure:
    """One count on the day, the day before and a year before."""

    name: str
    label: str
    now: int
    before: int
    year: int

    @property
    def day_on_day(self) -> str:
        """环比."""
        return signed(change(self.now, self.before))

    @property
    def year_on_year(self) -> str:
        """同比."""
        return signed(change(self.now, self.year))


@dataclass(frozen=True)
class Step:
    """One step of the funnel; `share` of the first step, 0 to 1."""

    label: str
    number: int
    share: float

    @property
    def width(self) -> int:
        """For the bar, in hundredths."""
        return round(100 * self.share)


@dataclass(frozen=True)
class Late:
    """Missed deadlines of one kind of work: missed in the last DAYS days, and standing missed now."""

    label: str
    missed: int
    standing: int


@dataclass(frozen=True)
class Overview:
    """All of it. `operators` is empty for whoever is no regulator."""

    days: Days
    counts: list[Figure]
    funnel: list[Step]
    rates: Rates
    late: list[Late]
    operators: list[Operator]


def overview(user: User, day: date, at: datetime) -> Overview:
    """For what this person may see, on one local day, seen at `at`."""
    days = days_of(day, at)
    month = Span(days.now.until - timedelta(days=DAYS), days.now.until)
    regulator = any(seat.kind == Kind.REGULATOR and RIGHT in seat.rights for seat in seats_of(user))
    return Overview(
        days=days,
        counts=_counts(user, days),
        funnel=_funnel(user, month),
        rates=rates(user, month.since, month.until),
        late=_late(user, month),
        operators=operators(user, month) if regulator else [],
    )


def _counts(user: User, days: Days) -> list[Figure]:
    found = [dict(_on(user, span)) for span in (days.now, days.before, days.year)]
    return [Figure(name, label, *(each.get(name, 0) for each in found)) for name, label in _labels()]


def _labels() -> Iterator[tuple[str, str]]:
    yield "alerts", _("收到预警")
    for grade in words().grades:
        yield f"band_{grade.id}", _("其中：%(band)s") % {"band": grade}
    yield "confirmed", _("判为属实")
    yield "dismissed", _("判为误报")
    yield "measures", _("生效处置")
    yield "wrong", _("其中误停")
    yield "appeals", _("收到申诉")
    yield "missed", _("超时")


def _on(user: User, span: Span) -> Iterator[tuple[str, int]]:
    """The counts of one span: alerts by when they arrived, measures by when they took effect, appeals by filing."""
    arrived = Alert.objects.seen_by(user).filter(taken_at__gte=span.since, taken_at__lt=span.until)
    by = list(arrived.order_by().values_list("band", "state").annotate(number=Count("pk")))
    yield "alerts", sum(number for _band, _state, number in by)
    for grade in words().grades:
        yield f"band_{grade.id}", sum(number for band, _state, number in by if band == grade.id)
    for state in (AlertState.CONFIRMED, AlertState.DISMISSED):
        yield state.value, sum(number for _band, found, number in by if found == state)
    began = Measure.objects.seen_by(user).filter(in_force_at__gte=span.since, in_force_at__lt=span.until)
    told = began.aggregate(every=Count("pk"), wrong=Count("pk", filter=Q(label__startswith="wrong")))
    yield "measures", told["every"]
    yield "wrong", told["wrong"]
    filed = Appeal.objects.visible_to(user, "appeals.view").filter(filed_at__gte=span.since, filed_at__lt=span.until)
    yield "appeals", filed.count()
    yield "missed", sum(number for _action, number in _missed(user, span))


def _funnel(user: User, span: Span) -> list[Step]:
    """Alerts that arrived in the span: judged, true, acted on, and closed."""
    theirs = Measure.objects.filter(
        alert__isnull=False, proposed_at__gte=span.since
    ).order_by()  # never before its alert
    acted = Q(pk__in=theirs.filter(in_force_at__isnull=False).values("alert"))
    running = Q(pk__in=theirs.filter(state__in=("proposed", "active")).values("alert"))
    arrived = Alert.objects.seen_by(user).filter(taken_at__gte=span.since, taken_at__lt=span.until).order_by()
    # One query for all of them, for each would look through all alerts of the span; and one row, for PostgreSQL would
    # sort them all to have a row for each state.
    judged = {state: Q(state=state) for state in (AlertState.CONFIRMED, AlertState.DISMISSED, AlertState.LAPSED)}
    wanted = judged | {"acted": acted, "running": running & judged[AlertState.CONFIRMED]}
    by = arrived.aggregate(every=Count("*"), **{str(name): Count("pk", filter=of) for name, of in wanted.items()})
    true, wrong, silent = (by[state] for state in judged)
    every = by["every"]
    steps = (
        (_("收到"), every),
        (_("已研判"), true + wrong),
        (_("属实"), true),
        (_("已处置"), by["acted"]),
        (_("已办结"), true - by["running"] + wrong + silent),
    )
    return [Step(label, number, number / every if every else 0.0) for label, number in steps]


def _late(user: User, span: Span) -> list[Late]:
    missed = dict(_missed(user, span))
    found = []
    for model, right in _CLOCKS:
        standing = model._default_manager.visible_to(user, right).filter(overdue=True).count()
        label = str(model._meta.verbose_name)
        found.append(Late(label, missed.get(f"{model.workflow.name}.overdue", 0), standing))
    return found


def _missed(user: User, span: Span) -> list[tuple[str, int]]:
    """How often a deadline was missed, as the audit trail tells it, by action."""
    mine = Q(pk__in=[])
    for seat in seats_of(user):
        if RIGHT in seat.rights:
            mine |= Q(network__in=seat.networks) & region_within(seat.region)
    names = [f"{model.workflow.name}.overdue" for model in apps.get_models() if issubclass(model, Staged)]
    found = Entry.objects.filter(mine, action__in=names, at__gte=span.since, at__lt=span.until)
    return list(found.order_by().values_list("action").annotate(Count("pk")))
