"""Decides what happens to the numbers of an approved request: stopped, looked up, or sent on to their own province."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.db.models import Count, Max
from django.utils.translation import gettext as _

from fanzha.desk.alerts.models import Alert
from fanzha.desk.audit.actions import record
from fanzha.desk.measures import ordered
from fanzha.desk.measures.actions import Wish
from fanzha.desk.measures.models import Measure
from fanzha.desk.requests.choices import Kind, ReferralState, Result, State
from fanzha.desk.requests.models import Line, Referral, Request
from fanzha.desk.requests.terms import terms
from fanzha.desk.workflow.actions import act_of, enter
from fanzha.desk.workflow.clock import due

_FIELDS = ["result", "told", "at", "measure", "referral"]


def carry_out_some(request: Request, now: datetime, most: int) -> int:
    """The next `most` numbers of a locked request, in the caller's transaction; how many. The last one finishes it."""
    if request.state != State.EXECUTING:
        return 0
    lines = list(request.lines.filter(result=Result.WAITING).order_by("row")[: most + 1])
    more, lines = len(lines) > most, lines[:most]
    for line in lines:
        line.request, line.at = request, now
    own = [line for line in lines if not line.home]
    _refer(request, [line for line in lines if line.home], now)
    if request.kind == Kind.SHUTDOWN:
        _stop(request, own, now)
    else:
        _look_up(request, own)
    # An upsert of rows that are there: thirty times as quick as bulk_update, which builds a CASE for every row.
    Line.objects.bulk_create(lines, update_conflicts=True, unique_fields=["id"], update_fields=_FIELDS, batch_size=500)
    if not more:
        _finish(request, now)
    return len(lines)


def results_of(request: Request) -> dict[str, int]:
    """How many numbers came to which result."""
    return dict(request.lines.values_list("result").annotate(Count("pk")).order_by())


def rate(results: dict[str, int]) -> float | None:
    """处置率: of the numbers that are ours to carry out, the share carried out, in percent; None without any."""
    ours = sum(number for result, number in results.items() if result != Result.REFERRED)
    done = sum(results.get(each, 0) for each in (Result.DONE, Result.STANDING, Result.LOOKED_UP))
    return 100 * done / ours if ours else None


def _stop(request: Request, lines: Sequence[Line], now: datetime) -> None:
    assert request.accepted_by is not None
    assert request.approved_by is not None
    wish = Wish(request.rung, request.note, document=request.document, secret=request.secret, immediate=True)
    people = request.accepted_by, request.approved_by
    found = ordered.carry_out([line.subject for line in lines], wish, *people, now, f"request-{request.pk}")
    for line, outcome in zip(lines, found, strict=True):
        line.measure, line.told = outcome.measure, outcome.problem[:200]
        line.result = Result.DONE if outcome.fresh else Result.STANDING if outcome.measure else Result.FAILED


def _look_up(request: Request, lines: Sequence[Line]) -> None:
    """What the desk knows: alerts and their highest score, measures in force."""
    values = [line.value for line in lines]
    about = {"network": request.network, "kind": "number", "value__in": values}
    alerts = {
        value: (number, score)
        for value, number, score in Alert.objects.filter(**about)
        .values_list("value")
        .annotate(Count("pk"), Max("score"))
        .order_by()
    }
    held = defaultdict(list)
    for measure in Measure.objects.active().filter(**about):
        held[measure.value].append(str(measure.step))
    for line in lines:
        number, score = alerts.get(line.value, (0, 0))
        seen = _("预警 %(n)s 条，最高 %(score).0f 分") % {"n": number, "score": score} if number else _("无预警")
        steps = "、".join(held[line.value])
        measures = _("现有处置：%(what)s") % {"what": steps} if steps else _("无处置")
        line.told, line.result = f"{seen}；{measures}"[:200], Result.LOOKED_UP


def _refer(request: Request, lines: Sequence[Line], now: datetime) -> None:
    """One ticket a province, begun by the first of its numbers."""
    there = {each.home: each for each in request.referrals.all()}
    for line in lines:
        if line.home not in there:
            there[line.home] = _referral(request, line.home, now)
        line.referral, line.result = there[line.home], Result.REFERRED


def _referral(request: Request, home: str, now: datetime) -> Referral:
    made = Referral.objects.create(
        network=request.network, region=request.region, request=request, home=home, channel=terms().first_channel,
        made_at=now, state=ReferralState.OPEN, moved_at=now, due_at=due("referral_sent", now),
    )  # fmt: skip
    record(None, [act_of(made, "referrals.made", "", {"home": home, "document": request.document})], at=now)
    return made


def _finish(request: Request, now: datetime) -> None:
    waits_since, missed = request.due_at, request.overdue
    enter(request, Request.workflow.by_name["finish"], now, None)
    request.due_at, request.overdue, request.done_at = waits_since, missed, now
    request.save()
    record(None, [act_of(request, "requests.finish", "", results_of(request))], at=now)
