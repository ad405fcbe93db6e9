"""Decides how a model version moves: proposed by a job, asked for by one, approved by another, back in one act."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from fanzha.desk.learning.choices import State
from fanzha.desk.organisations.models import User
from fanzha.desk.rights.seats import seats_of
from fanzha.desk.workflow.table import Transition, Words, Workflow

_SILENT = frozenset({State.PROPOSED, State.RETIRED, State.DECLINED})


def _own_operator(version: Any, by: User) -> Words | None:
    """A model belongs to the operator whose calls it learnt from."""
    seats = [seat for seat in seats_of(by) if seat.kind == "operator" and version.network in seat.networks]
    return None if seats else _("模型由运营商自己的人员管理")


LEARNING = Workflow(
    name="learning",
    states=State,
    initial=State.PROPOSED,
    transitions=(
        Transition(
            "ask", _("提请启用"), _SILENT, State.ASKED, "models.ask", "approval", guard=_own_operator, reason=True,
            tone="primary",
        ),
        Transition(
            "approve", _("批准启用"), frozenset({State.ASKED}), State.RELEASED, "models.release", guard=_own_operator,
            four_eyes="asked_by", tone="success",
        ),
        Transition(
            "decline", _("不批准"), frozenset({State.ASKED}), State.DECLINED, "models.release", guard=_own_operator,
            reason=True, tone="danger",
        ),
        Transition(
            "back", _("撤回，恢复前一版"), frozenset({State.RELEASED}), State.RETIRED, "models.release",
            guard=_own_operator, reason=True, tone="danger",
        ),
        Transition(
            "resume", _("恢复"), _SILENT | {State.ASKED}, State.RELEASED, "models.release", system=True,
        ),
        Transition("retire", _("被取代"), frozenset({State.RELEASED}), State.RETIRED, "models.release", system=True),
    ),
)  # fmt: skip
