"""Decides how a rule's deeds are undone: found, proposed, approved by another, and then all at once or not at all."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fanzha.desk.audit.actions import record
from fanzha.desk.measures.actions import held, wrong
from fanzha.desk.measures.choices import Label
from fanzha.desk.measures.models import Measure
from fanzha.desk.measures.querysets import MeasureQuerySet
from fanzha.desk.organisations.models import Network, User
from fanzha.desk.rights.seats import holds
from fanzha.desk.rollback.models import Rollback
from fanzha.desk.typed import whole
from fanzha.desk.workflow.actions import act_of, move
from fanzha.desk.workflow.clock import due
from fanzha.errors import Refused

RIGHT = "measures.rollback"


def affected(by: User, network: str, rule: str, version: int, since: datetime, until: datetime) -> MeasureQuerySet:
    """What a rollback would end, as far as this person reaches: `measures.rollback` over the network and region."""
    rows = Measure.objects.visible_to(by, RIGHT).filter(network=network)
    return rows.of_rule(rule, version, since, until)


def propose(by: User, network: str, rule: str, version: int, since: datetime, until: datetime, why: str) -> Rollback:
    """A rollback of one network. Raises PermissionDenied, Refused where it would undo nothing."""
    home = Network.objects.filter(code=network).first()
    if home is None or not holds(by, RIGHT, _Place(network, home.region)):
        raise PermissionDenied(RIGHT)
    if until <= since:
        raise Refused(_("结束时间须晚于开始时间"))
    if not why.strip():
        raise Refused(_("请填写理由"))
    found, now = affected(by, network, rule, version, since, until).count(), timezone.now()
    if not found:
        raise Refused(_("该规则版本在此期间没有生效中的处置"), where=f"{rule}@{version}")
    with transaction.atomic():
        made = Rollback.objects.create(
            network=network, region=home.region, rule=rule, version=version, since=since, until=until,
            why=whole(why, 500, "why"), proposed_by=by, proposed_at=now, found=found, state=Rollback.workflow.initial,
            moved_at=now, moved_by=by, due_at=due("approval", now),
        )  # fmt: skip
        record(by, [act_of(made, "rollback.propose", made.why, {"rule": f"{rule}@{version}", "found": found})], at=now)
    return made


def approve(by: User, pk: int) -> Rollback:
    """The second pair of eyes; then every measure is undone, told, restored, suppressed and labelled, row by row in
    the audit trail, in one transaction.
    """
    with transaction.atomic():
        asked = Rollback.objects.get(pk=pk)
        rows = affected(by, asked.network, asked.rule, asked.version, asked.since, asked.until)
        wrong_ones = held(rows)
        rollback = move(asked, "approve", by)
        wrong(wrong_ones, "undo", by, rollback.moved_at, rollback.why, Label.WRONG_RULE)
        rollback.undone = len(wrong_ones)
        rollback.save(update_fields=["undone"])
    return rollback


def reject(by: User, pk: int, reason: str) -> Rollback:
    """Not approved."""
    return move(Rollback(pk=pk), "reject", by, reason=reason)


class _Place:
    """Where a right is asked for before there is a row."""

    def __init__(self, network: str, region: str) -> None:
        self.network, self.region = network, region
