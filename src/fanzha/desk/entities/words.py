"""Decides what people read where the number plan says what kind a number is."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fanzha.numbering.codes import Kind

_WORDS: dict[Kind, Promise] = {
    Kind.MOBILE: _("移动电话"),
    Kind.MVNO: _("移动转售（虚拟运营商）"),
    Kind.IOT: _("物联网号码"),
    Kind.DATA: _("上网卡"),
    Kind.FIXED: _("固定电话"),
    Kind.SERVICE: _("服务短号"),
    Kind.EMERGENCY: _("紧急电话"),
    Kind.HOTLINE_95: _("95 热线"),
    Kind.CALL_CENTRE_95: _("95 呼叫中心"),
    Kind.LOCAL_96: _("96 热线"),
    Kind.FREEPHONE_400: _("400 号码"),
    Kind.FREEPHONE_800: _("800 号码"),
    Kind.MASKED_700: _("700 隐私号"),
    Kind.SMS_PORT: _("短信端口"),
    Kind.INTERNATIONAL: _("国际号码"),
    Kind.SATELLITE: _("卫星电话"),
    Kind.MARITIME: _("海事电话"),
    Kind.EMERGENCY_COMMS: _("应急通信"),
    Kind.IRREGULAR: _("不合规号码"),
    Kind.OPAQUE: _("加密号码"),
    Kind.WITHHELD: _("未显示号码"),
}


def kind_of_number(kind: Kind) -> str:
    """In the reader's language; nothing for one that the plan does not know."""
    return str(_WORDS.get(kind, ""))


_TABLES: dict[str, Promise] = {"subscribers": _("用户资料"), "cells": _("小区资料"), "trunks": _("中继资料")}


def tables(names: Iterable[str]) -> str:
    """Reference tables that are missing, in the reader's language."""
    return gettext("、").join(str(_TABLES.get(name, name)) for name in names)
