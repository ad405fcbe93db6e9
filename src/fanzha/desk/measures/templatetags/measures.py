"""Decides how other rooms show the measures on a number, with the way to propose one."""

from __future__ import annotations

from typing import Any

from django import template
from django.apps import apps
from django.utils.translation import gettext_lazy as _

from fanzha.desk.audit.models import Entry
from fanzha.desk.masking.subject import Subject
from fanzha.desk.measures.choices import Kind
from fanzha.desk.measures.models import Measure
from fanzha.desk.rights.seats import holds
from fanzha.desk.workflow.models import Staged
from fanzha.desk.workflow.table import Workflow

register = template.Library()
_FEW = 6
_WORDS = {
    "contact": _("登记回访"), "escalate": _("升级"), "reset_code": _("重置验证码"), "reset_password": _("重置口令"),
    "deactivate": _("停用"), "activate": _("启用"), "end_sessions": _("全部退出登录"), "person": _("新增人员"),
    "seat": _("任职"), "again": _("重新发送"),
    "propose": _("提出"), "file": _("提交"), "try": _("试运行"), "overdue": _("超时"), "sent": _("已发送"),
    "proof": _("下载证明材料"), "remind": _("到期提醒"),
    "serve": _("登记送达"), "print": _("打印告知书"), "trace": _("查看话单与轨迹"), "made": _("生成"), "receipt": _("下载回执"),
}  # fmt: skip


@register.filter
def act_words(entry: Entry) -> str:
    """What an audit entry did, in the words of its workflow's table."""
    room, _dot, name = entry.action.partition(".")
    for table in _tables():
        if table.name == room and name in table.by_name:
            return str(table.by_name[name].label)
    return str(_WORDS.get(name, entry.action))


def _tables() -> list[Workflow]:
    return [model.workflow for model in apps.get_models() if issubclass(model, Staged)]


@register.inclusion_tag("measures/about.html", takes_context=True)
def measures_about(context: dict[str, Any], subject: Subject, alert: Any = None) -> dict[str, Any]:
    """The newest measures on a subject, as far as the reader may see, and a button for who may propose."""
    user = context["request"].user
    rows = Measure.objects.seen_by(user).about(subject).order_by("-proposed_at")[:_FEW]
    may = subject.kind in Kind.values and holds(user, "measures.propose", alert or subject)
    return {"rows": rows, "subject": subject, "alert": alert, "may": may, "sees": holds(user, "measures.view", subject)}
