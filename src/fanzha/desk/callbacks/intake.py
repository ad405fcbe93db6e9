"""Decides how tickets get into the desk: from a cursor, each id once, with the deadline that they bring."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from fanzha.desk.alerts.intake import region_of
from fanzha.desk.audit.actions import record
from fanzha.desk.callbacks.choices import State
from fanzha.desk.callbacks.models import Callback, Cursor
from fanzha.desk.callbacks.source import FileSource, Ticket, TicketSource
from fanzha.desk.callbacks.terms import terms
from fanzha.desk.organisations.models import Network
from fanzha.desk.workflow.actions import act_of
from fanzha.errors import StorageError

_LOG = logging.getLogger("fanzha.callbacks")


def take_tickets(now: datetime) -> int:
    """For a timer: what this installation's live-call process has written; how many tickets were new."""
    source = FileSource(Path(settings.HOME) / "calls" / "tickets.jsonl")
    return take(source, now) if source.path.exists() else 0


def take(source: TicketSource, now: datetime) -> int:
    """Take what came after the cursor, in one transaction; how many were new. Raises StorageError."""
    with transaction.atomic():
        cursor, _made = Cursor.objects.select_for_update(no_key=True).get_or_create(source="tickets")
        found = source.after(cursor.position, terms().a_turn)
        if found.position == cursor.position:
            return 0
        fresh = _kept(found.tickets, now)
        cursor.position, cursor.rows = found.position, cursor.rows + len(found.tickets)
        cursor.aside += found.aside
        cursor.save()
    if found.aside:
        _LOG.error("%s lines of the tickets are no ticket and were set aside (无法识别的工单)", found.aside)
    return len(fresh)


def _kept(tickets: Sequence[Ticket], now: datetime) -> list[Callback]:
    newest = {ticket.id: ticket for ticket in tickets}
    there = set(Callback.objects.filter(ticket__in=list(newest)).values_list("ticket", flat=True))
    missing = [ticket for name, ticket in newest.items() if name not in there]
    if not missing:
        return []
    home = _home()
    fresh = Callback.objects.bulk_create(_new(ticket, home, now) for ticket in missing)
    acts = [act_of(row, "callbacks.made", "", {"shown": row.subject.masked, "ticket": row.ticket}) for row in fresh]
    record(None, acts, at=now)
    return fresh


def _new(ticket: Ticket, home: Network, now: datetime) -> Callback:
    deadline = _moment(ticket.deadline)
    return Callback(
        ticket=ticket.id[:80], release=ticket.release[:80], network=home.code, value=ticket.victim[:80],
        region=region_of("number", ticket.victim, home), level=ticket.level[:10], zh=ticket.zh[:300],
        en=ticket.en[:300], made_at=_moment(ticket.made), deadline=deadline, taken_at=now, state=State.OPEN,
        moved_at=now, due_at=deadline,
    )  # fmt: skip


def _moment(micros: int) -> datetime:
    return datetime.fromtimestamp(micros / 1e6, UTC)


def _home() -> Network:
    """Whose calls are cut here: FANZHA_CALLS_NETWORK, or the only network there is."""
    known = list(Network.objects.order_by("code"))
    named = [each for each in known if each.code == settings.CALLS_NETWORK] if settings.CALLS_NETWORK else known
    if len(named) != 1:
        raise StorageError(
            "不知回访工单属于哪个网络 call-backs belong to a network, and it is not clear which",
            where="FANZHA_CALLS_NETWORK", hint=", ".join(each.code for each in known) or "fanzha desk add_network",
        )  # fmt: skip
    return named[0]
