"""Decides when a missed deadline goes up, when it is done with, and who is given a piece of work."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import BigAutoField, BigIntegerField, CharField, Exists, OuterRef
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _

from fanzha.desk.audit.actions import record
from fanzha.desk.organisations.models import Organisation, User
from fanzha.desk.rights.models import Scoped
from fanzha.desk.rights.seats import holds, networks_held
from fanzha.desk.supervision.candidates import office_may, person_may
from fanzha.desk.supervision.kinds import kinds, supervised
from fanzha.desk.supervision.models import Escalation
from fanzha.desk.supervision.terms import step_at, terms
from fanzha.desk.typed import whole
from fanzha.desk.workflow.actions import act_of
from fanzha.errors import Refused

RIGHT = "alerts.assign"


def supervise(now: datetime) -> int:
    """For a timer: open what was missed, raise what still stands, close what moved on; how many changed."""
    changed = 0
    for kind, model in supervised().items():
        changed += _close(kind, model, now) + _open(kind, model, now)
    return changed + _raise(now)


def assign(by: User, row: Any, to: User | Organisation | None, reason: str) -> None:
    """Give a row to a person or an office, which may then see and work it; None takes it back.

    Raises PermissionDenied, Refused where they could not work on it.
    """
    if not holds(by, RIGHT, row):
        raise PermissionDenied(RIGHT)
    if isinstance(to, User) and not person_may(to, row) or isinstance(to, Organisation) and not office_may(to, row):
        raise Refused(_("对方没有这个网络的权限，分派后也看不到"))
    why = whole(reason, 300, "reason")
    with transaction.atomic():
        fresh = type(row)._default_manager.select_for_update(of=("self",), no_key=True).get(pk=row.pk)
        fresh.assigned_user = to if isinstance(to, User) else None
        fresh.assigned_organisation = to if isinstance(to, Organisation) else None
        fresh.save(update_fields=["assigned_user", "assigned_organisation"])
        told = {"to": str(to or ""), "kind": type(to).__name__.lower() if to else ""}
        record(by, [act_of(fresh, f"{fresh.workflow.name}.assign", why, told)], at=timezone.now())


def row_of(kind: str, pk: str) -> Scoped | None:
    """The row behind a kind and a key; None where there is none."""
    model = kinds().get(kind)
    if model is None:
        return None
    try:
        found: Scoped | None = model._default_manager.filter(pk=pk).first()
    except ValueError:
        return None
    return found


def _open(kind: str, model: Any, now: datetime) -> int:
    key = Cast(OuterRef("pk"), Escalation._meta.get_field("row"))
    known = Escalation.objects.filter(kind=kind, row=key, due_at=OuterRef("due_at"))
    late = model._default_manager.filter(due_at__lt=now, overdue=True).exclude(Exists(known)).order_by("due_at")
    rows = [_escalation(kind, row, now) for row in late[: terms().a_turn]]
    with transaction.atomic():
        Escalation.objects.bulk_create(rows, ignore_conflicts=True, batch_size=200)
        _record(rows, "open", now)
    return len(rows)


def _close(kind: str, model: Any, now: datetime) -> int:
    whole = isinstance(model._meta.pk, BigAutoField)
    key = Cast(OuterRef("row"), BigIntegerField() if whole else CharField(max_length=24))
    still = model._default_manager.filter(pk=key, due_at=OuterRef("due_at"), overdue=True)
    gone = list(Escalation.objects.filter(kind=kind, closed_at=None).exclude(Exists(still))[: terms().a_turn])
    with transaction.atomic():
        Escalation.objects.filter(pk__in=[each.pk for each in gone]).update(closed_at=now)
        _record(gone, "close", now)
    return len(gone)


def _raise(now: datetime) -> int:
    """Straight to the highest step that its lateness has come to."""
    raised = 0
    for step in range(len(terms().steps), 1, -1):
        since = now - timedelta(hours=terms().steps[step - 1].hours)
        lower = Escalation.objects.filter(closed_at=None, step__lt=step, due_at__lte=since)
        rows = list(lower.order_by("due_at")[: terms().a_turn])
        for each in rows:
            each.step, each.raised_at = step, now
        with transaction.atomic():
            Escalation.objects.bulk_update(rows, ["step", "raised_at"], batch_size=200)
            _record(rows, "raise", now)
        raised += len(rows)
    return raised


def _escalation(kind: str, row: Any, now: datetime) -> Escalation:
    made = Escalation(
        kind=kind, row=str(row.pk), network=row.network, region=row.region, due_at=row.due_at, opened_at=now,
        raised_at=now, step=max(step_at(now - row.due_at), 1),
    )  # fmt: skip
    if isinstance(row, Scoped):
        made.assigned_organisation_id, made.assigned_user_id = row.assigned_organisation_id, row.assigned_user_id
    elif row.organisation:  # people belong to no network: it goes up in one that their house works on
        made.network = min((code for _holder, code in networks_held(set(row.organisation.line), now)), default="")
    return made


def _record(rows: list[Escalation], name: str, now: datetime) -> None:
    acts = [
        act_of(each, f"supervision.{name}", "", {"of": f"{each.kind} {each.row}", "step": each.step}) for each in rows
    ]
    record(None, acts, at=now)
