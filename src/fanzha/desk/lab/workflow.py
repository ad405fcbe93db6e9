"""Decides how a rule version moves: drafted by one, reviewed by another, let go by steps, back in one act.

The side effects (one live version of a rule, a release that can run) are in `actions`; the guards here say why not.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.utils.translation import gettext_lazy as _

from fanzha.desk.lab.choices import ACTING, State
from fanzha.desk.organisations.models import User
from fanzha.desk.rights.seats import seats_of
from fanzha.desk.workflow.table import Guard, Transition, Words, Workflow

_STOPPABLE = frozenset({State.REVIEWED, State.SHADOW, *ACTING, State.TRIPPED})


def _own_operator(version: Any, by: User) -> Words | None:
    """Rules belong to the operator: who was granted a look at its network does not move them."""
    seats = [seat for seat in seats_of(by) if seat.kind == "operator" and version.network in seat.networks]
    return None if seats else _("规则由运营商自己的人员管理")


def _wrote_none(version: Any, by: User) -> Words | None:
    """`drafted_by` is who edited it last: a comma of a colleague's does not make one's own text another's."""
    trail: Any = apps.get_model("audit", "Entry")._default_manager  # by its name: models of this room import this table
    wrote = trail.about("version", version.pk).filter(action__in=("rules.draft", "rules.edit"), actor=by.pk)
    return _("起草或修改过这一版的人不能复核") if wrote.exists() else None


def _both(*guards: Guard) -> Guard:
    def ask(version: Any, by: User) -> Words | None:
        return next((why for guard in guards if (why := guard(version, by)) is not None), None)

    return ask


def _from_live(version: Any, _by: User) -> Words | None:
    return None if version.tripped_from == State.LIVE else _("跳闸前不在全量")


def _from_share(version: Any, _by: User) -> Words | None:
    return None if version.tripped_from in (State.SHARE1, State.SHARE10) else _("跳闸前不在份额运行")


def _no_condition(version: Any, _by: User) -> Words | None:
    return _("虚假主叫规则由号码规划判定，只能全量或停用") if version.cli else None


def _was_live(version: Any, _by: User) -> Words | None:
    return None if version.was_live else _("从未全量运行过，请重新按步骤发布")


_STEP = _both(_own_operator, _no_condition)
RULE = Workflow(
    name="rules",
    states=State,
    initial=State.DRAFT,
    transitions=(
        Transition(
            "review", _("复核通过"), frozenset({State.DRAFT}), State.REVIEWED, "rules.review",
            guard=_both(_own_operator, _wrote_none), four_eyes="drafted_by", tone="primary",
        ),
        Transition(
            "send_back", _("退回修改"), frozenset({State.REVIEWED}), State.DRAFT, "rules.review",
            guard=_own_operator, reason=True,
        ),
        Transition(
            "shadow", _("影子运行"), frozenset({State.REVIEWED}), State.SHADOW, "rules.release",
            guard=_STEP, tone="primary",
        ),
        Transition(
            "share1", _("放小份额"), frozenset({State.SHADOW}), State.SHARE1, "rules.release",
            guard=_STEP, reason=True, tone="warning",
        ),
        Transition(
            "share10", _("放大份额"), frozenset({State.SHARE1}), State.SHARE10, "rules.release",
            guard=_STEP, reason=True, tone="warning",
        ),
        Transition(
            "go_live", _("放全量"), frozenset({State.SHARE10}), State.LIVE, "rules.release",
            guard=_own_operator, reason=True, tone="danger",
        ),
        Transition(
            "step_back", _("退回影子"), frozenset({State.SHARE1, State.SHARE10}), State.SHADOW, "rules.release",
            guard=_own_operator, reason=True,
        ),
        Transition(
            "roll_back", _("回到上一版"), frozenset({State.LIVE, State.TRIPPED}), State.RETIRED, "rules.release",
            guard=_own_operator, reason=True, tone="danger",
        ),
        Transition(
            "restore", _("恢复此版"), frozenset({State.RETIRED}), State.LIVE, "rules.release",
            guard=_both(_own_operator, _was_live), reason=True, tone="danger",
        ),
        Transition(
            "resume", _("恢复全量"), frozenset({State.TRIPPED}), State.LIVE, "rules.release",
            guard=_both(_own_operator, _from_live), reason=True, tone="danger",
        ),
        Transition(
            "resume_share", _("恢复小份额"), frozenset({State.TRIPPED}), State.SHARE1, "rules.release",
            guard=_both(_STEP, _from_share), reason=True, tone="warning",
        ),
        Transition(
            "keep_shadow", _("留在影子"), frozenset({State.TRIPPED}), State.SHADOW, "rules.release",
            guard=_STEP, reason=True,
        ),
        Transition(
            "discard", _("放弃草稿"), frozenset({State.DRAFT}), State.RETIRED, "rules.draft",
            guard=_own_operator, reason=True,
        ),
        Transition(
            "retire", _("停用"), _STOPPABLE, State.RETIRED, "rules.release", guard=_own_operator, reason=True,
        ),
        Transition(
            "trip", _("跳闸"), frozenset(ACTING), State.TRIPPED, "rules.release", system=True, tone="danger"
        ),
        Transition(
            "supersede", _("由新版接替"), frozenset({State.LIVE, State.TRIPPED}), State.RETIRED, "rules.release",
            system=True,
        ),
        Transition(
            "succeed", _("接替"), frozenset({State.RETIRED}), State.LIVE, "rules.release", system=True
        ),
    ),
)  # fmt: skip
