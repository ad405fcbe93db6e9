"""Decides whether a row may move, and moves it: state, deadline and audit in one transaction, never without a right."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fanzha.desk.audit.actions import Act, record
from fanzha.desk.organisations.models import User
from fanzha.desk.rights.seats import holds
from fanzha.desk.workflow.clock import due
from fanzha.desk.workflow.models import Staged
from fanzha.desk.workflow.table import Transition, Words
from fanzha.errors import Refused

Row = TypeVar("Row", bound=Staged)


def available(row: Staged, user: User) -> Iterator[tuple[Transition, Words | None]]:
    """The buttons of a row for someone: each transition they have the right to, with why it is refused now."""
    for each in row.workflow.leaving(row.state):
        if not each.system and holds(user, each.right, row):
            yield each, _objection(row, each, user)


def move(
    row: Row,
    name: str,
    by: User,
    *,
    reason: str = "",
    at: datetime | None = None,
    batch: str = "",
    data: dict[str, Any] | None = None,
) -> Row:
    """Take a transition on the row as it is in the database now; the moved row.

    Raises PermissionDenied without the right, Refused where the state, a guard, four eyes or a missing reason forbids.
    """
    transition = row.workflow.by_name.get(name)
    if transition is None or transition.system:
        raise Refused(_("没有这个操作"), where=name)
    with transaction.atomic():
        fresh = type(row)._default_manager.select_for_update(of=("self",), no_key=True).get(pk=row.pk)
        moment = at or timezone.now()
        _check(fresh, transition, by, reason)
        told = {"from": fresh.state, "to": transition.target, **(data or {})}
        enter(fresh, transition, moment, by)
        fresh.save()
        record(by, [act_of(fresh, f"{fresh.workflow.name}.{name}", reason, told)], at=moment, batch=batch)
    return fresh


def enter(row: Staged, transition: Transition, at: datetime, by: User | None) -> None:
    """Put the row into the transition's target (unsaved): `move`, and bulk acts that save and record by themselves."""
    row.state, row.moved_at, row.moved_by, row.overdue = transition.target, at, by, False
    name = transition.deadline if isinstance(transition.deadline, str) else transition.deadline(row)
    row.due_at = due(name, at) if name else None


def act_of(row: Any, action: str, reason: str, data: dict[str, Any]) -> Act:
    """What the audit trail says of an act on a scoped row."""
    return Act(action, row._meta.model_name, str(row.pk), row.network, row.region, reason, data)


def refusal(row: Staged, transition: Transition, by: User, reason: str) -> Words | None:
    """Why a transition cannot be taken, or None; the right is checked apart."""
    if row.state not in transition.sources:
        return _("状态已变化（现为“%(state)s”），请刷新后再试") % {"state": row.workflow.states(row.state).label}
    if transition.reason and not reason.strip():
        return _("请填写理由")
    return _objection(row, transition, by)


def _check(row: Staged, transition: Transition, by: User, reason: str) -> None:
    if not holds(by, transition.right, row):
        raise PermissionDenied(transition.right)
    why = refusal(row, transition, by, reason)
    if why is not None:
        raise Refused(str(why), where=f"{row.workflow.name} {row.pk}")


def _objection(row: Staged, transition: Transition, by: User) -> Words | None:
    if transition.four_eyes and getattr(row, f"{transition.four_eyes}_id") == by.pk:
        return _("须由另一人操作（双人复核）")
    return transition.guard(row, by) if transition.guard else None
