"""Decides whether a line of a list says enough and may stand there: value, basis, authority, end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa
from django.utils.translation import gettext as _

from fanzha import numbering
from fanzha.desk.lists.choices import KINDS, Authority, Exemption, Kind, List
from fanzha.desk.lists.entering import document_hash
from fanzha.desk.lists.terms import terms, years_later
from fanzha.desk.masking.mask import mask_document, mask_name
from fanzha.desk.pages.span import within
from fanzha.policy import protected_keys, reasons

BLOCK_REASONS = ("police", "regulator", "complaint", "bank", "lost", "fraud", "device", "unassigned")


@dataclass(frozen=True)
class Line:
    """One line as typed. starts, expires: None for now, and for the list's usual days or the preset's years."""

    value: str
    kind: str = ""
    name: str = ""
    reason: str = ""
    why: str = ""
    document: str = ""
    authority: str = ""
    preset: str = ""
    kept: str = ""
    trunk: str = ""
    exemption: str = ""
    starts: datetime | None = None
    expires: datetime | None = None


@dataclass(slots=True)
class Draft:
    """What a line says once it is judged: an item that stands nowhere yet. The fields are the item's."""

    list: str
    kind: str
    starts: datetime
    expires: datetime
    value: str = ""
    person: str = ""
    paper: str = ""
    reason: str = ""
    why: str = ""
    document: str = ""
    authority: str = ""
    kept: str = ""
    trunk: str = ""
    exemption: str = ""


@dataclass(frozen=True)
class Fault:
    """What is wrong in which column."""

    column: str
    problem: str


def judge(which: str, lines: Sequence[Line], now: datetime) -> list[tuple[Draft | None, list[Fault]]]:
    """For each line a draft, or its faults. Numbers are read together, so that 100,000 take seconds."""
    found = numbering.normalise(pa.array([line.value for line in lines], pa.string()))
    kept = numbering.normalise(pa.array([line.kept for line in lines], pa.string()))
    guarded = protected_keys()
    return [
        _judged(which, line, numbers, guarded, now)
        for line, *numbers in zip(lines, found.number.tolist(), kept.number.tolist(), strict=True)
    ]


def _judged(
    which: str, line: Line, numbers: Sequence[int], guarded: frozenset[int], now: datetime
) -> tuple[Draft | None, list[Fault]]:
    kind = line.kind or KINDS[List(which)][0]
    item = Draft(
        which, kind, line.starts or now, line.expires or now, why=line.why.strip()[:300],
        document=line.document.strip()[:80], authority=line.authority, trunk=line.trunk.strip()[:60],
        exemption=line.exemption, reason=_reason(which, line),
    )  # fmt: skip
    faults = [*_named(item, line, numbers[0], guarded), *_grounds(item, line, numbers[1]), *_time(item, line, now)]
    return (None, faults) if faults else (item, [])


def _reason(which: str, line: Line) -> str:
    return {List.ALLOW: "trusted", List.RESTRICTED: "police", List.SPECIAL: "trusted"}.get(List(which), line.reason)


def _named(item: Draft, line: Line, number: int, guarded: frozenset[int]) -> Iterator[Fault]:
    if item.kind not in KINDS[List(item.list)]:
        yield Fault("kind", _("该名单不收这类对象"))
    elif item.kind == Kind.PERSON:
        yield from _person(item, line)
    elif item.kind == Kind.PREFIX:
        item.value = line.value.strip()
        if not item.value.endswith("*") or not _digits(item.value[:-1].lstrip("+")):
            yield Fault("value", _("号段须写作 +8617091* 的样式"))
    elif item.kind == Kind.DEVICE:
        item.value = line.value.strip()
        if len(item.value) not in (14, 15, 16) or not _digits(item.value):
            yield Fault("value", _("终端须为 15 位 IMEI"))
    elif item.list == List.SPECIAL and line.value.strip() == "*":
        item.value = "*"
    elif number <= 0:
        yield Fault("value", _("不是可识别的号码"))
    else:
        item.value = numbering.display(number)
        if item.list == List.BLOCK and number in guarded:
            yield Fault("value", _("紧急与公共服务号码不得列入"))


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()  # an IMEI in full-width digits would be no gateway's


def _person(item: Draft, line: Line) -> Iterator[Fault]:
    found = numbering.check_document(line.value)
    if not found.kind:
        yield Fault("value", _("证件号码校验位不符"))
        return
    item.value, item.paper, item.person = (
        document_hash(found.number),
        mask_document(found.number),
        mask_name(line.name.strip()),
    )
    if not item.person:
        yield Fault("name", _("请填写姓名"))


def _grounds(item: Draft, line: Line, kept: int) -> Iterator[Fault]:
    if item.reason not in reasons() or (item.list == List.BLOCK and item.reason not in BLOCK_REASONS):
        yield Fault("reason", _("原因无效"))
    if item.list == List.RESTRICTED:
        if not item.document:
            yield Fault("document", _("须有认定文书编号"))
        if item.authority not in terms().authorities:
            yield Fault("authority", _("须由设区的市级以上公安机关认定"))
    elif not item.document and not item.why:
        yield Fault("why", _("须写明依据：文书编号或说明"))
    if line.authority and line.authority not in Authority.values:
        yield Fault("authority", _("认定机关层级无效"))
    if line.kept.strip():
        item.kept = numbering.display(kept) if kept > 0 else ""
        if not item.kept:
            yield Fault("kept", _("保留号码无法识别"))
    if item.list == List.SPECIAL and (not item.trunk or item.exemption not in Exemption.values):
        yield Fault("trunk", _("特殊用户须写明中继和豁免内容"))


def _time(item: Draft, line: Line, now: datetime) -> Iterator[Fault]:
    for column, at in (("starts", item.starts), ("expires", item.expires)):
        if not within(at):
            yield Fault(column, _("日期须在 2000 年至 2999 年之间"))
            return
    preset = next((each for each in terms().presets if each.id == line.preset), None)
    if line.preset and preset is None:
        yield Fault("preset", _("惩戒类别无效"))
    if line.expires:
        item.expires = line.expires
    elif preset:
        item.expires = years_later(item.starts, preset.years)
    else:
        item.expires = item.starts + timedelta(days=terms().days[item.list])
    if item.expires <= max(item.starts, now):
        yield Fault("expires", _("到期须晚于生效和今天"))
    elif item.expires - item.starts > timedelta(days=terms().most_days[item.list]):
        yield Fault("expires", _("期限最长 %(days)s 天") % {"days": terms().most_days[item.list]})
