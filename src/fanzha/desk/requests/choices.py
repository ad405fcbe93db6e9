"""Decides what the police may ask for, how urgently, and the states of a request, its lines and a referral."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Kind(TextChoices):
    """What is asked for (D8)."""

    SHUTDOWN = "shutdown", _("关停")
    ASSIST = "assist", _("协查")


class Urgency(TextChoices):
    """How soon (domain 2.2)."""

    FAST = "fast", _("加急")
    USUAL = "usual", _("一般")


class State(TextChoices):
    """Where a request stands."""

    TRIED = "tried", _("试运行")
    FILED = "filed", _("待核文书")
    ACCEPTED = "accepted", _("待批准")
    EXECUTING = "executing", _("执行中")
    DONE = "done", _("已执行，待回执")
    ANSWERED = "answered", _("已回执")
    REFUSED = "refused", _("退回")
    WITHDRAWN = "withdrawn", _("已撤回")


TONES = {
    State.TRIED: "secondary",
    State.FILED: "yellow",
    State.ACCEPTED: "yellow",
    State.EXECUTING: "blue",
    State.DONE: "azure",
    State.ANSWERED: "green",
    State.REFUSED: "red",
    State.WITHDRAWN: "secondary",
}


class Result(TextChoices):
    """What became of one number."""

    WAITING = "waiting", _("待执行")
    DONE = "done", _("已关停")
    STANDING = "standing", _("此前已关停")
    LOOKED_UP = "looked_up", _("已查询")
    REFERRED = "referred", _("外省号码，已流转")
    FAILED = "failed", _("未能执行")


class ReferralState(TextChoices):
    """Where a referral stands."""

    OPEN = "open", _("待转出")
    SENT = "sent", _("已转出")
    ANSWERED = "answered", _("已反馈")
    REFUSED = "refused", _("对方退回")


REFERRAL_TONES = {
    ReferralState.OPEN: "yellow",
    ReferralState.SENT: "blue",
    ReferralState.ANSWERED: "green",
    ReferralState.REFUSED: "red",
}


class Channel(TextChoices):
    """The two ways to another province (D9)."""

    PROVINCE = "province", _("协调相关省通信管理局")
    MINISTRY = "ministry", _("报工业和信息化部转集团公司")
