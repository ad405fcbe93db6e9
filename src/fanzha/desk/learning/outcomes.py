"""Decides which decisions of the desk are outcomes to learn from, and what each of them says.

Confirmed and dismissed alerts, answers of the police, wrong stops and upheld appeals. Alerts that warn a victim say
nothing of fraud by it; an alert dismissed since the number has a new holder says nothing of the one it was about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, QuerySet
from django.db.models.functions import Coalesce

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
_Said = dict[str, tuple[Source, bool]]


@dataclass(frozen=True)
class Decisions:
    """Rows of one kind of decision, and how each is read: kind, value, what was said, when, and as of when."""

    rows: QuerySet  # type: ignore[type-arg]
    names: tuple[str, str, str, str, str]
    sources: _Said  # what was said -> whose word it is, and whether fraud

    def newest(self, most: int | None = None) -> Iterator[Outcome]:
        """As they lie, or the newest `most`."""
        found = self.rows.values_list(*self.names)
        newest = found.order_by(f"-{self.names[3]}")[:most]
        rows = newest if most is not None else found.order_by().iterator(chunk_size=_AT_ONCE)
        for kind, value, said, at, seen in rows:
            source, fraud = self.sources[said]
            known, judged = int(at.timestamp()), int(seen.timestamp())
            try:
                yield of_entity(KINDS[kind], value, at=known, seen=judged, fraud=fraud, source=str(source))
            except InputError:  # a hidden caller, say: nobody to learn about
                continue

    def counted(self) -> Iterator[tuple[Source, bool, int]]:
        """How many say what, by one query."""
        for said, count in self.rows.order_by().values_list(self.names[2]).annotate(Count("pk")):
            yield (*self.sources[said], count)


def outcomes_of(network: str) -> list[Outcome]:
    """Every outcome of a network, oldest first."""
    return sorted((row for decisions in _all(network) for row in decisions.newest()), key=_age)


def newest_of(network: str, most: int) -> list[Outcome]:
    """The newest, newest first."""
    return sorted((row for decisions in _all(network) for row in decisions.newest(most)), key=_age, reverse=True)[:most]


def tally(network: str) -> Counter[tuple[Source, bool]]:
    """How many outcomes there are, by whose word it is and whether it says fraud."""
    found: Counter[tuple[Source, bool]] = Counter()
    for decisions in _all(network):
        for source, fraud, count in decisions.counted():
            found[source, fraud] += count
    return found


def _age(row: Outcome) -> tuple[int, str, str]:
    return row.at, row.value, row.source


def _all(network: str) -> tuple[Decisions, ...]:
    return _alerts(network), _answers(network), _measures(network), _appeals(network)


def _alerts(network: str) -> Decisions:
    said: _Said = {AlertState.CONFIRMED: (Source.CONFIRMED, True), AlertState.DISMISSED: (Source.DISMISSED, False)}
    rows = Alert.objects.filter(network=network, state__in=said)
    rows = rows.exclude(scheme__in=terms().about_victims).exclude(verdict_reason=Reason.NEW_HOLDER)
    return Decisions(rows, ("kind", "value", "state", "moved_at", "last_seen"), said)


def _answers(network: str) -> Decisions:
    said: _Said = {Answer.TRUE: (Source.POLICE, True), Answer.FALSE: (Source.POLICE, False)}
    rows = Ranked.objects.filter(push__network=network, answer__in=said)
    rows = rows.exclude(alert__scheme__in=terms().about_victims)
    return Decisions(rows, ("alert__kind", "alert__value", "answer", "answered_at", "alert__last_seen"), said)


def _measures(network: str) -> Decisions:
    said: _Said = {Label.WRONG: (Source.WRONG_STOP, False), Label.WRONG_RULE: (Source.WRONG_STOP, False)}
    rows = Measure.objects.filter(network=network, label__in=said)
    rows = rows.exclude(appeals__state=AppealState.UPHELD)  # told below, with the moment it was decided
    rows = rows.annotate(since=Coalesce("in_force_at", "proposed_at"))
    return Decisions(rows, ("kind", "value", "label", "moved_at", "since"), said)


def _appeals(network: str) -> Decisions:
    said: _Said = {AppealState.UPHELD: (Source.APPEAL, False)}
    rows = Appeal.objects.filter(network=network, state__in=said)
    rows = rows.annotate(since=Coalesce("measure__in_force_at", "measure__proposed_at"))
    return Decisions(rows, ("measure__kind", "measure__value", "state", "decided_at", "since"), said)
