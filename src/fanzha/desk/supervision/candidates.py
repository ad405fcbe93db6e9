"""Decides whom work may be given to: people and offices of one's own house or below that the network is open to."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils import timezone

from fanzha.desk.callbacks.offices import holders_of
from fanzha.desk.organisations.models import Membership, Organisation, User
from fanzha.desk.rights.roles import roles
from fanzha.desk.rights.seats import seats_of

RIGHT_TO_SEE = "measures.view"  # whoever works on anything here has it
_MOST = 200


def candidates(by: User, row: Any) -> tuple[list[Organisation], list[User]]:
    """Offices and people that somebody may give a row to."""
    below = Q(pk__in=[])
    for seat in seats_of(by):
        below |= Q(path__contains=f"/{seat.organisation}/")
    holders = holders_of(row.network, timezone.now())
    house = Organisation.objects.filter(below).order_by("path")[:_MOST]
    offices = [office for office in house if holders & set(office.line)]
    able = [name for name, role in roles().items() if RIGHT_TO_SEE in role.rights]
    seats = Membership.objects.filter(organisation__in=offices, role__in=able, ended=None, user__is_active=True)
    return offices, list(User.objects.filter(pk__in=seats.values("user")).order_by("name")[:_MOST])


def person_may(user: User, row: Any) -> bool:
    """Whether somebody would see a row that is given to them."""
    return any(row.network in seat.networks and RIGHT_TO_SEE in seat.rights for seat in seats_of(user))


def office_may(office: Organisation, row: Any) -> bool:
    """Whether the row's network is open to an office."""
    return bool(holders_of(row.network, timezone.now()) & set(office.line))
