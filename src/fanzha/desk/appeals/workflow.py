"""Decides how an appeal moves: acknowledged within the hour, decided within a day by someone who did not take part."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from fanzha.desk.appeals.choices import State
from fanzha.desk.workflow.guards import never
from fanzha.desk.workflow.table import Transition, Workflow

_OPEN = frozenset({State.FILED, State.CHECKING})


_apart = never("measure.proposed_by", "measure.approved_by", why=_("提出或批准该处置的人不能裁决其申诉"))


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
