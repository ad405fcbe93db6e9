"""Decides how a key comes about: its owner asks, an administrator approves, and only the owner draws the secret."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from fanzha.desk.api.choices import KeyState
from fanzha.desk.organisations.models import User
from fanzha.desk.people.reach import manages_person
from fanzha.desk.workflow.guards import only
from fanzha.desk.workflow.table import Transition, Words, Workflow

_PROPOSED = frozenset({KeyState.PROPOSED})


def _managed(key: Any, by: User) -> Words | None:
    if key.owner_id == by.pk:
        return _("不能批准自己的密钥")
    return None if manages_person(by, key.owner) else _("责任人在您管理的机构之外还有任职，由上级管理员办理")


_own = only("owner", _("只能由责任人本人办理"))


KEY = Workflow(
    name="keys",
    states=KeyState,
    initial=KeyState.PROPOSED,
    transitions=(
        Transition(
            "approve", _("批准密钥"), _PROPOSED, KeyState.APPROVED, "people.manage", four_eyes="owner",
            guard=_managed, tone="danger",
        ),
        Transition("reject", _("不批准"), _PROPOSED, KeyState.REJECTED, "people.manage", guard=_managed, reason=True),
        Transition("withdraw", _("撤回"), _PROPOSED, KeyState.WITHDRAWN, "keys.hold", guard=_own),
        Transition(
            "draw", _("领取密钥"), frozenset({KeyState.APPROVED}), KeyState.ACTIVE, "keys.hold", guard=_own,
            tone="primary",
        ),
        Transition(
            "revoke", _("吊销"), _PROPOSED | {KeyState.APPROVED, KeyState.ACTIVE}, KeyState.REVOKED, "people.manage",
        ),
    ),
)  # fmt: skip
