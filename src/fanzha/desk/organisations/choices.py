"""Decides which kinds of organisation there are, and the levels they stand on."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Kind(TextChoices):
    """What an organisation is (domain 3, organisation types)."""

    OPERATOR = "operator", _("电信运营商")
    POLICE = "police", _("公安机关")
    REGULATOR = "regulator", _("通信管理局")
    BANK = "bank", _("银行")
    SHOP = "shop", _("营业厅")


class Level(TextChoices):
    """How high an organisation stands; a station sees only rows that were assigned to it."""

    MINISTRY = "ministry", _("部级")
    PROVINCE = "province", _("省级")
    CITY = "city", _("市级")
    COUNTY = "county", _("区县级")
    STATION = "station", _("基层所")
