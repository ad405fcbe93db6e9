"""Decides how an act gets into the audit trail: in the very transaction that does it, or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fanzha.desk.audit.chain import Sealer, head_mac
from fanzha.desk.audit.models import SYSTEM, Entry, Head
from fanzha.desk.bulk import insert_columns
from fanzha.desk.organisations.models import User
from fanzha.desk.rights.seats import seats_of
from fanzha.errors import Refused

LONGEST = 2_000  # characters of a reason: what is kept for ever is bounded
_LOCK = 0x46616E7A  # the chain has one writer at a time
_TOLD = ("action", "kind", "subject", "network", "region", "reason", "data")  # of an act, in the order of its seal


@dataclass(frozen=True)
class Act:
    """What is told of one act. `kind` and `subject` name the row; `data` holds what changed, numbers masked."""

    action: str
    kind: str
    subject: str
    network: str = ""
    region: str = ""
    reason: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


def record(by: User | None, acts: Sequence[Act], *, at: datetime | None = None, batch: str = "") -> None:
    """Append acts, row by row, inside the caller's transaction. Raises RuntimeError where there is none, Refused for a
    reason that is too long.
    """
    if any(len(act.reason) > LONGEST for act in acts):
        raise Refused(_("理由过长，最多 %(most)s 字") % {"most": LONGEST})
    if not connection.in_atomic_block:
        raise RuntimeError("an act is recorded in its own transaction: call this inside transaction.atomic()")
    if not acts:
        return
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
    head, _made = Head.objects.get_or_create(pk=1)
    last, first = head.seal, head.number + 1
    when, who = at or timezone.now(), _name(by)
    sealer = Sealer(when, by.pk if by else None, who, batch)
    columns: dict[str, list[Any]] = {name: [getattr(act, name) for act in acts] for name in _TOLD}
    seals = []
    for number, told in enumerate(zip(*columns.values(), strict=True), start=first):
        last = sealer.seal(last, number, *told)
        seals.append(last)
    columns |= {"number": list(range(first, first + len(acts))), "seal": seals}
    insert_columns(Entry, columns, {"at": when, "actor_id": sealer.actor_id, "actor_name": who, "batch": batch})
    number = head.number + len(acts)
    Head.objects.filter(pk=1).update(number=number, seal=last, mac=head_mac(number, last))


def record_alone(by: User | None, act: Act) -> None:
    """Record an act that changes nothing else, such as a refused sign-in or a look at a full number."""
    with transaction.atomic():
        record(by, [act])


def _name(by: User | None) -> str:
    if by is None:
        return SYSTEM
    office = next((seat.organisation_name for seat in seats_of(by)), "")
    return f"{by.name}（{office}）" if office else by.name
