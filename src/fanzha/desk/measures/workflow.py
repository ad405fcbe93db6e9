"""Decides how a measure moves: proposed by one, approved by another where the ladder says so, always with an end."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from fanzha.desk.measures.choices import State
from fanzha.desk.measures.ladder import rung
from fanzha.desk.organisations.models import User
from fanzha.desk.workflow.guards import only
from fanzha.desk.workflow.table import Transition, Words, Workflow

_PROPOSED, _ACTIVE = frozenset({State.PROPOSED}), frozenset({State.ACTIVE})


_own = only("proposed_by", _("只能由提出人撤回"))


def _by_rule(measure: Any, _by: User) -> Words | None:
    asked = measure.proposed_by_id is None and rung(measure.rung).approval == "analyst"
    return None if asked else _("只用于规则提请、一人即可批准的处置")


def verification_clock(measure: Any) -> str:
    """The clock that the rung starts when it takes effect."""
    return rung(measure.rung).deadline


MEASURE = Workflow(
    name="measures",
    states=State,
    initial=State.PROPOSED,
    transitions=(
        Transition(
            "approve", _("批准"), _PROPOSED, State.ACTIVE, "measures.approve", verification_clock,
            four_eyes="proposed_by", tone="danger",
        ),
        Transition(
            "accept", _("采纳规则提请"), _PROPOSED, State.ACTIVE, "measures.propose", verification_clock,
            guard=_by_rule, tone="danger",
        ),
        Transition("reject", _("不批准"), _PROPOSED, State.REJECTED, "measures.approve", reason=True),
        Transition("withdraw", _("撤回"), _PROPOSED, State.WITHDRAWN, "measures.propose", guard=_own, reason=True),
        Transition(
            "execute", _("即时生效"), _PROPOSED, State.ACTIVE, "measures.propose", verification_clock, system=True
        ),
        Transition("lift", _("解除"), _ACTIVE, State.LIFTED, "measures.lift", reason=True, tone="success"),
        Transition("appeal", _("申诉成立解除"), _ACTIVE, State.LIFTED, "appeals.decide", system=True),
        Transition("undo", _("回滚"), _ACTIVE, State.UNDONE, "measures.rollback", system=True),
        Transition("expire", _("到期解除"), _ACTIVE, State.EXPIRED, "measures.lift", system=True),
    ),
)  # fmt: skip
