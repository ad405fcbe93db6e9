"""Decides what a restricted person is told in writing (惩戒措施告知书, D4), prints it, and keeps how it was served."""

from __future__ import annotations

import datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fanzha.desk.audit.actions import record
from fanzha.desk.lists.choices import HOLDING, List, State
from fanzha.desk.lists.models import Item
from fanzha.desk.notices.choices import Way
from fanzha.desk.notices.models import Letter
from fanzha.desk.notices.words import half
from fanzha.desk.organisations.models import User
from fanzha.desk.overview import press
from fanzha.desk.rights.roles import Words
from fanzha.desk.rights.seats import holds
from fanzha.desk.workflow.actions import act_of
from fanzha.errors import Refused
from fanzha.vocabulary import decode, read

RIGHT = "lists.edit"
_TEMPLATE = Path(press.__file__).with_name("daily.typ")


class _Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: Words
    measures: list[Words]
    appeal: list[Words]
    note: Words
    source: str
    as_of: datetime.date


@cache
def _said() -> _Said:
    return decode(read(Path(__file__).with_name("letters.yaml")), _Said)


def wanted(item: Item) -> bool:
    """Whether the law wants this item told in writing: a person who is restricted now."""
    return item.list == List.RESTRICTED and item.state in HOLDING


def serial(item: Item) -> str:
    """The letter's own number."""
    return f"CJ{item.region or '00'}-{timezone.localtime(item.starts):%Y}-{item.pk:06d}"


def by_when(item: Item) -> datetime.datetime | None:
    """Until when it must have been served; None where it was, or while the person's appeal has a clock of its own."""
    return item.due_at if item.state == State.ACTIVE else None


def letter(item: Item, user: User) -> dict[str, Any]:
    """Title, tables and signatures, in the reader's language. Name and document stay masked: only a hash is kept."""
    language, told, at = get_language() or "zh-hans", _said(), timezone.localtime()
    days = {"from": timezone.localtime(item.starts), "until": timezone.localtime(item.expires)}
    basis = [
        [_("被告知人"), f"{item.person} {item.paper}"],
        [_("认定文书"), item.document],
        [_("认定机关层级"), str(item.get_authority_display())],
        [_("期限"), f"{days['from']:%Y-%m-%d} — {days['until']:%Y-%m-%d}"],
        [_("保留号码"), item.kept_shown or _("由本人选定一张")],
    ]
    head = [_("事项"), _("内容")]
    return {
        "title": half(told.title, language),
        "subtitle": f"{serial(item)} · {at:%Y-%m-%d}",
        "watermark": f"{user.name} {at:%Y-%m-%d %H:%M}",
        "footer": f"{serial(item)} · {user.name} · {at:%Y-%m-%d %H:%M}",
        "wordy": True,
        "note": half(told.note, language),
        "signs": [_("经办单位（盖章）："), _("被告知人签收："), _("日期：")],
        "tables": [
            {"title": _("认定依据与期限"), "head": head, "rows": basis},
            {"title": _("惩戒措施"), "head": ["", _("内容")], "rows": _numbered(told.measures, language)},
            {"title": _("申诉权利"), "head": ["", _("内容")], "rows": _numbered(told.appeal, language)},
        ],
    }  # fmt: skip


def pdf(item: Item, user: User) -> bytes:
    """Set by typst. Raises FanzhaError where no Chinese font is installed, Refused where none is due."""
    if not wanted(item):
        raise Refused(_("只有生效中的惩戒对象须书面告知"), where=item.shown)
    return press.printed(_TEMPLATE, letter(item, user))


def serve(by: User, item: Item, way: str, note: str) -> Letter:
    """It has been handed over: how, when, by whom. Raises PermissionDenied, Refused."""
    if not holds(by, RIGHT, item):
        raise PermissionDenied(RIGHT)
    if not wanted(item):
        raise Refused(_("只有生效中的惩戒对象须书面告知"), where=item.shown)
    if way not in Way.values or not note.strip():
        raise Refused(_("请选择送达方式并写明回执或邮寄单号"))
    now = timezone.now()
    try:
        with transaction.atomic():
            fresh = Item.objects.select_for_update(of=("self",), no_key=True).get(pk=item.pk)
            made = Letter.objects.create(item=fresh, way=way, note=note.strip()[:200], served_at=now, served_by=by)
            until = by_when(fresh)
            told = {"serial": serial(item), "way": way, "late": until is not None and now > until}
            record(by, [act_of(item, "letters.serve", made.note, told)], at=now)
            if until is not None:
                fresh.due_at, fresh.overdue = None, False
                fresh.save(update_fields=["due_at", "overdue"])
    except IntegrityError as error:
        raise Refused(_("已登记送达"), where=item.shown) from error
    return made


def _numbered(lines: list[Words], language: str) -> list[list[str]]:
    return [[str(at), half(each, language)] for at, each in enumerate(lines, 1)]
