"""Decides how organisations, networks, people and seats come to be: each act audited, each right checked."""

from __future__ import annotations

import re
from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fanzha.desk.audit.actions import Act, record
from fanzha.desk.organisations.models import REGION, Grant, Membership, Network, Organisation, User
from fanzha.desk.rights.roles import roles
from fanzha.desk.rights.seats import holds, seats_of
from fanzha.errors import Refused

# `by` None is the command line: whoever can run it holds the machine.


def add_organisation(
    by: User | None, name: str, kind: str, level: str, region: str, parent: Organisation | None = None
) -> Organisation:
    """An organisation within its parent's region. Raises PermissionDenied, Refused."""
    _check(by, parent)
    if parent is not None and not region.startswith(parent.region):
        raise Refused(_("下级机构须在上级机构的辖区内"), where=name)
    with transaction.atomic():
        made = Organisation(name=name, kind=kind, level=level, region=region, parent=parent)
        try:
            made.full_clean(exclude=["path"])
        except ValidationError as error:
            raise Refused(" ".join(error.messages), where=name) from error
        made.save()
        record(by, [Act("organisations.add", "organisation", str(made.pk), region=region, data={"name": name})])
    return made


def add_network(by: User | None, code: str, operator: Organisation, region: str) -> Network:
    """A network of an operator."""
    _check(by, operator)
    with transaction.atomic():
        made = Network.objects.create(code=code, operator=operator, region=region)
        record(by, [Act("organisations.network", "network", str(made.pk), code, region, data={"code": code})])
    return made


def grant(
    by: User | None, network: Network, to: Organisation, basis: str, starts: datetime, expires: datetime
) -> Grant:
    """Open a network's rows to another organisation until a day. Raises Refused without a basis or an end."""
    _check(by, network.operator)
    if not basis.strip() or expires <= starts:
        raise Refused(_("共享授权须写明依据和截止时间"), where=network.code)
    with transaction.atomic():
        made = Grant.objects.create(network=network, organisation=to, basis=basis, starts=starts, expires=expires)
        told = {"to": to.name, "until": str(expires)}
        record(by, [Act("organisations.grant", "grant", str(made.pk), network.code, to.region, basis, told)])
    return made


def add_person(
    by: User | None, username: str, name: str, password: str, *, number: str = "", demo: bool = False, due: bool = False
) -> User:
    """Someone who may sign in; the code of the authenticator is set at their first sign-in.

    due: they must choose a password of their own first. Raises PermissionDenied, Refused for a name that is taken.
    """
    if by is not None and not holds(by, "people.manage"):
        raise PermissionDenied("people.manage")
    if User.objects.filter(username__iexact=username).exists():
        raise Refused(_("登录名已有人使用"), where=username)
    with transaction.atomic():
        made = User(username=username, name=name, number=number, demo=demo, password_due=due, reset_by=by)
        made.set_password(password)
        made.save()
        record(by, [Act("organisations.person", "user", str(made.pk), data={"username": username})])
    return made


def seat(by: User | None, user: User, organisation: Organisation, role: str, region: str = "") -> Membership:
    """Give someone a role at an organisation. Raises Refused where that kind of organisation has no such role.

    People do it by two of them (`seating`); this is what the second one's approval does, and the command line.
    """
    _check(by, organisation)
    check_role(organisation, role, region)
    with transaction.atomic():
        made, _new = Membership.objects.update_or_create(
            user=user, organisation=organisation, role=role, defaults={"region": region, "ended": None}
        )
        told = {"user": user.username, "organisation": organisation.name, "role": role}
        record(by, [Act("organisations.seat", "membership", str(made.pk), region=organisation.region, data=told)])
    return made


def end_seat(by: User | None, membership: Membership) -> None:
    """Take a seat away: rights shrink, so one person suffices."""
    _check(by, membership.organisation)
    with transaction.atomic():
        membership.ended = timezone.now()
        membership.save(update_fields=["ended"])
        record(by, [Act("organisations.seat_ended", "membership", str(membership.pk))])


def end_grant(by: User | None, grant: Grant) -> None:
    """Close a network's rows to an organisation before the day."""
    _check(by, grant.network.operator)
    with transaction.atomic():
        grant.expires = timezone.now()
        grant.save(update_fields=["expires"])
        told = {"to": grant.organisation.name}
        record(by, [Act("organisations.grant_ended", "grant", str(grant.pk), grant.network.code, data=told)])


def check_role(organisation: Organisation, role: str, region: str = "") -> None:
    """Whether that kind of organisation has such a role, and the region lies in its own. Raises Refused."""
    found = roles().get(role)
    if found is None or organisation.kind not in found.kinds:
        raise Refused(_("该类机构没有这个角色"), where=role)
    if not (region.isascii() and re.fullmatch(REGION.regex, region)):
        raise Refused(str(REGION.message), where=region[:20])
    if region and not region.startswith(organisation.region):
        raise Refused(_("任职区划须在机构辖区之内"), where=region)


def manages(by: User, organisation: Organisation) -> bool:
    """Whether someone manages the people of an organisation: theirs, or one below it."""
    return any("people.manage" in seat.rights and seat.organisation in organisation.line for seat in seats_of(by))


def _check(by: User | None, organisation: Organisation | None) -> None:
    if by is not None and (organisation is None or not manages(by, organisation)):
        raise PermissionDenied("people.manage")
