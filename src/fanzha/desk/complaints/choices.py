"""Decides what people complain of, by which way it comes, and which states a complaint goes through."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Kind(TextChoices):
    """What is complained of."""

    FRAUD = "fraud", _("涉嫌诈骗")
    POSING = "posing", _("冒充公检法或客服")
    HARASSING = "harassing", _("骚扰或响一声")
    FALSE_CLI = "false_cli", _("改号来电")
    OTHER = "other", _("其他")


class Way(TextChoices):
    """How it came."""

    HOTLINE_12321 = "12321", _("12321 举报中心")
    HOTLINE_96110 = "96110", _("96110 反诈专线")
    OPERATOR = "operator", _("运营商客服")
    SHOP = "shop", _("营业厅")
    BANK = "bank", _("银行")


class State(TextChoices):
    """Where a complaint stands."""

    RECEIVED = "received", _("待核实")
    UPHELD = "upheld", _("属实")
    DISMISSED = "dismissed", _("不属实")


TONES = {State.RECEIVED: "yellow", State.UPHELD: "red", State.DISMISSED: "secondary"}
