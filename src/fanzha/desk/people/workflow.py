"""Decides how a seat comes about: rights grow, so one person proposes it and another approves it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fanzha.desk.people.choices import SeatState
from fanzha.desk.workflow.guards import never, only
from fanzha.desk.workflow.table import Transition, Workflow

_PROPOSED = frozenset({SeatState.PROPOSED})


_not_oneself = never("user", why=_("不能批准自己的任职"))
_own = only("proposed_by", _("只能由提出人撤回"))


SEAT = Workflow(
    name="seats",
    states=SeatState,
    initial=SeatState.PROPOSED,
    transitions=(
        Transition(
            "approve", _("批准任职"), _PROPOSED, SeatState.GIVEN, "people.manage", four_eyes="proposed_by",
            guard=_not_oneself, tone="danger",
        ),
        Transition("reject", _("不批准"), _PROPOSED, SeatState.REJECTED, "people.manage", reason=True),
        Transition("withdraw", _("撤回"), _PROPOSED, SeatState.WITHDRAWN, "people.manage", guard=_own, reason=True),
    ),
)  # fmt: skip
