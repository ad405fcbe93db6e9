"""Decides how a morning list moves: sent, signed for by the police, answered to the last number."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fanzha.desk.pushes.choices import State
from fanzha.desk.workflow.table import Transition, Workflow

PUSH = Workflow(
    name="pushes",
    states=State,
    initial=State.SENT,
    transitions=(
        Transition(
            "sign", _("签收"), frozenset({State.SENT}), State.SIGNED, "requests.file", "push_answered", tone="primary"
        ),
        Transition(
            "finish", _("反馈完毕"), frozenset({State.SIGNED}), State.ANSWERED, "requests.file", system=True
        ),
    ),
)  # fmt: skip
