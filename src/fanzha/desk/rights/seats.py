"""Decides what one person's seats open: which rights, on which networks, in which region."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.utils import timezone

from fanzha.desk.organisations.choices import Level
from fanzha.desk.organisations.models import Grant, Membership, Network, User
from fanzha.desk.rights.roles import roles

Anyone = User | AnonymousUser


@dataclass(frozen=True)
class Seat:
    """One membership as it counts now. region: a code prefix, "" for all; assigned_only: a station's narrow view."""

    role: str
    rights: frozenset[str]
    organisation: int
    organisation_name: str
    kind: str
    region: str
    networks: frozenset[str]
    assigned_only: bool
    unmask_daily: int


def seats_of(user: Anyone) -> tuple[Seat, ...]:
    """A person's seats, looked up once a request (kept on the object)."""
    if not isinstance(user, User) or not user.is_active:
        return ()
    kept: tuple[Seat, ...] | None = getattr(user, "_seats", None)
    if kept is None:
        kept = tuple(_seats(user, timezone.now()))
        user._seats = kept  # type: ignore[attr-defined]
    return kept


def holds(user: Anyone, right: str, row: Any = None) -> bool:
    """Whether someone has a right; with a `row` (network, region, assigned_*), whether it reaches that row."""
    if right.startswith("own."):
        return isinstance(user, User) and bool(user.number)
    seats = [seat for seat in seats_of(user) if right in seat.rights]
    return bool(seats) if row is None else any(_reaches(seat, row, user) for seat in seats)


def networks_of(user: Anyone, right: str) -> list[str]:
    """The networks on which somebody holds a right, whatever the region."""
    return sorted({code for seat in seats_of(user) if right in seat.rights for code in seat.networks})


def reach(user: Anyone, right: str) -> Q:
    """The rows that a right reaches, as a condition on network, region and assignment; none without the right."""
    found = Q(pk__in=[])
    for seat in seats_of(user):
        if right in seat.rights:
            mine = Q(assigned_organisation=seat.organisation) | Q(assigned_user=user.pk)
            place = mine if seat.assigned_only else region_within(seat.region) | mine
            found |= Q(network__in=seat.networks) & place
    return found


def region_within(prefix: str, field: str = "region") -> Q:
    """Codes under a prefix, as a range that an index serves on every engine (LIKE does not on SQLite)."""
    if not prefix:
        return Q(**{f"{field}__gte": ""})
    after = str(int(prefix) + 1).zfill(len(prefix))
    return Q(**{f"{field}__gte": prefix, f"{field}__lt": after})


def _reaches(seat: Seat, row: Any, user: Anyone) -> bool:
    path = getattr(row, "office_path", None)
    if path is not None:  # a row about people: reached from their office and those above it
        return f"/{seat.organisation}/" in path
    if row.network not in seat.networks:
        return False
    if getattr(row, "assigned_organisation_id", None) == seat.organisation:
        return True
    if getattr(row, "assigned_user_id", None) == user.pk:
        return True
    return not seat.assigned_only and str(row.region).startswith(seat.region)


def _seats(user: User, now: datetime) -> Iterator[Seat]:
    memberships = list(Membership.objects.filter(user=user, ended=None).select_related("organisation"))
    lines = {each.organisation_id: each.organisation.line for each in memberships}
    networks = networks_held({above for line in lines.values() for above in line}, now)
    for each in memberships:
        role, office = roles().get(each.role), each.organisation
        if role is None or office.kind not in role.kinds:
            continue
        own = lines[each.organisation_id]
        yield Seat(
            role=each.role,
            rights=frozenset(role.rights),
            organisation=office.pk,
            organisation_name=office.name,
            kind=office.kind,
            region=each.region if each.region.startswith(office.region) else office.region,
            networks=frozenset(code for holder, code in networks if holder in own),
            assigned_only=office.level == Level.STATION,
            unmask_daily=role.unmask_daily,
        )


def networks_held(offices: set[int], now: datetime) -> set[tuple[int, str]]:
    """(organisation, network) for what these run themselves, and for what was granted to them."""
    if not offices:
        return set()
    own = Network.objects.filter(operator__in=offices).values_list("operator_id", "code")
    current = Grant.objects.filter(organisation__in=offices, starts__lte=now, expires__gt=now)
    return {*own, *current.values_list("organisation_id", "network__code")}
