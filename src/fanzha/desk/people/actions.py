"""Decides what becomes of people's accounts and seats: taking rights away is one person's act, giving two's."""

from __future__ import annotations

import secrets

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fanzha.desk.api.actions import revoke_all
from fanzha.desk.audit.actions import Act, record
from fanzha.desk.login.models import OpenSession
from fanzha.desk.organisations.actions import add_person, check_role, end_seat, manages, seat
from fanzha.desk.organisations.models import Membership, Organisation, User
from fanzha.desk.people.models import Seat
from fanzha.desk.people.reach import manages_person
from fanzha.desk.typed import whole
from fanzha.desk.workflow.actions import act_of, move
from fanzha.desk.workflow.clock import due
from fanzha.errors import Refused


def invite(
    by: User, username: str, name: str, organisation: Organisation, role: str, region: str, why: str
) -> tuple[User, str]:
    """An account without any right yet, the proposal of its first seat, and a password that is shown this once.

    Raises PermissionDenied, Refused.
    """
    if not username.strip() or not name.strip():
        raise Refused(_("请填写登录名和姓名"))
    password = secrets.token_urlsafe(12)
    with transaction.atomic():
        made = add_person(by, whole(username, 60, "username"), whole(name, 60, "name"), password, due=True)
        propose_seat(by, made, organisation, role, region, why)
    return made, password


def propose_seat(by: User, user: User, organisation: Organisation, role: str, region: str, why: str) -> Seat:
    """It holds when another person has approved it. Raises PermissionDenied, Refused."""
    if not manages(by, organisation):
        raise PermissionDenied("people.manage")
    check_role(organisation, role, region)
    if not why.strip():
        raise Refused(_("请填写理由"))
    if Membership.objects.filter(user=user, organisation=organisation, role=role, region=region, ended=None).exists():
        raise Refused(_("已有该任职"), where=user.username)
    now = timezone.now()
    made = Seat(
        user=user, organisation=organisation, role=role, place=region, why=whole(why, 300, "why"), proposed_by=by,
        proposed_at=now, state=Seat.workflow.initial, moved_at=now, moved_by=by, due_at=due("approval", now),
    )  # fmt: skip
    try:
        with transaction.atomic():
            made.save()
            told = {"user": user.username, "organisation": organisation.name, "role": role}
            record(by, [act_of(made, "seats.propose", made.why, told)], at=now)
    except IntegrityError as error:
        raise Refused(_("已有该任职的申请"), where=user.username) from error
    return made


def approve_seat(by: User, pk: int) -> Seat:
    """The second pair of eyes; from now on the person has the role."""
    with transaction.atomic():
        made = move(Seat.objects.get(pk=pk), "approve", by)
        made.decided_by = by
        made.save(update_fields=["decided_by"])
        if not made.user.is_active:
            raise Refused(_("账号已停用"), where=made.user.username)
        seat(by, made.user, made.organisation, made.role, made.place)
    return made


def decide_seat(by: User, pk: int, name: str, reason: str) -> Seat:
    """Reject or withdraw."""
    return move(Seat.objects.get(pk=pk), name, by, reason=reason)


def end(by: User, pk: int) -> Membership:
    """A seat is taken away at once."""
    membership = Membership.objects.select_related("organisation", "user").get(pk=pk, ended=None)
    end_seat(by, membership)
    return membership


def deactivate(by: User, user: User, reason: str) -> None:
    """No sign-in, no session, no key, no seat. Back comes only the account: each seat is proposed anew."""
    _check(by, user)
    if by.pk == user.pk:
        raise Refused(_("不能停用自己的账号"))
    if not reason.strip():
        raise Refused(_("请填写理由"))
    with transaction.atomic():
        now = timezone.now()
        user.is_active = False
        user.save(update_fields=["is_active"])
        seats = list(Membership.objects.filter(user=user, ended=None).select_related("organisation"))
        Membership.objects.filter(pk__in=[each.pk for each in seats]).update(ended=now)
        keys = revoke_all(user, by, now)
        told = {"user": user.username, "seats": len(seats), "sessions": _end_sessions(user), "keys": keys}
        record(by, [_act("people.deactivate", user, reason.strip(), told)], at=now)


def activate(by: User, user: User) -> None:
    """They may sign in again, and see nothing until a seat is given."""
    _check(by, user)
    with transaction.atomic():
        user.is_active = True
        user.save(update_fields=["is_active"])
        record(by, [_act("people.activate", user, "", {"user": user.username})])


def reset_code(by: User, user: User, reason: str) -> None:
    """The authenticator is lost: they set another at their next sign-in; every session ends. Raises Refused."""
    _check_reset(by, user, reason)
    with transaction.atomic():
        user.totp, user.totp_step, user.reset_by = "", 0, by
        user.save(update_fields=["totp", "totp_step", "reset_by"])
        told = {"user": user.username, "sessions": _end_sessions(user)}
        record(by, [_act("people.reset_code", user, reason.strip(), told)])


def reset_password(by: User, user: User, reason: str) -> str:
    """A new one, shown this once, that opens nothing but the choice of an own one. Raises Refused."""
    _check_reset(by, user, reason)
    password = secrets.token_urlsafe(12)
    with transaction.atomic():
        user.set_password(password)
        user.password_due, user.reset_by = True, by
        user.save(update_fields=["password", "password_due", "reset_by"])
        told = {"user": user.username, "sessions": _end_sessions(user)}
        record(by, [_act("people.reset_password", user, reason.strip(), told)])
    return password


def end_sessions(by: User, user: User) -> int:
    """Sign somebody out everywhere; how many sessions there were."""
    _check(by, user)
    with transaction.atomic():
        ended = _end_sessions(user)
        record(by, [_act("people.end_sessions", user, "", {"user": user.username, "sessions": ended})])
    return ended


def _check(by: User, user: User) -> None:
    if not manages_person(by, user):
        raise PermissionDenied("people.manage")


def _check_reset(by: User, user: User, reason: str) -> None:
    """Who has reset one of a person's two factors does not reset the other: both together are the account."""
    _check(by, user)
    if not reason.strip():
        raise Refused(_("请填写理由"))
    half_open = user.password_due or not user.totp
    if by.pk == user.pk:
        raise Refused(_("不能重置自己的账号"), hint=_("请由另一名管理员操作"))
    if half_open and user.reset_by_id == by.pk:
        raise Refused(_("口令与验证码不能由同一人重置"), hint=_("请由另一名管理员操作"))


def _end_sessions(user: User) -> int:
    gone, _each = OpenSession.objects.filter(user=user).delete()
    return gone


def _act(action: str, user: User, reason: str, told: dict[str, object]) -> Act:
    return Act(action, "user", str(user.pk), reason=reason, data=told)
