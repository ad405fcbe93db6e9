"""Decides how one alert is told on its page: rules with their evidence, what happened to it, and what is like it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from fanzha.desk.alerts.choices import REASONS, State
from fanzha.desk.alerts.models import Alert
from fanzha.desk.alerts.words import words
from fanzha.desk.audit.models import SHOWN, Entry
from fanzha.desk.entities.words import kind_of_number
from fanzha.desk.organisations.models import User
from fanzha.desk.workflow.actions import available
from fanzha.numbering.codes import Kind as NumberKind

FEW, MANY = 6, 2000
_CODE = re.compile(r"\b[A-Z][A-Z0-9_]+\b")
_OTHERS = {"overdue": _("超时"), "assign": _("分派"), "push": _("推送公安"), "complaints": _("多人举报提高分值")}


def rules_of(alert: Alert) -> list[dict[str, Any]]:
    """The rules that spoke, each with its evidence; evidence without a rule of its own comes under the first."""
    items: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for item in alert.body.get("evidence", ()):
        items[item["rule"]].append(_measured(item))
    rules = [dict(rule) for rule in alert.body.get("rules", ())]
    for rule in rules:
        rule["family_name"] = words().family(rule["family"])
        rule["evidence"] = items.pop(rule["id"], [])
    if rules:
        rules[0]["evidence"] = [*(each for left in items.values() for each in left), *rules[0]["evidence"]]
    return [rule for rule in rules if rule["evidence"]] or rules


def _measured(item: dict[str, Any]) -> dict[str, Any]:
    """With the places (0 to 100) of value and threshold on a bar."""
    value, threshold = abs(item.get("value") or 0), abs(item.get("threshold") or 0)
    most = max(value, threshold, 0.01) * 1.2
    return {**_worded(item), "bar": round(100 * value / most), "mark": round(100 * threshold / most)}


def _worded(item: dict[str, Any]) -> dict[str, Any]:
    """A leaf about a list names codes of rules: here they are called as people call them."""
    if item.get("op") not in ("in", "not in"):
        return item
    return {**item, **{name: _CODE.sub(lambda found: _called(found[0]), item[name]) for name in ("zh", "en")}}


def _called(code: str) -> str:
    return kind_of_number(NumberKind[code]) if code in NumberKind.__members__ else words().listed(code)


def trail_of(alert: Alert) -> list[Entry]:
    """What was done to it, newest first, each with its word."""
    entries = list(Entry.objects.about("alert", alert.pk)[:SHOWN])
    for entry in entries:
        name = entry.action.removeprefix("alerts.")
        transition = Alert.workflow.by_name.get(name)
        entry.word = str(transition.label if transition else _OTHERS.get(name, name))  # type: ignore[attr-defined]
    return entries


def buttons_of(alert: Alert, user: User) -> list[dict[str, Any]]:
    """What this person may do with it now, or why not."""
    return [
        {
            "name": each.name,
            "label": each.label,
            "tone": each.tone,
            "why_not": why_not,
            "reasons": REASONS.get(each.name, ()),
        }
        for each, why_not in available(alert, user)
    ]


def others_of(alert: Alert, user: User) -> Sequence[Alert]:
    """Other alerts about the same subject, newest first."""
    found = Alert.objects.seen_by(user).about(alert.subject).exclude(pk=alert.pk)
    return list(found.order_by("-last_seen")[:FEW])


def similar_to(alert: Alert, user: User) -> Sequence[Alert]:
    """Alerts of the same scheme and rule with the nearest scores, judged ones first: precedents."""
    same = Alert.objects.seen_by(user).filter(scheme=alert.scheme, rule=alert.rule).exclude(pk=alert.pk)
    above = same.filter(score__gte=alert.score).order_by("score", "-last_seen").values_list("pk", flat=True)[:FEW]
    below = same.filter(score__lt=alert.score).order_by("-score", "-last_seen").values_list("pk", flat=True)[:FEW]
    found = Alert.objects.in_bulk([*above, *below]).values()
    near = sorted(found, key=lambda each: (each.state == State.OPEN, abs(each.score - alert.score)))
    return near[:FEW]


def decided_like(alert: Alert, user: User) -> dict[str, int]:
    """How alerts of the same rule were judged, the highest MANY of them."""
    same = Alert.objects.seen_by(user).filter(scheme=alert.scheme, rule=alert.rule).order_by("-score", "-last_seen")
    found = Counter(same.values_list("state", flat=True)[:MANY])
    return {"confirmed": found[State.CONFIRMED], "dismissed": found[State.DISMISSED]}
