"""Decides which decisions of the desk are outcomes to learn from, and what each of them says.

Confirmed and dismissed alerts, answers of the police, wrong stops and upheld appeals. Alerts that warn a victim say
nothing of fraud by it; an alert dismissed since the number has a new holder says nothing of the one it was about.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import QuerySet

from fanzha.desk.alerts.choices import Reason
from fanzha.desk.alerts.choices import State as AlertState
from fanzha.desk.alerts.models import Alert
from fanzha.desk.appeals.choices import State as AppealState
from fanzha.desk.appeals.models import Appeal
from fanzha.desk.learning.choices import Source
from fanzha.desk.learning.terms import terms
from fanzha.desk.measures.choices import Label
from fanzha.desk.measures.models import Measure
from fanzha.desk.pushes.choices import Answer
from fanzha.desk.pushes.models import Ranked
from fanzha.detection.outcomes import KINDS, Outcome, of_entity
from fanzha.errors import InputError

_AT_ONCE = 2000


def outcomes_of(network: str) -> list[Outcome]:
    """Every outcome of a network, oldest first."""
    found = [*_alerts(network), *_answers(network), *_measures(network), *_appeals(network)]
    return sorted(found, key=lambda row: (row.at, row.value, row.source))


def _alerts(network: str) -> Iterator[Outcome]:
    rows = Alert.objects.filter(network=network, state__in=(AlertState.CONFIRMED, AlertState.DISMISSED))
    rows = rows.exclude(scheme__in=terms().about_victims).exclude(verdict_reason=Reason.NEW_HOLDER)
    names = ("kind", "value", "state", "moved_at", "last_seen")
    for kind, value, state, at, seen in _read(rows, *names):
        fraud = state == AlertState.CONFIRMED
        yield from _told(kind, value, fraud, Source.CONFIRMED if fraud else Source.DISMISSED, at, seen)


def _answers(network: str) -> Iterator[Outcome]:
    rows = Ranked.objects.filter(push__network=network, answer__in=(Answer.TRUE, Answer.FALSE))
    rows = rows.exclude(alert__scheme__in=terms().about_victims)
    names = ("alert__kind", "alert__value", "answer", "answered_at", "alert__last_seen")
    for kind, value, answer, at, seen in _read(rows, *names):
        yield from _told(kind, value, answer == Answer.TRUE, Source.POLICE, at, seen)


def _measures(network: str) -> Iterator[Outcome]:
    rows = Measure.objects.filter(network=network, label__in=(Label.WRONG, Label.WRONG_RULE))
    rows = rows.exclude(appeals__state=AppealState.UPHELD)  # told below, with the moment it was decided
    for kind, value, at, since, proposed in _read(rows, "kind", "value", "moved_at", "in_force_at", "proposed_at"):
        yield from _told(kind, value, False, Source.WRONG_STOP, at, since or proposed)


def _appeals(network: str) -> Iterator[Outcome]:
    rows = Appeal.objects.filter(network=network, state=AppealState.UPHELD)
    names = ("measure__kind", "measure__value", "decided_at", "measure__in_force_at", "measure__proposed_at")
    for kind, value, at, since, proposed in _read(rows, *names):
        yield from _told(kind, value, False, Source.APPEAL, at, since or proposed)


def _read(rows: QuerySet, *names: str) -> Iterator[tuple]:  # type: ignore[type-arg]
    return rows.order_by().values_list(*names).iterator(chunk_size=_AT_ONCE)


def _told(kind: str, value: str, fraud: bool, source: Source, at: datetime, seen: datetime) -> Iterator[Outcome]:
    known, judged = int(at.timestamp()), int(seen.timestamp())
    try:
        yield of_entity(KINDS[kind], value, at=known, seen=judged, fraud=fraud, source=str(source))
    except InputError:  # a hidden caller, say: nobody to learn about
        return
