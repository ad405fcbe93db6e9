"""Decides how an alert is judged: true, false or unsure, taken back only by a leader who did not decide it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from fanzha.desk.alerts.choices import State
from fanzha.desk.workflow.table import Transition, Workflow

_UNDECIDED = frozenset({State.OPEN, State.UNSURE})


def triage_clock(alert: Any) -> str:
    """The redder, the sooner (workflow/deadlines.yaml)."""
    return f"triage_{alert.band}"


ALERT = Workflow(
    name="alerts",
    states=State,
    initial=State.OPEN,
    transitions=(
        Transition("confirm", _("判为属实"), _UNDECIDED, State.CONFIRMED, "alerts.triage", reason=True, tone="danger"),
        Transition("dismiss", _("判为误报"), _UNDECIDED, State.DISMISSED, "alerts.triage", reason=True, tone="success"),
        Transition(
            "hold", _("待查"), frozenset({State.OPEN}), State.UNSURE, "alerts.triage", "second_look",
            reason=True, tone="warning",
        ),
        Transition(
            "reopen", _("重新研判"), frozenset({State.CONFIRMED, State.DISMISSED, State.LAPSED}), State.OPEN,
            "alerts.reopen", triage_clock, four_eyes="moved_by", reason=True,
        ),
        Transition("lapse", _("静默关闭"), _UNDECIDED, State.LAPSED, "alerts.triage", system=True),
    ),
)  # fmt: skip
