"""Decides how a notice moves: taken by the channel, failed too often, held back as a secret, and let out by people."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from fanzha.desk.notices.choices import State
from fanzha.desk.workflow.table import Transition, Workflow

_PENDING = frozenset({State.PENDING})

NOTICE = Workflow(
    name="notices",
    states=State,
    initial=State.PENDING,
    transitions=(
        Transition("sent", _("已发送"), _PENDING, State.SENT, "measures.view", system=True),
        Transition("fail", _("发送失败"), _PENDING, State.FAILED, "measures.view", "notice", system=True),
        Transition("hold", _("侦查保密暂缓"), _PENDING, State.HELD, "measures.approve", system=True),
        Transition(
            "again", _("重新发送"), frozenset({State.FAILED}), State.PENDING, "appeals.decide", "notice", tone="primary"
        ),
        Transition(
            "release", _("保密期满，发送"), frozenset({State.HELD}), State.PENDING, "measures.approve", "notice",
            tone="primary",
        ),
    ),
)  # fmt: skip
