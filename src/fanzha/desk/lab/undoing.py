"""Decides how what a rule version did is undone in one act: its requests withdrawn, the rollback of the rest asked for.

A second person approves the rollback (four eyes); then all of it ends at once, as of any rollback.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Max, Min

from fanzha.desk.lab.models import Version
from fanzha.desk.measures import actions as measures
from fanzha.desk.measures.choices import State as MeasureState
from fanzha.desk.measures.models import Measure
from fanzha.desk.measures.querysets import MeasureQuerySet
from fanzha.desk.organisations.models import User
from fanzha.desk.rollback import actions as rollback
from fanzha.desk.rollback.choices import State
from fanzha.desk.rollback.models import Rollback


def standing(version: Version) -> MeasureQuerySet:
    """Measures of this version that hold."""
    return Measure.objects.active().filter(network=version.network, rule=version.name)


def waiting(version: Version) -> MeasureQuerySet:
    """What it asked for by itself and nobody has answered."""
    asked = Measure.objects.filter(network=version.network, rule=version.name, proposed_by=None)
    return asked.filter(state=MeasureState.PROPOSED)


def asked(version: Version) -> Rollback | None:
    """The rollback of it that waits for another person."""
    same = Rollback.objects.filter(network=version.network, rule=version.rule, version=version.version)
    return same.filter(state=State.PROPOSED).first()


def hold(version: Version) -> None:
    """Lock what `undo` withdraws, in the caller's transaction: before the trail, as whoever answers one does."""
    list(waiting(version).select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk"))


def undo(by: User, version: Version, why: str) -> Rollback | None:
    """Withdraw what waits, ask that what holds be rolled back; None where nothing holds or that is asked already.

    Raises PermissionDenied, Refused.
    """
    with transaction.atomic():
        for pk in waiting(version).order_by("pk").values_list("pk", flat=True):
            measures.reject(by, pk, why)
        span = standing(version).aggregate(first=Min("in_force_at"), last=Max("in_force_at"))
        if span["first"] is None or asked(version) is not None:
            return None
        until = span["last"] + timedelta(seconds=1)
        return rollback.propose(by, version.network, version.rule, version.version, span["first"], until, why)
