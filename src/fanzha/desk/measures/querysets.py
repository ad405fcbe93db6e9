"""Decides which measures a list shows, and which are in force."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from fanzha.desk.measures.choices import State
from fanzha.desk.rights.models import ScopedQuerySet
from fanzha.desk.rights.seats import Anyone, region_within

if TYPE_CHECKING:
    from fanzha.desk.masking.subject import Subject

RIGHT = "measures.view"


class MeasureQuerySet(ScopedQuerySet):
    """Measures."""

    def seen_by(self, user: Anyone) -> Self:
        """Those this person may see."""
        return self.visible_to(user, RIGHT)

    def about(self, subject: Subject) -> Self:
        """Those on one number or device of one network."""
        return self.filter(network=subject.network, kind=subject.kind, value=subject.value)

    def active(self) -> Self:
        """Those that are in force, or will be when their notice has run."""
        return self.filter(state=State.ACTIVE)

    def ended(self, now: datetime) -> Self:
        """Active ones whose end has come."""
        return self.active().filter(expires__lte=now)

    def of_rule(self, rule: str, version: int, since: datetime, until: datetime) -> Self:
        """All that one version of a rule brought about between two moments and that still holds."""
        return self.active().filter(rule=f"{rule}@{version}", in_force_at__gte=since, in_force_at__lt=until)

    def narrowed(self, wanted: dict[str, Any]) -> Self:
        """By the filters of `forms.FilterForm`; empty ones say nothing."""
        found = self
        for field in ("state", "rung"):
            if wanted.get(field):
                found = found.filter(**{f"{field}__in": wanted[field]})
        if wanted.get("rule"):
            found = found.filter(rule__startswith=wanted["rule"])
        if wanted.get("region"):
            found = found.filter(region_within(wanted["region"]))
        if wanted.get("overdue"):
            found = found.filter(overdue=True)
        return found
