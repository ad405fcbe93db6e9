"""Decides which states a morning list goes through, and what the police may answer about a number."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    """Where a list stands."""

    SENT = "sent", _("已推送，待签收")
    SIGNED = "signed", _("已签收，反馈中")
    ANSWERED = "answered", _("反馈完毕")


TONES = {State.SENT: "yellow", State.SIGNED: "blue", State.ANSWERED: "green"}


class Answer(TextChoices):
    """The label of a number (D7)."""

    NONE = "", _("未反馈")
    TRUE = "true", _("涉诈属实")
    FALSE = "false", _("不涉诈")
    UNSURE = "unsure", _("待查")
