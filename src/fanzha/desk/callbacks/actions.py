"""Decides how a call-back is signed for, tried, visited, closed, and raised where nobody reached the victim."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fanzha.desk.audit.actions import record
from fanzha.desk.callbacks.choices import VICTIM, WAITING, Contact, Outcome, Paid, State
from fanzha.desk.callbacks.models import Callback, Try
from fanzha.desk.callbacks.offices import office_above
from fanzha.desk.callbacks.terms import terms
from fanzha.desk.masking.actions import open_for_duty
from fanzha.desk.organisations.models import User
from fanzha.desk.rights.seats import holds
from fanzha.desk.typed import whole
from fanzha.desk.workflow.actions import act_of, move
from fanzha.errors import Refused

_MOST = 500


def sign(by: User, pk: int) -> Callback:
    """It is theirs now; the number shows to them for the time of a call. The clock runs on."""
    return _signed(by, pk, "sign", "")


def take_over(by: User, pk: int, reason: str) -> Callback:
    """From a colleague who signed and does not call."""
    return _signed(by, pk, "over", reason)


def contact(by: User, pk: int, how: str, told: str) -> Callback:
    """Note a try. Only the victim's own voice counts as reached; another's may be the fraudster's.

    Raises PermissionDenied, Refused.
    """
    if how not in Contact.values:
        raise Refused(_("请选择联系结果"))
    told = whole(told, 300, "told")
    with transaction.atomic():
        row: Callback = Callback.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)
        if not holds(by, "callbacks.work", row):
            raise PermissionDenied("callbacks.work")
        if row.state not in (State.SIGNED, State.VISITING) or row.signed_by_id != by.pk:
            raise Refused(_("请先签收"), where=row.ticket)
        now = timezone.now()
        Try.objects.create(callback=row, contact=how, told=told, at=now, by=by)
        record(by, [act_of(row, "callbacks.contact", told, {"contact": how})], at=now)
        if how in VICTIM:
            row = _reached(by, row, now)
    return row


def visit(by: User, pk: int, reason: str) -> Callback:
    """Nobody answers, or not the victim: somebody goes there."""
    return move(Callback(pk=pk), "visit", by, reason=reason)


def close(by: User, pk: int, outcome: str, paid: str, told: str) -> Callback:
    """With what came of it. Raises PermissionDenied, Refused."""
    if outcome not in Outcome.values or not outcome:
        raise Refused(_("请选择办理结果"))
    if paid not in Paid.values or not paid:
        raise Refused(_("请写明是否已转账"), hint=_("已转账的，立即联系止付"))
    with transaction.atomic():
        row = move(Callback(pk=pk), "close", by, reason=told, data={"outcome": outcome, "paid": paid})
        row.outcome, row.paid, row.closed_at = outcome, paid, row.moved_at
        row.save(update_fields=["outcome", "paid", "closed_at"])
    return row


def escalate(now: datetime) -> int:
    """For a timer: call-backs past their deadline go to the office above, one more each few minutes; how many did."""
    late = Callback.objects.filter(state__in=WAITING, deadline__lt=now, raised__lt=len(terms().escalate_to))
    with transaction.atomic():
        rows = list(late.select_for_update(of=("self",), no_key=True, skip_locked=True).order_by("deadline")[:_MOST])
        raised = [row for row in rows if _raise(row, now)]
        Callback.objects.bulk_update(raised, ["raised", "assigned_organisation"], batch_size=200)
        acts = [
            act_of(row, "callbacks.escalate", "", {"level": row.raised, "to": str(row.assigned_organisation or "")})
            for row in raised
        ]
        record(None, acts, at=now)
    return len(raised)


def _raise(row: Callback, now: datetime) -> bool:
    steps, passed = terms().escalate_to, now - row.deadline
    level = min(1 + passed // timedelta(minutes=terms().escalate_minutes), len(steps))
    if level <= row.raised:
        return False
    row.raised = level
    row.assigned_organisation = office_above(row.network, row.region, steps[level - 1 :], now)
    return True


def _signed(by: User, pk: int, name: str, reason: str) -> Callback:
    with transaction.atomic():
        before: Callback = Callback.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)
        row = move(before, name, by, reason=reason)
        row.signed_by, row.signed_at = by, row.moved_at
        row.due_at, row.overdue = before.due_at, before.overdue  # the victim waits since the cut
        row.save(update_fields=["signed_by", "signed_at", "due_at", "overdue"])
        open_for_duty(by, row.subject, row.ticket, at=row.moved_at)
    return row


def _reached(by: User, row: Callback, now: datetime) -> Callback:
    reached = move(row, "reach", by, at=now) if row.state == State.SIGNED else row
    if reached.reached_at is None:
        reached.reached_at = now
        reached.save(update_fields=["reached_at"])
    return reached
