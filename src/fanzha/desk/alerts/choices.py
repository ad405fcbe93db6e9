"""Decides which states an alert goes through, and which reasons a judgement may rest on."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    """Where an alert stands."""

    OPEN = "open", _("待研判")
    UNSURE = "unsure", _("待查")
    CONFIRMED = "confirmed", _("属实")
    DISMISSED = "dismissed", _("误报")
    LAPSED = "lapsed", _("静默关闭")


TONES = {
    State.OPEN: "blue",
    State.UNSURE: "yellow",
    State.CONFIRMED: "red",
    State.DISMISSED: "green",
    State.LAPSED: "secondary",
}


class Kind(TextChoices):
    """What an alert is about."""

    NUMBER = "number", _("号码")
    DEVICE = "device", _("终端")
    CELL = "cell", _("小区")


class Reason(TextChoices):
    """Why someone judged so (these labels feed the models)."""

    EVIDENCE = "evidence", _("证据充分")
    VICTIM = "victim", _("被害人报案")
    POLICE = "police", _("公安通报")
    CALLBACK = "callback", _("回访核实")
    BUSINESS = "business", _("正当业务（快递、客服、中介等）")
    VERIFIED = "verified", _("机主已核验")
    NEW_HOLDER = "new_holder", _("号码已换人")
    WRONG_RULE = "wrong_rule", _("规则误判")
    MORE = "more", _("需补充信息")
    AWAITING = "awaiting", _("待外部反馈")


REASONS = {
    "confirm": (Reason.EVIDENCE, Reason.VICTIM, Reason.POLICE, Reason.CALLBACK),
    "dismiss": (Reason.BUSINESS, Reason.VERIFIED, Reason.NEW_HOLDER, Reason.WRONG_RULE),
    "hold": (Reason.MORE, Reason.AWAITING),
}
