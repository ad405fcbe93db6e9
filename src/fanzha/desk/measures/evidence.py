"""Decides whether a measure rests on enough (domain 2.3): score, independent signals, a note, a police document."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from fanzha import numbering
from fanzha.desk.alerts.models import Alert
from fanzha.desk.measures.choices import State
from fanzha.desk.measures.ladder import Rung, rung, rung_for
from fanzha.desk.measures.models import Measure, Suppression
from fanzha.policy import is_protected


def families_of(alert: Alert) -> int:
    """How many independent signs an alert rests on: families of its rules."""
    return len({each.get("family", each["id"]) for each in alert.body.get("rules") or []})


def rule_id(rule: str) -> str:
    """The rule without its version."""
    return rule.partition("@")[0]


def suggested(alert: Alert) -> Rung | None:
    """The hardest rung that detection proposes and the alert's own evidence carries; None for none."""
    wanted = rung_for(alert.measure)
    while wanted is not None:
        found = Measure(
            kind=alert.kind, rung=wanted.id, score=alert.score, families=families_of(alert), note=_("待填写"),
            network=alert.network, value=alert.value,
        )  # fmt: skip
        if not list(lacking(found, timezone.now())):
            return wanted
        wanted = _milder(wanted)
    return None


def _milder(step: Rung) -> Rung | None:
    order = ("message", "label", "verify", "outgoing_stop", "suspend")
    at = order.index(step.id) if step.id in order else 0
    return rung(order[at - 1]) if at else None


def lacking(measure: Measure, now: datetime) -> Iterator[str]:
    """What is missing; nothing where the measure may be taken. `measure` need not be saved."""
    need, step = measure.step.evidence, measure.step
    if measure.kind == "number":
        found = numbering.parse(measure.value)
        if found.number == 0 or (found.number > 0 and is_protected(found.number)):
            yield _("紧急与公共服务号码不得处置，缺失的号码无从处置")
    if need.document and not measure.document:
        yield _("须有公安机关文书编号")
    if need.note and not measure.note.strip():
        yield _("须写明研判意见")
    if (step.police and measure.document) or need.document:
        return
    if step.unverified and unverified(measure, now):
        return
    if measure.score < need.score:
        yield _("分值 %(score).0f 低于要求的 %(least).0f") % {"score": measure.score, "least": need.score}
    if measure.families < need.families:
        yield _("独立信号 %(have)s 个，须有 %(least)s 个") % {"have": measure.families, "least": need.families}


def unverified(measure: Measure, now: datetime) -> bool:
    """Whether this number was asked to verify and let the time run out."""
    asked = Measure.objects.filter(
        network=measure.network, kind=measure.kind, value=measure.value, rung="verify", state=State.ACTIVE
    )
    return asked.filter(due_at__lt=now).exists()


def suppressed_until(measure: Measure, now: datetime) -> datetime | None:
    """Until when the measure's rule may not hit this number again, None if it may."""
    if not measure.rule:
        return None
    same = Suppression.objects.filter(network=measure.network, kind=measure.kind, value=measure.value)
    return (
        same.filter(rule=rule_id(measure.rule), until__gt=now)
        .order_by("-until")
        .values_list("until", flat=True)
        .first()
    )
