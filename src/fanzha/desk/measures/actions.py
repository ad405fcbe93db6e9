"""Decides how a measure comes to be, takes effect and ends: each in one transaction with audit, policy and notice."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from fanzha.desk.alerts.models import Alert
from fanzha.desk.audit.actions import record
from fanzha.desk.enforcement.actions import note, removed
from fanzha.desk.masking.subject import Subject
from fanzha.desk.measures.choices import Kind, Label, State
from fanzha.desk.measures.enforce import entry_of
from fanzha.desk.measures.evidence import families_of, lacking, rule_id, suppressed_until
from fanzha.desk.measures.ladder import ladder, rung
from fanzha.desk.measures.models import Measure, Suppression
from fanzha.desk.measures.querysets import MeasureQuerySet
from fanzha.desk.measures.reasons import reason_for, reasons
from fanzha.desk.notices.actions import notice_of, notices_of, write
from fanzha.desk.notices.choices import State as NoticeState
from fanzha.desk.notices.models import Notice
from fanzha.desk.organisations.models import User
from fanzha.desk.rights.seats import holds
from fanzha.desk.typed import whole
from fanzha.desk.workflow.actions import act_of, enter, move, refusal
from fanzha.desk.workflow.clock import due
from fanzha.errors import Refused

MOST = 500  # measures ended by one run of the timer in one transaction
_SAME = ("state", "moved_at", "moved_by", "due_at", "overdue", "ended_at")  # what an end gives every row alike
_CHUNK = 5000


@dataclass(frozen=True)
class Wish:
    """What someone wants done. days 0: as long as the rung lasts by default."""

    rung: str
    note: str = ""
    plain: str = ""
    document: str = ""
    days: int = 0
    immediate: bool = False
    secret: bool = False


def propose(by: User, wish: Wish, *, alert: Alert | None = None, subject: Subject | None = None) -> Measure:
    """A measure from an alert or by hand on a subject; it takes effect at once where the ladder lets one person decide.

    Raises PermissionDenied, Refused (with what is lacking).
    """
    about = alert.subject if alert is not None else subject
    assert about is not None
    if not holds(by, "measures.propose", about):
        raise PermissionDenied("measures.propose")
    return _propose(by, wish, about, alert)


def propose_by_rule(alert: Alert, wish: Wish) -> Measure:
    """For a timer: what a rule does by itself. Raises Refused where the ladder wants a person."""
    if rung(wish.rung).approval != "auto":
        raise Refused(_("该措施须由人决定"), where=wish.rung)
    return _propose(None, wish, alert.subject, alert)


def leave_proposed(alert: Alert, wish: Wish) -> Measure:
    """For a timer: what a rule asks of people, waiting for one of them. Raises Refused where two have to ask for it."""
    if rung(wish.rung).approval != "analyst":
        raise Refused(_("该措施不由规则提请"), where=wish.rung)
    return _propose(None, wish, alert.subject, alert, waits=True)


def approve(by: User, pk: int, *, reason: str = "") -> Measure:
    """The second pair of eyes. Two at the same instant: one approves, the other is told that the state has changed."""
    return _agree(by, pk, "approve", reason)


def accept(by: User, pk: int, *, reason: str = "") -> Measure:
    """One person's agreement to what a rule asks for, where one is enough."""
    return _agree(by, pk, "accept", reason)


def _agree(by: User, pk: int, name: str, reason: str) -> Measure:
    step, now = Measure.workflow.by_name[name], timezone.now()
    with transaction.atomic():
        measure: Measure = Measure.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)
        if not holds(by, step.right, measure):
            raise PermissionDenied(step.right)
        why = refusal(measure, step, by, reason)
        if why is not None:
            raise Refused(str(why), where=f"measures {pk}")
        _check(measure, now)  # an appeal may have passed since it was proposed
        enter(measure, step, now, by)
        measure.approved_by = by
        record(by, [act_of(measure, f"measures.{name}", reason, {"rung": measure.rung, "to": measure.state})], at=now)
        _take_effect(measure, now)
    return measure


def reject(by: User, pk: int, reason: str) -> Measure:
    """Not approved."""
    return move(Measure(pk=pk), "reject", by, reason=reason)


def withdraw(by: User, pk: int, reason: str) -> Measure:
    """Taken back by who proposed it."""
    return move(Measure(pk=pk), "withdraw", by, reason=reason)


def lift(by: User, pk: int, reason: str) -> Measure:
    """Ended by a person: the policy's entry goes, the subscriber is told."""
    with transaction.atomic():
        held(Measure.objects.filter(pk=pk))
        measure = move(Measure(pk=pk), "lift", by, reason=reason)
        end([measure], measure.moved_at, "lifted")
        measure.save(update_fields=["ended_at"])
    return measure


def expire(now: datetime) -> int:
    """For a timer: lift what has come to its end; how many."""
    with transaction.atomic():
        late = list(Measure.objects.ended(now).order_by("expires").values_list("pk", flat=True)[:MOST])
        rows = held(Measure.objects.ended(now).filter(pk__in=late))
        finish(rows, "expire", None, now, "lifted")
    return len(rows)


def held(rows: MeasureQuerySet) -> list[Measure]:
    """Measures that may be about to end, locked with their unsent notices, in the caller's transaction.

    Before the trail, as whoever else moves one of them does: else each of the two would wait for the other.
    """
    found = list(rows.select_for_update(of=("self",), no_key=True).order_by("pk"))
    list(_unsent(found).select_for_update(no_key=True).order_by("pk").values_list("pk"))
    return found


