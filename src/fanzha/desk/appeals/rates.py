"""Decides how wrong stops and restore times are counted (误停率, 复通时长; domain 3.11), by network and period."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from fanzha.desk.appeals.choices import State
from fanzha.desk.appeals.models import Appeal
from fanzha.desk.measures.choices import Label
from fanzha.desk.measures.ladder import ladder
from fanzha.desk.measures.models import Measure
from fanzha.desk.rights.seats import Anyone


@dataclass(frozen=True)
class Rates:
    """Stops that took effect in the period, how many of them were wrong, and seconds from appeal to restored."""

    stops: int
    wrong: int
    restored_p50: float | None
    restored_p90: float | None

    @property
    def wrong_share(self) -> float | None:
        """误停率; None where nothing was stopped."""
        return self.wrong / self.stops if self.stops else None


def rates(user: Anyone, since: datetime, until: datetime) -> Rates:
    """As far as this person may see."""
    stops = Measure.objects.seen_by(user).filter(
        rung__in=ladder().wrong_reads_as, in_force_at__gte=since, in_force_at__lt=until
    )
    passed = Appeal.objects.visible_to(user, "appeals.view").filter(
        state__in=(State.UPHELD, State.RESTORED), decided_at__gte=since, decided_at__lt=until
    )
    spans = sorted(
        (decided - filed).total_seconds() for filed, decided in passed.values_list("filed_at", "decided_at") if decided
    )
    labels = Counter(dict(stops.order_by().values_list("label").annotate(Count("pk"))))
    return Rates(labels.total(), labels[Label.WRONG] + labels[Label.WRONG_RULE], _at(spans, 0.5), _at(spans, 0.9))


def _at(spans: list[float], share: float) -> float | None:
    """The value that this share lies below or at (nearest rank)."""
    return spans[max(int(-(-share * len(spans) // 1)) - 1, 0)] if spans else None
