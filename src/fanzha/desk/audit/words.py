"""Decides what people read for an act: its workflow's word where it is a transition, else by the end of its name."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from django.apps import apps
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fanzha.desk.workflow.models import Staged

WORDS: dict[str, Promise] = {
    "contact": _("登记回访"),
    "escalate": _("升级"),
    "reset_code": _("重置验证码"),
    "reset_password": _("重置口令"),
    "deactivate": _("停用"),
    "activate": _("启用"),
    "end_sessions": _("全部退出登录"),
    "person": _("新增人员"),
    "seat": _("任职"),
    "again": _("重新发送"),
    "propose": _("提出"),
    "file": _("提交"),
    "try": _("试运行"),
    "overdue": _("超时"),
    "sent": _("已发送"),
    "proof": _("下载证明材料"),
    "remind": _("到期提醒"),
    "serve": _("登记送达"),
    "print": _("打印告知书"),
    "trace": _("查看话单与轨迹"),
    "made": _("生成"),
    "receipt": _("下载回执"),
    "assign": _("分派"),
    "complaints": _("投诉汇成预警"),
    "push": _("推送公安"),
    "add_key": _("签发密钥"),
    "write": _("接口写入"),
    "wrong_code": _("查询码错误"),
    "gateway": _("登记网关"),
    "gateway_revoked": _("停用网关"),
    "refused": _("被网关拒收"),
    "look_up": _("查询号码"),
    "check": _("入网核查"),
    "export": _("导出"),
    "code_enrolled": _("绑定验证码"),
    "ended": _("结束会话"),
    "out": _("退出"),
    "password_changed": _("修改口令"),
    "unmask": _("显示完整信息"),
    "language": _("设定告知语言"),
    "add": _("新增机构"),
    "grant": _("共享授权"),
    "grant_ended": _("终止共享"),
    "network": _("新增网络"),
    "seat_ended": _("免去任职"),
    "answer": _("反馈"),
    "budget": _("改预算"),
    "draft": _("起草"),
    "edit": _("修改"),
    "files": _("随规则文件更新"),
    "prepare": _("编制"),
    "take": _("下载"),
    "ask": _("提交回测"),
    "cancel": _("取消"),
    "in": _("登录"),
    "wrong_password": _("口令错误"),
    "outcomes": _("导出结论"),
    "daily": _("日报 PDF"),
    "excel": _("导出"),
}


def said(action: str) -> str:
    """The words of an action, in the reader's language."""
    return str(_transitions().get(action) or WORDS.get(action.partition(".")[2], action))


def sayings() -> Callable[[str], str]:
    """`said` for many, each action asked once."""
    return cache(said)


@cache
def _transitions() -> dict[str, str | Promise]:
    tables = [model.workflow for model in apps.get_models() if issubclass(model, Staged)]
    return {f"{table.name}.{each.name}": each.label for table in tables for each in table.transitions}
