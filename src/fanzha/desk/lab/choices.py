"""Decides which states a rule version goes through, what each lets it do, and where a version comes from."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from fanzha.detection.rule import Stage


class State(TextChoices):
    """Where a version of a rule stands."""

    DRAFT = "draft", _("草稿")
    REVIEWED = "reviewed", _("已复核")
    SHADOW = "shadow", _("影子运行")
    SHARE1 = "share1", _("小份额")
    SHARE10 = "share10", _("大份额")
    LIVE = "live", _("全量")
    TRIPPED = "tripped", _("已跳闸")
    RETIRED = "retired", _("已停用")


TONES = {
    State.DRAFT: "secondary",
    State.REVIEWED: "cyan",
    State.SHADOW: "purple",
    State.SHARE1: "yellow",
    State.SHARE10: "orange",
    State.LIVE: "green",
    State.TRIPPED: "red",
    State.RETIRED: "secondary",
}
STAGES = {
    State.DRAFT: Stage.DRAFT,
    State.REVIEWED: Stage.REVIEWED,
    State.SHADOW: Stage.SHADOW,
    State.SHARE1: Stage.SHARE,
    State.SHARE10: Stage.SHARE,
    State.LIVE: Stage.LIVE,
    State.TRIPPED: Stage.SHADOW,
    State.RETIRED: Stage.RETIRED,
}
ACTING = (State.SHARE1, State.SHARE10, State.LIVE)
SHADOWED = (State.SHADOW, State.TRIPPED)
OPEN = (State.DRAFT, State.REVIEWED, State.SHADOW, State.SHARE1, State.SHARE10, State.TRIPPED)  # still to be decided


class Origin(TextChoices):
    """Who wrote a version."""

    FILES = "files", _("规则文件")
    DESK = "desk", _("工作台")


class Progress(TextChoices):
    """Where a backtest stands."""

    QUEUED = "queued", _("排队")
    RUNNING = "running", _("运行中")
    DONE = "done", _("完成")
    FAILED = "failed", _("失败")
    CANCELLED = "cancelled", _("已取消")


class Trip(TextChoices):
    """Why a version fell to shadow by itself."""

    PROPOSALS = "proposals", _("每小时提请超出预算")
    MEASURES = "measures", _("每小时即时处置超出预算")
    APPEALS = "appeals", _("申诉成立比例过高")
