"""Decides whose people somebody manages: those with a seat, past or proposed, at their organisation or below it."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from fanzha.desk.organisations.models import Organisation, User
from fanzha.desk.rights.seats import seats_of

RIGHT = "people.manage"


def offices_of(by: User) -> QuerySet[Organisation]:
    """Their organisations and all below."""
    tops = [seat.organisation for seat in seats_of(by) if RIGHT in seat.rights]
    below = Q(pk__in=[])
    for pk in tops:
        below |= Q(path__contains=f"/{pk}/")
    return Organisation.objects.filter(below).order_by("path")


def people_of(by: User) -> QuerySet[User]:
    """Whoever has or had a seat there, or is proposed for one."""
    offices = offices_of(by).order_by().values("pk")
    here = Q(memberships__organisation__in=offices) | Q(proposed_seats__organisation__in=offices)
    return User.objects.filter(pk__in=User.objects.filter(here).values("pk"))


def manages_person(by: User, user: User) -> bool:
    """Whether somebody manages this person: every seat that they hold now must be theirs to manage.

    Someone who also sits elsewhere is nobody's alone: a city's manager does not reset the province's leader.
    """
    if not people_of(by).filter(pk=user.pk).exists():
        return False
    offices = set(offices_of(by).values_list("pk", flat=True))
    held = user.memberships.filter(ended=None).values_list("organisation_id", flat=True)
    return set(held) <= offices
