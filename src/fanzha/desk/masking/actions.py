"""Decides whether someone may see a full number now: with the right, a reason, and something left of today's quota."""

from __future__ import annotations

import datetime
from datetime import timedelta
from functools import cache
from pathlib import Path

import msgspec
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fanzha.desk.audit.actions import Act, record
from fanzha.desk.masking.models import Unmasking
from fanzha.desk.masking.subject import Subject
from fanzha.desk.organisations.models import User
from fanzha.desk.rights.seats import Anyone, holds, seats_of
from fanzha.errors import Refused
from fanzha.vocabulary import decode, read

RIGHT = "identities.unmask"


class Quota(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long a number shows, and how many characters a reason has at least."""

    minutes: int
    least_reason: int
    source: str
    as_of: datetime.date


@cache
def quota() -> Quota:
    """From quota.yaml."""
    return decode(read(Path(__file__).with_name("quota.yaml")), Quota)


def unmask(by: User, subject: Subject, reason: str, *, at: datetime.datetime | None = None) -> Unmasking:
    """Show one subject to one person for some minutes. Raises PermissionDenied, Refused."""
    if not holds(by, RIGHT, subject):
        raise PermissionDenied(RIGHT)
    if len(reason.strip()) < quota().least_reason:
        raise Refused(_("请写明查看理由"), hint=_("例如：案件编号、工单号或核查事由"))
    moment = at or timezone.now()
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=by.pk)  # two tabs do not share the last of a quota
        if left(by, moment) <= 0:
            raise Refused(_("今日查看额度已用完"), hint=_("请联系班组长，或明日再试"))
        return _opened(by, subject, reason, moment, duty=False)


def open_for_duty(by: User, subject: Subject, task: str, *, at: datetime.datetime) -> Unmasking:
    """Show the number that a task of theirs tells them to call: audited the same, but no quota stands in its way.

    In the caller's transaction, which has checked the right to the task.
    """
    return _opened(by, subject, task, at, duty=True)


def _opened(by: User, subject: Subject, reason: str, at: datetime.datetime, *, duty: bool) -> Unmasking:
    shown = Unmasking.objects.create(
        user=by, kind=subject.kind, digest=subject.digest, reason=reason.strip()[:300], at=at,
        until=at + timedelta(minutes=quota().minutes), duty=duty,
    )  # fmt: skip
    act = Act("masking.unmask", subject.kind, subject.digest, subject.network, subject.region, reason.strip(),
              {"shown": subject.masked, "minutes": quota().minutes})  # fmt: skip
    record(by, [act], at=at)
    return shown


def left(user: User, at: datetime.datetime) -> int:
    """How many are left today."""
    daily = max((seat.unmask_daily for seat in seats_of(user) if RIGHT in seat.rights), default=0)
    midnight = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    return daily - Unmasking.objects.filter(user=user, at__gte=midnight, duty=False).count()


def shown_to(user: Anyone, at: datetime.datetime | None = None) -> set[str]:
    """Digests of what someone may see in full at this moment; looked up once a request."""
    if not isinstance(user, User):
        return set()
    kept: set[str] | None = getattr(user, "_shown", None)
    if kept is None:
        moment = at or timezone.now()
        kept = set(Unmasking.objects.filter(user=user, until__gt=moment).values_list("digest", flat=True))
        user._shown = kept  # type: ignore[attr-defined]
    return kept


def mask_all(user: User) -> None:
    """For the rest of this request nothing shows in full: over REST everything stays masked."""
    user._shown = set()  # type: ignore[attr-defined]


def as_shown(user: Anyone, subject: Subject) -> str:
    """The subject as this person sees it now."""
    return subject.value if subject.digest in shown_to(user) else subject.masked
