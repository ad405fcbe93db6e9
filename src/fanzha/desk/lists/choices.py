"""Decides which lists there are, what stands on them, and which states an item goes through."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class List(TextChoices):
    """The four lists."""

    ALLOW = "allow", _("放行名单")
    BLOCK = "block", _("拦截名单")
    RESTRICTED = "restricted", _("惩戒人员")
    SPECIAL = "special", _("特殊用户")


class Kind(TextChoices):
    """What an item names."""

    NUMBER = "number", _("号码")
    PREFIX = "prefix", _("号段")
    DEVICE = "device", _("终端")
    PERSON = "person", _("证件")


KINDS = {
    List.ALLOW: (Kind.NUMBER,),
    List.BLOCK: (Kind.NUMBER, Kind.PREFIX, Kind.DEVICE),
    List.RESTRICTED: (Kind.PERSON,),
    List.SPECIAL: (Kind.NUMBER,),
}


class State(TextChoices):
    """Where an item stands; a contested one holds until it is decided."""

    PROPOSED = "proposed", _("待审批")
    ACTIVE = "active", _("有效")
    CONTESTED = "contested", _("申诉中")
    REJECTED = "rejected", _("未批准")
    REMOVED = "removed", _("已移出")
    RESTORED = "restored", _("申诉成立移出")
    EXPIRED = "expired", _("已到期")


HOLDING = (State.ACTIVE, State.CONTESTED)
TONES = {
    State.PROPOSED: "yellow",
    State.ACTIVE: "blue",
    State.CONTESTED: "orange",
    State.REJECTED: "secondary",
    State.REMOVED: "secondary",
    State.RESTORED: "green",
    State.EXPIRED: "secondary",
}


class Authority(TextChoices):
    """Who recognised a restricted person (认定机关层级)."""

    COUNTY = "county", _("县级公安机关")
    CITY = "city", _("设区的市级公安机关")
    PROVINCE = "province", _("省级公安机关")
    MINISTRY = "ministry", _("公安部")
    COURT = "court", _("人民法院（生效判决）")


class Exemption(TextChoices):
    """What a special user may do that nobody else may (A7, E8; policy.Exemption)."""

    CLIR = "clir", _("隐藏主叫")
    EMPTY = "empty", _("空号主叫")
    ANY = "any", _("两者")


class ImportState(TextChoices):
    """Where an import stands."""

    TRIED = "tried", _("试运行")
    WAITING = "waiting", _("待审批")
    DONE = "done", _("已导入")
    REJECTED = "rejected", _("未批准")
