"""Decides how a police request moves: filed, checked by one, approved by another, carried out, answered."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from fanzha.desk.requests.choices import ReferralState, State
from fanzha.desk.requests.terms import terms
from fanzha.desk.workflow.guards import never, only
from fanzha.desk.workflow.table import Transition, Workflow

_TRIED, _FILED, _ACCEPTED = frozenset({State.TRIED}), frozenset({State.FILED}), frozenset({State.ACCEPTED})
_OPEN, _SENT = frozenset({ReferralState.OPEN}), frozenset({ReferralState.SENT})


_own = only("proposed_by", _("只能由提交人操作"))
_apart = never("proposed_by", why=_("须由另一人操作（双人复核）"))


def request_clock(request: Any) -> str:
    """The clock of its urgency; it starts when the request is filed and runs until it is answered."""
    return terms().clocks[request.urgency]


REQUEST = Workflow(
    name="requests",
    states=State,
    initial=State.TRIED,
    transitions=(
        Transition("file", _("提交"), _TRIED, State.FILED, "requests.file", request_clock, guard=_own, tone="primary"),
        Transition(
            "withdraw", _("撤回"), _TRIED | _FILED, State.WITHDRAWN, "requests.file", guard=_own, reason=True
        ),
        Transition(
            "accept", _("文书核对无误"), _FILED, State.ACCEPTED, "requests.execute", request_clock,
            four_eyes="proposed_by", tone="primary",
        ),
        Transition(
            "approve", _("批准执行"), _ACCEPTED, State.EXECUTING, "measures.approve", request_clock,
            four_eyes="accepted_by", guard=_apart, tone="danger",
        ),
        Transition("refuse", _("退回"), _FILED | _ACCEPTED, State.REFUSED, "requests.execute", reason=True),
        Transition(
            "finish", _("执行完毕"), frozenset({State.EXECUTING}), State.DONE, "requests.execute", request_clock,
            system=True,
        ),
        Transition(
            "answer", _("签发回执"), frozenset({State.DONE}), State.ANSWERED, "requests.execute", tone="success"
        ),
    ),
)  # fmt: skip

REFERRAL = Workflow(
    name="referrals",
    states=ReferralState,
    initial=ReferralState.OPEN,
    transitions=(
        Transition("send", _("转出"), _OPEN, ReferralState.SENT, "requests.execute", "referral", tone="primary"),
        Transition(
            "answer", _("登记反馈"), _SENT, ReferralState.ANSWERED, "requests.execute", reason=True, tone="success"
        ),
        Transition("refuse", _("对方退回"), _SENT, ReferralState.REFUSED, "requests.execute", reason=True),
        Transition(
            "again", _("换渠道重转"), frozenset({ReferralState.REFUSED}), ReferralState.OPEN, "requests.execute",
            "referral_sent", tone="primary",
        ),
    ),
)  # fmt: skip
