"""Decides which scopes a key may have, what of its owner's rights it lends to a machine, and which states it has."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Scope(TextChoices):
    """One door each; a key opens those it names, and never more than its owner may."""

    ALERTS_READ = "alerts.read", _("读预警")
    ALERTS_WRITE = "alerts.write", _("研判预警")
    ENTITIES_READ = "entities.read", _("查号码、终端、小区")
    MEASURES_READ = "measures.read", _("读处置")
    MEASURES_WRITE = "measures.write", _("提出与审批处置")
    LISTS_READ = "lists.read", _("读名单")
    LISTS_WRITE = "lists.write", _("维护名单")
    APPEALS_READ = "appeals.read", _("读申诉")
    APPEALS_WRITE = "appeals.write", _("处理申诉")
    APPEALS_FILE = "appeals.file", _("代用户提交申诉")
    COMPLAINTS_READ = "complaints.read", _("读投诉举报")
    COMPLAINTS_WRITE = "complaints.write", _("登记与核实投诉举报")
    REQUESTS_READ = "requests.read", _("读协查请求")
    REQUESTS_WRITE = "requests.write", _("提交与办理协查请求")
    ROLLBACKS_READ = "rollbacks.read", _("读回滚")
    ROLLBACKS_WRITE = "rollbacks.write", _("提出与审批回滚")
    PUSHES_READ = "pushes.read", _("读推送名单")
    PUSHES_WRITE = "pushes.write", _("签收与反馈推送名单")
    CALLBACKS_READ = "callbacks.read", _("读回访劝阻")
    CALLBACKS_WRITE = "callbacks.write", _("办理回访劝阻")
    NOTICES_READ = "notices.read", _("读告知")
    NOTICES_WRITE = "notices.write", _("重发告知与设定语言")
    REPORTS_READ = "reports.read", _("读溯源报告与概览")
    REPORTS_WRITE = "reports.write", _("编制与审核溯源报告")


class KeyState(TextChoices):
    """Where a key stands; one past its day is still "active" and opens nothing."""

    PROPOSED = "proposed", _("待批准")
    APPROVED = "approved", _("待领取")
    ACTIVE = "active", _("使用中")
    REJECTED = "rejected", _("未批准")
    WITHDRAWN = "withdrawn", _("已撤回")
    REVOKED = "revoked", _("已吊销")


KEY_TONES = {
    KeyState.PROPOSED: "yellow",
    KeyState.APPROVED: "blue",
    KeyState.ACTIVE: "green",
    KeyState.REJECTED: "red",
    KeyState.WITHDRAWN: "secondary",
    KeyState.REVOKED: "secondary",
}
