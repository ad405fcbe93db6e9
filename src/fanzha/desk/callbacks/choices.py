"""Decides how a call-back stands, how a try to reach the victim went, and how it ended (domain 2.6)."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    """Where a call-back stands."""

    OPEN = "open", _("待签收")
    SIGNED = "signed", _("待回访")
    REACHED = "reached", _("已联系，待反馈")
    VISITING = "visiting", _("上门劝阻中")
    CLOSED = "closed", _("已办结")


TONES = {
    State.OPEN: "red",
    State.SIGNED: "yellow",
    State.REACHED: "blue",
    State.VISITING: "azure",
    State.CLOSED: "secondary",
}
WAITING = (State.OPEN, State.SIGNED)  # nobody has spoken with the victim yet
UNDONE = (*WAITING, State.REACHED, State.VISITING)


class Contact(TextChoices):
    """What came of one try to call."""

    WILLING = "willing", _("打通：本人，配合")
    UNWILLING = "unwilling", _("打通：本人，不配合")
    OTHER = "other", _("打通：非本人")
    OFF = "off", _("未打通：关机或停机")
    DECLINED = "declined", _("未打通：拒接")
    EMPTY = "empty", _("未打通：空号")
    SILENT = "silent", _("未打通：无人接")
    NONE = "none", _("无联系电话")


VICTIM = (Contact.WILLING, Contact.UNWILLING)  # another's voice may be the fraudster's (domain 2.6)


class Outcome(TextChoices):
    """How it ended."""

    UNKNOWN = "", "—"
    DISSUADED = "dissuaded", _("已劝阻")
    UNHARMED = "unharmed", _("未受骗")
    DEFRAUDED = "defrauded", _("已受骗")
    UNPERSUADED = "unpersuaded", _("未劝阻")
    UNANSWERED = "unanswered", _("未接电话")
    NOT_MET = "not_met", _("未遇到")


class Paid(TextChoices):
    """Whether money has gone already: then stop-payment is the next call."""

    UNKNOWN = "", "—"
    NO = "no", _("未转账")
    YES = "yes", _("已转账")
