"""Decides what is told of a version's present step: whom it hit, what it did, and how it was judged since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from fanzha.desk.alerts.choices import State as AlertState
from fanzha.desk.alerts.models import Alert
from fanzha.desk.alerts.words import words
from fanzha.desk.appeals.choices import State as AppealState
from fanzha.desk.appeals.models import Appeal
from fanzha.desk.lab.models import Version
from fanzha.desk.measures.choices import Label
from fanzha.desk.measures.models import Measure

UPHELD = (AppealState.UPHELD, AppealState.RESTORED)
DECIDED = (*UPHELD, AppealState.REFUSED)


@dataclass(frozen=True)
class Measured:
    """Since when, and what. hits: entities met in shadow; raised: those nobody was alerted to already."""

    since: datetime
    hits: int = 0
    raised: int = 0
    would: list[tuple[str, int]] = field(default_factory=list)  # measures that it would have proposed, in words
    known_honest: int = 0
    known_fraud: int = 0
    alerts: int = 0
    confirmed: int = 0
    dismissed: int = 0
    proposals: int = 0
    measures: int = 0
    wrong: int = 0
    appeals: int = 0
    upheld: int = 0

    @property
    def hours(self) -> float:
        """How long it has been watched."""
        return (timezone.now() - self.since).total_seconds() / 3600


def measured(version: Version) -> Measured:
    """What this version's present step came to, over the whole network: counts only, so for whoever may see rules."""
    if version.shadowed:
        return _shadowed(version)
    return _acted(version) if version.acts else Measured(version.moved_at)


def said(version: Version) -> Mapping[str, Any]:
    """The same, for the audit trail of the step that ends it."""
    found = measured(version)
    told = {name: value for name, value in vars(found).items() if isinstance(value, int) and value}
    return {"hours": round(found.hours, 1), **told}


def _shadowed(version: Version) -> Measured:
    hits = version.hits.filter(taken_at__gte=version.moved_at)
    raised = hits.exclude(band="none").filter(already__lt=words().grades[-1].start)
    would = raised.values_list("measure").annotate(n=Count("pk")).order_by("-n")
    values = hits.values("value")
    judged = Alert.objects.filter(network=version.network, kind=version.entity, value__in=values)
    found = judged.aggregate(
        honest=Count("value", filter=Q(state=AlertState.DISMISSED), distinct=True),
        fraud=Count("value", filter=Q(state=AlertState.CONFIRMED), distinct=True),
    )
    return Measured(
        version.moved_at,
        hits=hits.count(),
        raised=raised.count(),
        would=[(words().measure(name), count) for name, count in would],
        known_honest=found["honest"],
        known_fraud=found["fraud"],
    )


def _acted(version: Version) -> Measured:
    alerts = Alert.objects.filter(network=version.network, rule=version.name, taken_at__gte=version.moved_at)
    judged = alerts.aggregate(
        all=Count("pk"),
        yes=Count("pk", filter=Q(state=AlertState.CONFIRMED)),
        no=Count("pk", filter=Q(state=AlertState.DISMISSED)),
    )
    done = Measure.objects.filter(network=version.network, rule=version.name, proposed_at__gte=version.moved_at)
    counted = done.aggregate(
        proposals=Count("pk"),
        measures=Count("pk", filter=Q(in_force_at__isnull=False)),
        wrong=Count("pk", filter=Q(label__in=(Label.WRONG, Label.WRONG_RULE))),
    )
    decided, upheld = appeals_of(version, version.moved_at)
    return Measured(
        version.moved_at,
        alerts=judged["all"],
        confirmed=judged["yes"],
        dismissed=judged["no"],
        appeals=decided,
        upheld=upheld,
        **counted,
    )


def appeals_of(version: Version, since: datetime) -> tuple[int, int]:
    """Appeals against this version's measures that were decided since, and how many of them passed."""
    about = Appeal.objects.filter(measure__network=version.network, measure__rule=version.name)
    found = about.filter(state__in=DECIDED, decided_at__gte=since).aggregate(
        decided=Count("pk"), upheld=Count("pk", filter=Q(state__in=UPHELD))
    )
    return found["decided"], found["upheld"]
