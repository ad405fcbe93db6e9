"""Decides how a rollback moves: proposed by one leader, approved by another."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fanzha.desk.rollback.choices import State
from fanzha.desk.workflow.table import Transition, Workflow

_PROPOSED = frozenset({State.PROPOSED})

ROLLBACK = Workflow(
    name="rollback",
    states=State,
    initial=State.PROPOSED,
    transitions=(
        Transition(
            "approve",
            _("批准并回滚"),
            _PROPOSED,
            State.DONE,
            "measures.rollback",
            four_eyes="proposed_by",
            tone="danger",
        ),
        Transition("reject", _("不批准"), _PROPOSED, State.REJECTED, "measures.rollback", reason=True),
    ),
)
