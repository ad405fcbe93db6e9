"""Decides how one police document stops many numbers at once: each its own measure, audit line, entry and notice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from fanzha.desk.audit.actions import record
from fanzha.desk.enforcement.actions import note
from fanzha.desk.masking.subject import Subject
from fanzha.desk.measures.actions import Wish
from fanzha.desk.measures.choices import State
from fanzha.desk.measures.enforce import entry_of
from fanzha.desk.measures.evidence import lacking
from fanzha.desk.measures.ladder import Rung, rung
from fanzha.desk.measures.models import Measure
from fanzha.desk.notices.actions import notices_of, write
from fanzha.desk.organisations.models import User
from fanzha.desk.workflow.actions import act_of, enter


@dataclass(frozen=True)
class Outcome:
    """What became of one number: the measure that holds (fresh or standing), or why there is none."""

    measure: Measure | None
    fresh: bool = False
    problem: str = ""


def carry_out(
    about: Sequence[Subject], wish: Wish, by: User, approved_by: User, at: datetime, batch: str
) -> list[Outcome]:
    """A measure in force on each number of one network, in the caller's transaction; outcomes in the order given.

    The caller has checked both rights. A number on which the same rung holds already keeps what it has.
    """
    step = rung(wish.rung)
    network = about[0].network if about else ""
    held = {measure.value: measure for measure in _held(network, step, [each.value for each in about])}
    fresh, found = {}, []
    for each in about:
        standing = held.get(each.value)
        if standing is not None:
            proposed = standing.state == State.PROPOSED
            found.append(Outcome(None, problem=_("已有同样的处置待审批")) if proposed else Outcome(standing))
            continue
        measure = _measure(each, wish, step, by, approved_by, at)
        missing = list(lacking(measure, at))
        if missing:
            found.append(Outcome(None, problem="；".join(missing)))
            continue
        fresh[each.value] = measure
        found.append(Outcome(measure, fresh=True))
    _save(list(fresh.values()), step, by, approved_by, at, batch)
    return found


def _held(network: str, step: Rung, values: Sequence[str]) -> list[Measure]:
    holding = Measure.objects.filter(network=network, kind="number", rung=step.id, state__in=("proposed", "active"))
    return list(holding.filter(value__in=values))


def _measure(each: Subject, wish: Wish, step: Rung, by: User, approved_by: User, at: datetime) -> Measure:
    measure = Measure(
        network=each.network, region=each.region, kind=each.kind, value=each.value, rung=step.id, note=wish.note[:500],
        document=wish.document[:80], secret=wish.secret, immediate=True, plain="police", basis=step.basis,
        proposed_by=by, proposed_at=at, approved_by=approved_by, days=wish.days or step.days, in_force_at=at,
    )  # fmt: skip
    measure.expires = at + timedelta(days=measure.days)
    enter(measure, Measure.workflow.by_name["approve"], at, approved_by)
    return measure


def _save(
    fresh: Sequence[Measure], step: Rung, by: User, approved_by: User, at: datetime, batch: str
) -> None:  # in the order that a single one is: rows, audit, policy, notices
    Measure.objects.bulk_create(fresh, batch_size=500)
    told = {"rung": step.id}
    asked = [act_of(each, "measures.propose", "", {**told, "document": each.document}) for each in fresh]
    record(by, asked, at=at, batch=batch)
    agreed = [act_of(each, "measures.approve", "", {**told, "to": each.state}) for each in fresh]
    record(approved_by, agreed, at=at, batch=batch)
    entries = [entry for entry in map(entry_of, fresh) if entry is not None]
    note({entry.id: entry for entry in entries}, at)
    if step.notice != "none":
        write(notices_of(fresh, "measure", at))
