"""Decides how a complaint moves: received, then found true or not; one that is not true weighs no more."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fanzha.desk.complaints.choices import State
from fanzha.desk.workflow.table import Transition, Workflow

_RECEIVED = frozenset({State.RECEIVED})

COMPLAINT = Workflow(
    name="complaints",
    states=State,
    initial=State.RECEIVED,
    transitions=(
        Transition("uphold", _("核实属实"), _RECEIVED, State.UPHELD, "alerts.triage", reason=True, tone="danger"),
        Transition(
            "dismiss", _("核实不属实"), _RECEIVED, State.DISMISSED, "alerts.triage", reason=True, tone="success"
        ),
    ),
)
