"""Decides what people do to alerts: judge them one by one or many at a time, assign them, keep views of them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fanzha.desk.alerts.models import Alert, SavedView
from fanzha.desk.alerts.querysets import UNDECIDED
from fanzha.desk.alerts.words import words
from fanzha.desk.audit.actions import record
from fanzha.desk.organisations.models import User
from fanzha.desk.rights.seats import holds, seats_of
from fanzha.desk.workflow.actions import act_of, enter, refusal
from fanzha.errors import Refused

MOST = 500  # alerts judged in one go
_VIEWS = 50  # kept by one person
_FIELDS = ("state", "moved_at", "moved_by", "due_at", "overdue", "verdict_reason")


@dataclass
class Judged:
    """What came of judging many: in = done + refused, each refusal with its reason."""

    done: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def triage(by: User, ids: Sequence[str], act: str, why: str, reason: str, *, at: datetime | None = None) -> Judged:
    """Judge alerts (confirm, dismiss, hold, reopen): all in one transaction, each its own line in the audit trail.

    Alerts out of reach count as refused and are not told apart from ones that are not there.
    """
    if not holds(by, ALERT_RIGHTS.get(act, "alerts.triage")):
        raise PermissionDenied(act)
    wanted = list(dict.fromkeys(ids))
    if len(wanted) > MOST:
        raise Refused(_("一次最多研判 %(most)s 条") % {"most": MOST})
    found, moment = Judged(), at or timezone.now()
    with transaction.atomic():
        reachable = (
            Alert.objects.seen_by(by).filter(pk__in=wanted).select_for_update(of=("self",), no_key=True).order_by("pk")
        )
        rows = {alert.pk: alert for alert in reachable}
        moved, acts = [], []
        for name in wanted:
            alert = rows.get(name)
            objection = _("没有找到") if alert is None else _objection(alert, act, by, reason)
            if alert is None or objection is not None:
                found.refused[name] = str(objection)
                continue
            told = {"from": alert.state, "why": why, "score": alert.score, "rule": alert.rule}
            enter(alert, Alert.workflow.by_name[act], moment, by)
            alert.verdict_reason = why
            moved.append(alert)
            acts.append(act_of(alert, f"alerts.{act}", reason, {**told, "to": alert.state}))
        Alert.objects.bulk_update(moved, _FIELDS, batch_size=200)
        record(by, acts, at=moment, batch=secrets.token_hex(8) if len(acts) > 1 else "")
        found.done = [alert.pk for alert in moved]
    return found


def assign(by: User, alert_id: str, to: User | None, *, reason: str = "") -> Alert:
    """Give an alert to someone, who then sees it wherever their region ends. Raises PermissionDenied, Refused."""
    with transaction.atomic():
        alert: Alert = Alert.objects.seen_by(by).select_for_update(of=("self",), no_key=True).get(pk=alert_id)
        if not holds(by, "alerts.assign", alert):
            raise PermissionDenied("alerts.assign")
        if to is not None and not _may_take(to, alert):
            raise Refused(_("此人看不到该网络的预警，不能分派"))
        alert.assigned_user = to
        alert.save(update_fields=["assigned_user"])
        record(by, [act_of(alert, "alerts.assign", reason, {"to": to.pk if to else None})])
    return alert


def lapse_silent(now: datetime) -> int:
    """Close undecided alerts that have been silent for as long as bands.yaml says; how many."""
    transition = Alert.workflow.by_name["lapse"]
    with transaction.atomic():
        before = now - timedelta(days=words().silent_days)
        silent = Alert.objects.filter(state__in=UNDECIDED, last_seen__lt=before, taken_at__lt=before)
        rows = list(silent.select_for_update(of=("self",), no_key=True, skip_locked=True).order_by("last_seen")[:MOST])
        for alert in rows:
            enter(alert, transition, now, None)
        Alert.objects.bulk_update(rows, _FIELDS, batch_size=200)
        record(None, [act_of(alert, "alerts.lapse", "", {"to": alert.state}) for alert in rows], at=now)
    return len(rows)


def keep_view(by: User, name: str, query: str) -> SavedView:
    """Keep filters under a name; the same name again replaces them."""
    if not name.strip():
        raise Refused(_("请填写视图名称"))
    if SavedView.objects.filter(user=by).exclude(name=name.strip()[:40]).count() >= _VIEWS:
        raise Refused(_("最多保存 %(most)s 个视图") % {"most": _VIEWS})
    view, _made = SavedView.objects.update_or_create(user=by, name=name.strip()[:40], defaults={"query": query[:500]})
    return view


def drop_view(by: User, pk: int) -> None:
    """Forget a view of one's own."""
    SavedView.objects.filter(user=by, pk=pk).delete()


ALERT_RIGHTS = {each.name: each.right for each in Alert.workflow.transitions if not each.system}


def _objection(alert: Alert, act: str, by: User, reason: str) -> str | None:
    transition = Alert.workflow.by_name[act]
    if not holds(by, transition.right, alert):
        return _("没有找到")
    why = refusal(alert, transition, by, reason)
    return None if why is None else str(why)


def _may_take(to: User, alert: Alert) -> bool:
    return any(alert.network in seat.networks and "alerts.view" in seat.rights for seat in seats_of(to))
