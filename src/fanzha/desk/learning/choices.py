"""Decides which states a model version goes through, and what the sources of outcomes are called."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    """Where a version stands."""

    PROPOSED = "proposed", _("待提请")
    ASKED = "asked", _("待批准")
    RELEASED = "released", _("现用")
    RETIRED = "retired", _("已撤下")
    DECLINED = "declined", _("未批准")


TONES = {
    State.PROPOSED: "blue",
    State.ASKED: "yellow",
    State.RELEASED: "green",
    State.RETIRED: "secondary",
    State.DECLINED: "secondary",
}


class Source(TextChoices):
    """Whose word an outcome is."""

    CONFIRMED = "confirmed", _("研判属实")
    DISMISSED = "dismissed", _("研判排除")
    POLICE = "police", _("公安反馈")
    WRONG_STOP = "wrong_stop", _("误停")
    APPEAL = "appeal", _("申诉成立")


ADVICE = {
    "first": _("首个版本或可比样本不足"),
    "better": _("比现用模型好"),
    "alike": _("与现用模型分不出高下"),
    "worse": _("比现用模型差"),
}
GRADES = {"steady": (_("稳定"), "green"), "watch": (_("留意"), "yellow"), "alarm": (_("报警"), "red")}
