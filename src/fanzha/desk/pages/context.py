"""Decides what every page knows: who is signed in, what they may open, and where they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fanzha import __version__
from fanzha.desk.lab.alarms import alarms
from fanzha.desk.organisations.models import User
from fanzha.desk.pages.refusals import back_of
from fanzha.desk.rights.roles import roles
from fanzha.desk.rights.seats import holds, seats_of


@dataclass(frozen=True)
class Entry:
    """One line of the menu; shown to whoever holds `right`. more: behind "more" where the menu is long."""

    name: str
    label: Promise
    right: str
    icon: str
    more: bool = False


# The next rooms of the desk add their line here.
MENU = (
    Entry("alerts:list", _("预警"), "alerts.view", "alert"),
    Entry("callbacks:queue", _("回访劝阻"), "callbacks.view", "list"),
    Entry("entities:search", _("号码画像"), "records.view", "person"),
    Entry("measures:list", _("处置"), "measures.view", "shield"),
    Entry("notices:list", _("告知"), "measures.view", "list", more=True),
    Entry("appeals:queue", _("申诉"), "appeals.view", "back"),
    Entry("requests:list", _("协查"), "requests.view", "list"),
    Entry("pushes:list", _("推送公安"), "requests.view", "list", more=True),
    Entry("complaints:list", _("投诉举报"), "complaints.view", "list"),
    Entry("complaints:add", _("登记举报"), "complaints.file", "list", more=True),
    Entry("lists:list", _("名单"), "lists.view", "list"),
    Entry("lists:check", _("入网核查"), "lists.check", "check"),
    Entry("overview:page", _("概览"), "reports.view", "list"),
    Entry("tracing:list", _("溯源报告"), "records.view", "list", more=True),
    Entry("lab:list", _("规则实验室"), "rules.view", "list"),
    Entry("learning:list", _("模型"), "models.view", "list", more=True),
    Entry("supervision:list", _("督办"), "work.supervise", "list", more=True),
    Entry("rollback:list", _("回滚"), "measures.rollback", "undo", more=True),
    Entry("appeals:own", _("我的号码"), "own.view", "person"),
    Entry("people:list", _("人员与机构"), "people.manage", "person"),
    Entry("audit:list", _("审计"), "audit.view", "list", more=True),
)
_SHORT = 9  # so many lines fit beside each other, in English too


def page(request: HttpRequest) -> dict[str, Any]:
    """For every template."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {"demo": settings.DEMO, "version": __version__}
    seat = next(iter(seats_of(user)), None)
    mine = [entry for entry in MENU if holds(user, entry.right)]
    long = len(mine) > _SHORT
    menu = [_told(entry) for entry in mine if not (long and entry.more)]
    more = [_told(entry) for entry in mine if long and entry.more]
    here = request.resolver_match.app_name if request.resolver_match else ""
    role = roles().get(seat.role) if seat else roles()["subscriber"]
    known: dict[str, Any] = {"demo": settings.DEMO, "version": __version__, "alarms": alarms(user)}
    known["again"] = (
        back_of(request) or request.get_full_path()
    )  # in another language: what takes a form may only do that
    known["sees_keys"] = holds(user, "keys.hold") or holds(user, "people.manage")
    return known | {"menu": menu, "more": more, "here": here, "seat": seat, "role": role}


def _told(entry: Entry) -> dict[str, Any]:
    return {"address": reverse(entry.name), "label": entry.label, "icon": entry.icon, "name": entry.name.split(":")[0]}
