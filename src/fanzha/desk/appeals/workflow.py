"""Decides how an appeal moves: acknowledged within the hour, decided within a day by someone who did not take part."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from fanzha.desk.appeals.choices import State
from fanzha.desk.organisations.models import User
from fanzha.desk.workflow.table import Transition, Words, Workflow

_OPEN = frozenset({State.FILED, State.CHECKING})


def _apart(appeal: Any, by: User) -> Words | None:
    took_part = (appeal.measure.proposed_by_id, appeal.measure.approved_by_id)
    return _("提出或批准该处置的人不能裁决其申诉") if by.pk in took_part else None


def first_clock(appeal: Any) -> str:
    """Abroad, travelling or ill: sooner."""
    return "appeal_urgent" if appeal.urgent else "appeal_acknowledged"


APPEAL = Workflow(
    name="appeals",
    states=State,
    initial=State.FILED,
    transitions=(
        Transition(
            "acknowledge", _("受理"), frozenset({State.FILED}), State.CHECKING, "appeals.decide", "appeal_decided",
            tone="primary",
        ),
        Transition(
            "uphold", _("申诉成立，立即恢复"), _OPEN, State.UPHELD, "appeals.decide", guard=_apart, reason=True,
            tone="success",
        ),
        Transition(
            "restore", _("核验通过，恢复"), _OPEN, State.RESTORED, "appeals.decide", guard=_apart, reason=True,
            tone="success",
        ),
        Transition(
            "refuse", _("不成立"), frozenset({State.CHECKING}), State.REFUSED, "appeals.decide", guard=_apart,
            reason=True, tone="danger",
        ),
    ),
)  # fmt: skip
