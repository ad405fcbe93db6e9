"""Decides what several people's complaints do: they raise the number's open alert, or begin one, and say why there."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from fanzha.desk.alerts.models import Alert
from fanzha.desk.alerts.querysets import UNDECIDED
from fanzha.desk.alerts.words import words
from fanzha.desk.audit.actions import record
from fanzha.desk.audit.models import Entry
from fanzha.desk.complaints.models import Complaint
from fanzha.desk.complaints.terms import terms
from fanzha.desk.workflow.actions import act_of
from fanzha.desk.workflow.clock import due

_CHUNK = 400  # values in one query
_MOST = 500  # numbers weighed in one run of the timer


def weigh(network: str, value: str, region: str, now: datetime) -> None:
    """For one number, in the caller's transaction."""
    about = Complaint.objects.weighing(now).filter(network=network, value=value)
    people = about.values("complainant").distinct().count()
    if people < terms().complainants:
        return
    same = Alert.objects.filter(network=network, kind="number", value=value)
    rows = list(same.filter(state__in=UNDECIDED).select_for_update(of=("self",)))
    if rows:
        for alert in rows:
            _raise(alert, people, now)
    elif not same.filter(scheme="complaints").exists():
        _begin(network, value, region, people, now)


def weigh_all(network: str, values: Sequence[str], now: datetime) -> None:
    """For many numbers, in the caller's transaction; those that too few people complain of cost nothing."""
    for at in range(0, len(values), _CHUNK):
        some = Complaint.objects.weighing(now).filter(network=network, value__in=values[at : at + _CHUNK])
        for each in some.heavy():
            weigh(network, each["value"], each["region"], now)


def weigh_again(now: datetime) -> int:
    """For a timer: what detection tells anew, or for the first time, lacks this; how many numbers."""
    heavy = list(Complaint.objects.weighing(now).heavy().order_by("network", "value")[:_MOST])
    for each in heavy:
        with transaction.atomic():
            weigh(each["network"], each["value"], each["region"], now)
    return len(heavy)


def _raise(alert: Alert, people: int, now: datetime) -> None:
    rules = alert.body.get("rules") or []
    said = next((item["value"] for item in alert.body.get("evidence", ()) if item["rule"] == terms().rule), 0)
    if said == people and alert.score >= terms().score:
        return
    told = bool(said) or _told_before(alert)
    others = [each for each in rules if each["id"] != terms().rule]
    items = [each for each in alert.body.get("evidence", ()) if each["rule"] != terms().rule]
    score = max(alert.score, terms().score)
    alert.body = {**alert.body, "rules": [*others, _rule()], "evidence": [*items, _item(people)], "score": score}
    if score > alert.score:
        alert.score = score
        alert.band = _band(score)
    alert.save(update_fields=["body", "score", "band"])
    if not told:
        why = {"score": score, "people": people, "rule": f"{terms().rule}@{terms().version}"}
        record(None, [act_of(alert, "alerts.complaints", "", why)], at=now)


def _told_before(alert: Alert) -> bool:
    """Whether the audit trail has it already: a raise that detection wrote over is put back silently."""
    return Entry.objects.about("alert", alert.pk).filter(action="alerts.complaints").exists()


def _begin(network: str, value: str, region: str, people: int, now: datetime) -> None:
    score, band = terms().score, _band(terms().score)
    name = hashlib.sha256(f"complaints:{network}:{value}".encode()).hexdigest()[:24]
    title = {"zh": terms().zh, "en": terms().en}
    alert = Alert.objects.create(
        id=name, network=network, region=region, kind="number", value=value, scheme="complaints", score=score,
        band=band, measure=terms().measure, rule=f"{terms().rule}@{terms().version}", first_seen=now, last_seen=now,
        taken_at=now, moved_at=now, state="open", due_at=due(f"triage_{band}", now),
        body={"id": name, "title": title, "rules": [_rule()], "evidence": [_item(people)], "score": score,
              "entity": {"network": network, "kind": "number", "value": value}},
    )  # fmt: skip
    record(None, [act_of(alert, "alerts.complaints", "", {"score": score, "people": people})], at=now)


def _band(score: float) -> str:
    """The band of a score; the grades may be in either order."""
    fitting = [grade for grade in words().grades if score >= grade.start]
    return max(fitting, key=lambda grade: grade.start).id


def _rule() -> dict[str, Any]:
    title = {"zh": terms().zh, "en": terms().en}
    return {
        "id": terms().rule, "version": terms().version, "family": terms().family, "score": terms().score,
        "title": title, "counterfactual": None,
    }  # fmt: skip


def _item(people: int) -> dict[str, Any]:
    least, days = terms().complainants, terms().window_days
    return {
        "rule": terms().rule, "fields": ["complainants"], "value": people, "op": ">=", "threshold": least,
        "state": "holds", "zh": f"{days} 天内有 {people} 名不同用户投诉举报，阈值不低于 {least}（满足）",
        "en": f"{people} different people complained within {days} days, at least {least} (holds)",
    }  # fmt: skip
