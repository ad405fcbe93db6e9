"""Decides how a tracing report moves: prepared by one, reviewed or returned by another."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fanzha.desk.tracing.choices import State
from fanzha.desk.workflow.table import Transition, Workflow

_PREPARED = frozenset({State.PREPARED})

# Reviewing is a leader's, as approving a measure is.
TRACING = Workflow(
    name="tracing",
    states=State,
    initial=State.PREPARED,
    transitions=(
        Transition(
            "review", _("审核通过"), _PREPARED, State.REVIEWED, "measures.approve", four_eyes="prepared_by",
            tone="success",
        ),
        Transition(
            "return", _("退回"), _PREPARED, State.RETURNED, "measures.approve", four_eyes="prepared_by", reason=True
        ),
    ),
)  # fmt: skip
