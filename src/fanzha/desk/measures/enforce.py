"""Decides what an active measure is in the policy that gateways enforce: one entry, or none for a mere message."""

from __future__ import annotations

from datetime import datetime

from fanzha.desk.measures.models import Measure
from fanzha.policy import Action, Entry, Subject

_ACTIONS = {
    "label": Action.LABEL,
    "challenge": Action.CHALLENGE,
    "limit": Action.LIMIT,
    "block": Action.BLOCK,
}


def entry_of(measure: Measure) -> Entry | None:
    """Its line; None where the rung does nothing to calls. The measure must be in force."""
    step = measure.step
    if step.effect == "none":
        return None
    assert measure.in_force_at is not None
    assert measure.expires is not None
    return Entry(
        id=measure.entry,
        subject=Subject(measure.kind),
        value=measure.value,
        action=_ACTIONS[step.effect],
        reason="police" if measure.document else measure.told.policy,
        source=measure.entry,
        starts=micros(measure.in_force_at),
        expires=micros(measure.expires),
        rule=measure.rule,
        basis=measure.basis[:60],
        per_minute=step.per_minute,
    )


def micros(at: datetime) -> int:
    """UTC microseconds."""
    return int(at.timestamp() * 1_000_000)
