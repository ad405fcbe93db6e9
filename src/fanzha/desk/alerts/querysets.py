"""Decides which alerts a list shows: those someone may see, by their filters."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.utils import timezone

from fanzha.desk.alerts.choices import State
from fanzha.desk.rights.models import ScopedQuerySet
from fanzha.desk.rights.seats import Anyone, region_within

if TYPE_CHECKING:
    from fanzha.desk.masking.subject import Subject

RIGHT = "alerts.view"
UNDECIDED = (State.OPEN, State.UNSURE)


class AlertQuerySet(ScopedQuerySet):
    """Alerts."""

    def seen_by(self, user: Anyone) -> Self:
        """Those this person may see."""
        return self.visible_to(user, RIGHT)

    def about(self, subject: Subject) -> Self:
        """Those about one number, device or cell of one network."""
        return self.filter(network=subject.network, kind=subject.kind, value=subject.value)

    def after(self, moment: datetime) -> Self:
        """Those that arrived later."""
        return self.filter(taken_at__gt=moment)

    def narrowed(self, wanted: dict[str, Any], user: Anyone) -> Self:
        """By the filters of `forms.FilterForm`; empty ones say nothing."""
        found = self
        for field in ("state", "band"):
            if wanted.get(field):
                found = found.filter(**{f"{field}__in": wanted[field]})
        for field in ("scheme", "kind"):
            if wanted.get(field):
                found = found.filter(**{field: wanted[field]})
        if wanted.get("region"):
            found = found.filter(region_within(wanted["region"]))
        if wanted.get("since"):
            found = found.filter(last_seen__gte=_midnight(wanted["since"]))
        if wanted.get("until"):
            found = found.filter(last_seen__lt=_midnight(wanted["until"] + timedelta(days=1)))
        if wanted.get("overdue"):
            found = found.filter(overdue=True)
        if wanted.get("mine") and user.pk:
            found = found.filter(assigned_user=user.pk)
        return found


def _midnight(day: date) -> datetime:
    """Where a local day begins: a moment, so that an index of times serves the filter."""
    return timezone.make_aware(datetime.combine(day, time()))
