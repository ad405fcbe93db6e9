"""Decides how a call-back moves: signed for, spoken with or visited, closed with what came of it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fanzha.desk.callbacks.choices import State
from fanzha.desk.workflow.guards import never, only
from fanzha.desk.workflow.table import Transition, Workflow

_RIGHT = "callbacks.work"


_signer = only("signed_by", _("已由他人签收"))
_another = never("signed_by", why=_("已由您签收"))


CALLBACK = Workflow(
    name="callbacks",
    states=State,
    initial=State.OPEN,
    transitions=(
        Transition("sign", _("签收"), frozenset({State.OPEN}), State.SIGNED, _RIGHT, tone="primary"),
        Transition("over", _("接手"), frozenset({State.SIGNED}), State.SIGNED, _RIGHT, guard=_another, reason=True),
        Transition(
            "reach", _("已联系本人"), frozenset({State.SIGNED}), State.REACHED, _RIGHT, "callback_feedback",
            guard=_signer, tone="success",
        ),
        Transition(
            "visit", _("升级上门"), frozenset({State.OPEN, State.SIGNED, State.REACHED}), State.VISITING, _RIGHT,
            "callback_visit", reason=True, tone="danger",
        ),
        Transition(
            "close", _("办结"), frozenset({State.REACHED, State.VISITING}), State.CLOSED, _RIGHT, reason=True,
            tone="success",
        ),
    ),
)  # fmt: skip
