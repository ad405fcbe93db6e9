"""Decides how organisations, networks, people and seats come to be: each act audited, each right checked."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fanzha.desk.audit.actions import Act, record
from fanzha.desk.organisations.models import Grant, Membership, Network, Organisation, User
from fanzha.desk.rights.roles import roles
from fanzha.desk.rights.seats import holds
from fanzha.errors import Refused

# `by` None is the command line: whoever can run it holds the machine.


def add_organisation(
    by: User | None, name: str, kind: str, level: str, region: str, parent: Organisation | None = None
) -> Organisation:
    """An organisation within its parent's region. Raises PermissionDenied, Refused."""
    _check(by)
    if parent is not None and not region.startswith(parent.region):
        raise Refused(_("下级机构须在上级机构的辖区内"), where=name)
    with transaction.atomic():
        made = Organisation(name=name, kind=kind, level=level, region=region, parent=parent)
        made.full_clean(exclude=["path"])
        made.save()
        record(by, [Act("organisations.add", "organisation", str(made.pk), region=region, data={"name": name})])
    return made


def add_network(by: User | None, code: str, operator: Organisation, region: str) -> Network:
    """A network of an operator."""
    _check(by)
    with transaction.atomic():
        made = Network.objects.create(code=code, operator=operator, region=region)
        record(by, [Act("organisations.network", "network", str(made.pk), code, region, data={"code": code})])
    return made


def grant(
    by: User | None, network: Network, to: Organisation, basis: str, starts: datetime, expires: datetime
) -> Grant:
    """Open a network's rows to another organisation until a day. Raises Refused without a basis or an end."""
    _check(by)
    if not basis.strip() or expires <= starts:
        raise Refused(_("共享授权须写明依据和截止时间"), where=network.code)
    with transaction.atomic():
        made = Grant.objects.create(network=network, organisation=to, basis=basis, starts=starts, expires=expires)
        told = {"to": to.name, "until": str(expires)}
        record(by, [Act("organisations.grant", "grant", str(made.pk), network.code, to.region, basis, told)])
    return made


def add_person(
    by: User | None, username: str, name: str, password: str, *, number: str = "", demo: bool = False
) -> User:
    """Someone who may sign in; the code of the authenticator is set at their first sign-in."""
    _check(by)
    with transaction.atomic():
        made = User(username=username, name=name, number=number, demo=demo)
        made.set_password(password)
        made.save()
        record(by, [Act("organisations.person", "user", str(made.pk), data={"username": username})])
    return made


def seat(by: User | None, user: User, organisation: Organisation, role: str, region: str = "") -> Membership:
    """Give someone a role at an organisation. Raises Refused where that kind of organisation has no such role."""
    _check(by)
    found = roles().get(role)
    if found is None or organisation.kind not in found.kinds:
        raise Refused(_("该类机构没有这个角色"), where=role)
    with transaction.atomic():
        made, _new = Membership.objects.update_or_create(
            user=user, organisation=organisation, role=role, defaults={"region": region, "ended": None}
        )
        told = {"user": user.username, "organisation": organisation.name, "role": role}
        record(by, [Act("organisations.seat", "membership", str(made.pk), region=organisation.region, data=told)])
    return made


def end_seat(by: User | None, membership: Membership) -> None:
    """Take a seat away."""
    _check(by)
    with transaction.atomic():
        membership.ended = timezone.now()
        membership.save(update_fields=["ended"])
        record(by, [Act("organisations.seat_ended", "membership", str(membership.pk))])


def _check(by: User | None) -> None:
    if by is not None and not holds(by, "people.manage"):
        raise PermissionDenied("people.manage")
