"""Decides how an item gets on a list and off it: proposed by one, approved by another, contested, always ending."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from fanzha.desk.lists.choices import ImportState, List, State
from fanzha.desk.workflow.guards import never
from fanzha.desk.workflow.table import Transition, Workflow

_PROPOSED, _ACTIVE = frozenset({State.PROPOSED}), frozenset({State.ACTIVE})
_HOLDING, _CONTESTED = frozenset({State.ACTIVE, State.CONTESTED}), frozenset({State.CONTESTED})


_apart = never("proposed_by", "approved_by", why=_("提出或批准列入的人不能裁决其申诉"))


def _letter(item: Any) -> str:
    """A restricted person is told in writing (notices/letters.py): the clock runs until that is served."""
    due = item.list == List.RESTRICTED and getattr(item, "letter", None) is None
    return "restricted_letter" if due else ""


ITEM = Workflow(
    name="lists",
    states=State,
    initial=State.PROPOSED,
    transitions=(
        Transition(
            "approve", _("批准列入"), _PROPOSED, State.ACTIVE, "lists.approve", _letter, four_eyes="proposed_by",
            tone="danger",
        ),
        Transition("reject", _("不批准"), _PROPOSED, State.REJECTED, "lists.approve", reason=True),
        Transition(
            "contest", _("登记申诉"), _ACTIVE, State.CONTESTED, "appeals.decide", "sanction_appeal", reason=True
        ),
        Transition(
            "keep", _("申诉不成立"), _CONTESTED, State.ACTIVE, "appeals.decide", _letter, guard=_apart, reason=True
        ),
        Transition(
            "restore", _("申诉成立，立即移出"), _CONTESTED, State.RESTORED, "appeals.decide", guard=_apart, reason=True,
            tone="success",
        ),
        Transition("remove", _("移出"), _HOLDING, State.REMOVED, "lists.approve", reason=True),
        Transition("expire", _("到期移出"), _HOLDING, State.EXPIRED, "lists.approve", system=True),
    ),
)  # fmt: skip

IMPORT = Workflow(
    name="imports",
    states=ImportState,
    initial=ImportState.TRIED,
    transitions=(
        Transition(
            "submit", _("提交审批"), frozenset({ImportState.TRIED}), ImportState.WAITING, "lists.edit", "approval"
        ),
        Transition(
            "approve", _("批准导入"), frozenset({ImportState.WAITING}), ImportState.DONE, "lists.approve",
            four_eyes="proposed_by", tone="danger",
        ),
        Transition(
            "reject", _("不批准"), frozenset({ImportState.WAITING}), ImportState.REJECTED, "lists.approve", reason=True
        ),
    ),
)  # fmt: skip