def finish(
    rows: Sequence[Measure], name: str, by: User | None, at: datetime, notice: str, *, reason: str = "", label: str = ""
) -> None:
    """End many active, held measures by a system transition, in the caller's transaction: audit, policy, notices."""
    batch = secrets.token_hex(8) if len(rows) > 1 else ""
    for measure in rows:
        enter(measure, Measure.workflow.by_name[name], at, by)
        measure.label = label or measure.label
    acts = [
        act_of(row, f"measures.{name}", reason, {"rung": row.rung, "to": row.state, "rule": row.rule}) for row in rows
    ]
    record(by, acts, at=at, batch=batch)
    end(rows, at, notice)
    same = {name: getattr(rows[0], name) for name in _SAME} if rows else {}
    if label:
        same["label"] = label
    for first in range(0, len(rows), _CHUNK):  # all alike, which is far quicker than a bulk_update of each
        Measure.objects.filter(pk__in=[row.pk for row in rows[first : first + _CHUNK]]).update(**same)


def end(rows: Sequence[Measure], at: datetime, notice: str) -> None:
    """What every end entails, after its audit rows: out of the policy, and told; `ended_at` is left to be saved."""
    for measure in rows:
        measure.ended_at = at
    removed([row.entry for row in rows if row.step.effect != "none"], at)
    unsent = _unsent(rows)
    untold = set(unsent.values_list("measure_id", flat=True))
    unsent.delete()  # who was not told of it yet need not be told that it ended, unless it was wrong
    told = [row for row in rows if row.step.notice not in ("none", "self")]
    told = [row for row in told if notice == "wrong" or row.pk not in untold]
    write(notices_of(told, notice, at))


def _unsent(rows: Sequence[Measure]) -> QuerySet[Notice]:
    return Notice.objects.filter(measure__in=rows, kind="measure", state__in=(NoticeState.PENDING, NoticeState.HELD))


def suppress(rows: Sequence[Measure], at: datetime) -> None:
    """The same rule does not hit the same number again for a while, whatever its version."""
    until = at + timedelta(days=ladder().suppression_days)
    fresh = [
        Suppression(
            network=row.network, kind=row.kind, value=row.value, rule=rule_id(row.rule), until=until, measure=row
        )
        for row in rows
        if row.rule
    ]
    Suppression.objects.bulk_create(fresh, batch_size=500)


def wrong(rows: Sequence[Measure], name: str, by: User, at: datetime, reason: str, label: Label) -> None:
    """Measures that should not have been: ended, told with an apology, suppressed, labelled for rules and models."""
    finish(rows, name, by, at, "wrong", reason=reason, label=label)
    suppress(rows, at)


def _propose(by: User | None, wish: Wish, about: Subject, alert: Alert | None, *, waits: bool = False) -> Measure:
    step, now = rung(wish.rung), timezone.now()
    if about.kind not in Kind.values:
        raise Refused(_("小区不能处置，请派现场核查"))
    days = wish.days or step.days
    if not 1 <= days <= step.most_days:
        raise Refused(_("该措施的期限为 1 至 %(most)s 天") % {"most": step.most_days}, where="days")
    plain = wish.plain or (reason_for(alert.scheme) if alert else "police" if wish.document else "")
    if plain not in reasons():
        raise Refused(_("请选择告知用户的原因"), where="plain")
    measure = Measure(
        network=about.network, region=about.region, kind=about.kind, value=about.value, rung=step.id, alert=alert,
        rule=alert.rule if alert else "", score=alert.score if alert else 0,
        families=families_of(alert) if alert else 0, note=whole(wish.note, 500, "note"),
        document=whole(wish.document, 80, "document"),
        secret=wish.secret and bool(wish.document), immediate=wish.immediate, plain=plain, basis=step.basis,
        proposed_by=by, proposed_at=now, days=days, state=State.PROPOSED, moved_at=now, moved_by=by,
        due_at=due("approval", now),
    )  # fmt: skip
    _check(measure, now)
    try:
        with transaction.atomic():
            measure.save()
            told = {"rung": step.id, "rule": measure.rule, "score": measure.score, "document": measure.document}
            record(by, [act_of(measure, "measures.propose", measure.note, told)], at=now)
            if step.approval != "leader" and not waits:
                enter(measure, Measure.workflow.by_name["execute"], now, by)
                record(by, [act_of(measure, "measures.execute", "", {"rung": step.id})], at=now)
                _take_effect(measure, now)
    except IntegrityError as error:
        raise Refused(_("该对象已有同样的处置")) from error
    return measure


def _check(measure: Measure, now: datetime) -> None:
    missing = list(lacking(measure, now))
    if missing:
        raise Refused(_("依据不足：%(what)s") % {"what": "；".join(missing)}, where=str(measure.step))
    until = suppressed_until(measure, now)
    if until is not None:
        day = timezone.localtime(until).strftime("%Y-%m-%d")
        raise Refused(_("该规则曾误判此号码，%(day)s 前不得再据此处置") % {"day": day}, hint=_("可依据其他规则或文书"))


def _take_effect(measure: Measure, now: datetime) -> None:
    """Set its time, note down its policy and its notice, and save it; after the audit row, in one transaction."""
    step = measure.step
    waits = step.notice == "ahead" and not measure.immediate
    measure.in_force_at = now + timedelta(hours=step.notice_hours) if waits else now
    measure.expires = measure.in_force_at + timedelta(days=measure.days)
    measure.save()
    entry = entry_of(measure)
    if entry is not None:
        note({entry.id: entry}, now)
    if step.notice != "none":
        write([notice_of(measure, "measure", now)])
