"""Decides what several people's complaints do: they raise the number's open alert, or begin one, and say why there."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from fanzha.desk.alerts.models import Alert
from fanzha.desk.alerts.querysets import UNDECIDED
from fanzha.desk.alerts.words import words
from fanzha.desk.audit.actions import Act, record
from fanzha.desk.audit.models import Entry
from fanzha.desk.complaints.models import Complaint
from fanzha.desk.complaints.terms import terms
from fanzha.desk.organisations.models import Network
from fanzha.desk.workflow.actions import act_of
from fanzha.desk.workflow.clock import due

_CHUNK = 400  # values in one query
_MOST = 500  # numbers weighed in one run of the timer


def weigh_all(network: str, values: Sequence[str], now: datetime) -> list[Act]:
    """For many numbers, in the caller's transaction, which records the acts given back: the trail comes after the rows.

    The caller holds the network, so that nobody begins the same alert. Numbers that too few complain of cost nothing.
    """
    heavy: list[Any] = []
    for some in _chunks(values):
        heavy += Complaint.objects.weighing(now).filter(network=network, value__in=some).heavy()
    regions = {each["value"]: each["region"] for each in heavy}
    standing = _standing(network, sorted(regions))
    acts = []
    for value, region in regions.items():
        acts += _weigh(network, value, region, standing[value], now)
    return acts


def weigh_again(now: datetime) -> int:
    """For a timer: what detection tells anew, or for the first time, lacks this; how many numbers."""
    heavy = list(Complaint.objects.weighing(now).heavy().order_by("network", "value")[:_MOST])
    for each in heavy:
        with transaction.atomic():
            Network.objects.select_for_update(no_key=True).get(code=each["network"])
            record(None, weigh_all(each["network"], [each["value"]], now), at=now)
    return len(heavy)


def _standing(network: str, values: Sequence[str]) -> dict[str, list[Alert]]:
    """The undecided alerts of each number, locked in the order of who judges many."""
    rows = Alert.objects.filter(network=network, kind="number", state__in=UNDECIDED)
    names = [name for some in _chunks(values) for name in rows.filter(value__in=some).values_list("pk", flat=True)]
    found: dict[str, list[Alert]] = defaultdict(list)
    for some in _chunks(sorted(names)):
        for alert in rows.filter(pk__in=some).select_for_update(of=("self",), no_key=True).order_by("pk"):
            found[alert.value].append(alert)
    return found


def _weigh(network: str, value: str, region: str, standing: Sequence[Alert], now: datetime) -> list[Act]:
    about = Complaint.objects.weighing(now).filter(network=network, value=value)
    people = about.values("complainant").distinct().count()
    if people < terms().complainants:
        return []
    if standing:
        return [act for alert in standing for act in _raise(alert, people)]
    if Alert.objects.filter(network=network, kind="number", value=value, scheme="complaints").exists():
        return []
    return [_begin(network, value, region, people, now)]


def _chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    return (values[at : at + _CHUNK] for at in range(0, len(values), _CHUNK))


def _raise(alert: Alert, people: int) -> list[Act]:
    rules = alert.body.get("rules") or []
    said = next((item["value"] for item in alert.body.get("evidence", ()) if item["rule"] == terms().rule), 0)
    if said == people and alert.score >= terms().score:
        return []
    told = bool(said) or _told_before(alert)
    others = [each for each in rules if each["id"] != terms().rule]
    items = [each for each in alert.body.get("evidence", ()) if each["rule"] != terms().rule]
    score = max(alert.score, terms().score)
    alert.body = {**alert.body, "rules": [*others, _rule()], "evidence": [*items, _item(people)], "score": score}
    if score > alert.score:
        alert.score = score
        alert.band = _band(score)
    alert.save(update_fields=["body", "score", "band"])
    why = {"score": score, "people": people, "rule": f"{terms().rule}@{terms().version}"}
    return [] if told else [act_of(alert, "alerts.complaints", "", why)]


def _told_before(alert: Alert) -> bool:
    """Whether the audit trail has it already: a raise that detection wrote over is put back silently."""
    return Entry.objects.about("alert", alert.pk).filter(action="alerts.complaints").exists()


def _begin(network: str, value: str, region: str, people: int, now: datetime) -> Act:
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
    return act_of(alert, "alerts.complaints", "", {"score": score, "people": people})


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
