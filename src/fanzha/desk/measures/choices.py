"""Decides which states a measure goes through, and how it may have ended."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    """Where a measure stands."""

    PROPOSED = "proposed", _("待审批")
    ACTIVE = "active", _("生效")
    REJECTED = "rejected", _("未批准")
    WITHDRAWN = "withdrawn", _("已撤回")
    LIFTED = "lifted", _("已解除")
    EXPIRED = "expired", _("已到期")
    UNDONE = "undone", _("已回滚")


COMING = _("已告知，待生效")  # active, but its notice still runs


TONES = {
    State.PROPOSED: "yellow",
    State.ACTIVE: "red",
    State.REJECTED: "secondary",
    State.WITHDRAWN: "secondary",
    State.LIFTED: "green",
    State.EXPIRED: "green",
    State.UNDONE: "azure",
}


class Kind(TextChoices):
    """What a measure can be on; cells are checked in the field, never stopped."""

    NUMBER = "number", _("号码")
    DEVICE = "device", _("终端")


class Label(TextChoices):
    """What the measure turned out to be (fed back to rules and models)."""

    NONE = "", _("未评价")
    RIGHT = "right", _("正确")
    WRONG = "wrong", _("误停")
    WRONG_RULE = "wrong_rule", _("规则有误")
