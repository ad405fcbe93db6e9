"""Decides what goes to the police each morning, that it is signed for, and what their answers do to the alerts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, time

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fanzha.desk.alerts.actions import triage
from fanzha.desk.alerts.models import Alert
from fanzha.desk.alerts.querysets import UNDECIDED
from fanzha.desk.audit.actions import record
from fanzha.desk.excel.keeping import put_out
from fanzha.desk.excel.writing import Sheet
from fanzha.desk.organisations.models import Network, User
from fanzha.desk.pushes.choices import Answer, State
from fanzha.desk.pushes.models import Push, Ranked
from fanzha.desk.pushes.terms import terms
from fanzha.desk.rights.seats import holds
from fanzha.desk.typed import whole
from fanzha.desk.workflow.actions import act_of, enter, move
from fanzha.desk.workflow.clock import due
from fanzha.errors import Refused


def push_morning(now: datetime) -> int:
    """For a timer: make each network's list of today, once, when it is time; how many numbers were pushed."""
    local = timezone.localtime(now)
    if local.time() < time.fromisoformat(terms().at):
        return 0
    return sum(_push(code, now) for code in Network.objects.order_by("code").values_list("code", flat=True))


def sign(by: User, pk: int) -> Push:
    """The police have it."""
    with transaction.atomic():
        made = move(Push(pk=pk), "sign", by)
        made.signed_by, made.signed_at = by, made.moved_at
        made.save(update_fields=["signed_by", "signed_at"])
    return made


def answer(by: User, pk: int, answers: Mapping[int, str], told: str) -> int:
    """Note answers (rank -> true, false, unsure) as labels and judge the alerts by them; how many were noted.

    An answer already given stays. Raises PermissionDenied, Refused.
    """
    if not holds(by, "requests.file", Push.objects.get(pk=pk)):
        raise PermissionDenied("requests.file")
    given = {rank: said for rank, said in answers.items() if said}
    if not given or not set(given.values()) <= set(terms().judges):
        raise Refused(_("请至少选择一个号码的反馈"))
    if not told.strip():
        raise Refused(_("请填写反馈说明"))
    told = whole(told, 200, "told")
    with transaction.atomic():
        push = Push.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)
        if push.state != State.SIGNED:
            raise Refused(_("请先签收"), where=push.receipt)
        rows = list(push.ranked.filter(rank__in=list(given), answer=Answer.NONE).select_related("alert"))
        alerts = Alert.objects.filter(pk__in=[row.alert_id for row in rows]).select_for_update(
            of=("self",), no_key=True
        )
        list(alerts.order_by("pk").values_list("pk"))  # before the trail, as whoever judges one of them does
        now = timezone.now()
        _note(by, push, rows, given, told, now)
        _judge(by, rows, _("公安反馈：%(told)s") % {"told": told}, now)
        if not push.ranked.filter(answer=Answer.NONE).exists():
            enter(push, Push.workflow.by_name["finish"], now, None)
            push.save()
            record(None, [act_of(push, "pushes.finish", "", {"to": push.state})], at=now)
    return len(rows)


def _push(code: str, now: datetime) -> int:
    with transaction.atomic():
        home = Network.objects.select_for_update(no_key=True).get(code=code)  # two timers at once make one list
        day = timezone.localtime(now).date()
        if Push.objects.filter(network=code, day=day).exists():
            return 0
        open_ones = Alert.objects.filter(network=code, kind="number", state__in=UNDECIDED, pushed=None)
        alerts = list(open_ones.order_by("-score", "-last_seen")[: terms().most])
        if not alerts:
            return 0
        made = Push.objects.create(
            network=code, region=home.region, day=day, number=len(alerts), made_at=now, state=State.SENT, moved_at=now,
            due_at=due("push_signed", now),
        )  # fmt: skip
        ranked = [Ranked(push=made, rank=at, alert=each, score=each.score) for at, each in enumerate(alerts, start=1)]
        Ranked.objects.bulk_create(ranked, batch_size=500)
        told = {"number": len(alerts), "receipt": made.receipt}
        pushed = [act_of(each.alert, "alerts.push", "", {"rank": each.rank, "score": each.score}) for each in ranked]
        record(None, [act_of(made, "pushes.made", "", told), *pushed], at=now, batch=made.receipt)
        put_out(f"push-{code}-{day:%Y%m%d}.xlsx", _sheet(made, ranked))
    return len(alerts)


def _sheet(made: Push, ranked: list[Ranked]) -> Sheet:
    rows = ((each.rank, each.alert.value, each.alert.title, f"{each.score:.0f}", each.alert.rule) for each in ranked)
    return Sheet([("推送编号", made.receipt), ("名次", "号码", "手法", "分值", "规则"), *rows], frozen=2)


def _note(by: User, push: Push, rows: list[Ranked], given: Mapping[int, str], told: str, now: datetime) -> None:
    for row in rows:
        row.answer, row.told, row.answered_at, row.answered_by = given[row.rank], told, now, by
    Ranked.objects.bulk_update(rows, ["answer", "told", "answered_at", "answered_by"], batch_size=200)
    acts = [act_of(push, "pushes.answer", told, {"rank": row.rank, "answer": row.answer}) for row in rows]
    record(by, acts, at=now, batch=push.receipt)


def _judge(by: User, rows: list[Ranked], reason: str, now: datetime) -> None:
    """The alerts that are still open; one that was judged meanwhile keeps its verdict, and the label stands beside."""
    groups: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        groups[row.answer].append(row.alert_id)
    for said, ids in groups.items():
        act, why = terms().judges[said]
        triage(by, ids, act, why, reason, at=now)
