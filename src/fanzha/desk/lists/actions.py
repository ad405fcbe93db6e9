"""Decides how items get on lists and off them: each act audited, in one transaction with its change of the policy."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fanzha.desk.audit.actions import record
from fanzha.desk.lists.choices import State
from fanzha.desk.lists.enforce import put, take_out
from fanzha.desk.lists.judging import Line, judge
from fanzha.desk.lists.models import Item
from fanzha.desk.organisations.models import Network, User
from fanzha.desk.rights.seats import seats_of
from fanzha.desk.workflow.actions import act_of, enter, move
from fanzha.desk.workflow.clock import due
from fanzha.errors import Refused

MOST = 500


def propose(by: User, network: str, which: str, line: Line) -> Item:
    """One item, by hand. Raises PermissionDenied, Refused with what is wrong."""
    home, now = place(by, network), timezone.now()
    draft, faults = judge(which, [line], now)[0]
    if draft is None:
        raise Refused("；".join(fault.problem for fault in faults), where=faults[0].column)
    item = Item(**asdict(draft), **proposed(home, by, now))
    try:
        with transaction.atomic():
            item.save()
            told = {"list": which, "shown": item.shown, "expires": str(item.expires)}
            record(by, [act_of(item, "lists.propose", item.why, told)], at=now)
    except IntegrityError as error:
        raise Refused(_("名单中已有该对象"), where=item.shown) from error
    return item


def place(by: User, network: str) -> Network:
    """The network, if this person may put items on its lists. Raises PermissionDenied."""
    home = Network.objects.filter(code=network).first()
    if home is None or not any(network in seat.networks and "lists.edit" in seat.rights for seat in seats_of(by)):
        raise PermissionDenied("lists.edit")
    return home


def proposed(home: Network, by: User, now: datetime) -> dict[str, Any]:
    """What every new item carries: its network, the region of who proposes it, the approval's clock."""
    seat = next(seat for seat in seats_of(by) if home.code in seat.networks and "lists.edit" in seat.rights)
    return {
        "network": home.code,
        "region": seat.region or home.region,
        "state": State.PROPOSED,
        "moved_at": now,
        "moved_by_id": by.pk,
        "proposed_by_id": by.pk,
        "proposed_at": now,
        "due_at": due("approval", now),
    }


def approve(by: User, pk: int) -> Item:
    """On the list from now on."""
    with transaction.atomic():
        item = move(Item(pk=pk), "approve", by)
        item.approved_by = by
        item.save(update_fields=["approved_by"])
        put([item], item.moved_at, by)
    return item


def act(by: User, pk: int, name: str, reason: str) -> Item:
    """Reject, contest, keep, restore or remove; what holds no more leaves the policy in the same transaction."""
    if name == "approve":
        return approve(by, pk)
    with transaction.atomic():
        item = move(Item(pk=pk), name, by, reason=reason)
        if item.state in (State.REMOVED, State.RESTORED):
            take_out([item], item.moved_at)
    return item


def expire(now: datetime) -> int:
    """For a timer: take off what has come to its end; how many."""
    with transaction.atomic():
        ended = Item.objects.filter(state__in=(State.ACTIVE, State.CONTESTED), expires__lte=now)
        rows = list(ended.select_for_update(of=("self",), no_key=True, skip_locked=True).order_by("expires")[:MOST])
        _finish(rows, now)
    return len(rows)


def remind(now: datetime) -> int:
    """For a timer: say once of each item that it ends soon; how many."""
    with transaction.atomic():
        soon = (
            Item.objects.expiring(now)
            .filter(reminded_at=None)
            .select_for_update(of=("self",), no_key=True, skip_locked=True)
        )
        rows = list(soon.order_by("expires")[:MOST])
        Item.objects.filter(pk__in=[row.pk for row in rows]).update(reminded_at=now)
        record(None, [act_of(row, "lists.remind", "", {"expires": str(row.expires)}) for row in rows], at=now)
    return len(rows)


def _finish(rows: Sequence[Item], now: datetime) -> None:
    for row in rows:
        enter(row, Item.workflow.by_name["expire"], now, None)
    Item.objects.bulk_update(rows, ["state", "moved_at", "moved_by", "due_at", "overdue"], batch_size=500)
    batch = secrets.token_hex(8) if len(rows) > 1 else ""
    record(None, [act_of(row, "lists.expire", "", {"list": row.list}) for row in rows], at=now, batch=batch)
    take_out(rows, now)
