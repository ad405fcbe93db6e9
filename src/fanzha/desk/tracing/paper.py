"""Decides what a tracing report says on paper, and makes it a PDF or a Word file, masked for whoever takes it."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor

from fanzha.desk.alerts.words import words
from fanzha.desk.entities.words import tables
from fanzha.desk.masking.actions import as_shown
from fanzha.desk.masking.subject import Subject
from fanzha.desk.organisations.models import User
from fanzha.desk.overview import press
from fanzha.desk.pages.places import place
from fanzha.desk.tracing.actions import finding_of
from fanzha.desk.tracing.choices import Link, State
from fanzha.desk.tracing.finding import Finding
from fanzha.desk.tracing.models import Report
from fanzha.desk.tracing.watermark import mark

_TEMPLATE = Path(press.__file__).with_name("daily.typ")
_ASIAN = "宋体"  # every Chinese Word has it; others take their own
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def said(report: Report, user: User) -> dict[str, Any]:
    """Title, tables, signatures and watermark; what this person has not asked to see in full is masked."""
    found, at = finding_of(report), timezone.localtime().strftime("%Y-%m-%d %H:%M")
    draft = "" if report.state == State.REVIEWED else _("未经审核") + " "
    shown = as_shown(user, report.subject)
    return {
        "title": _("号码溯源报告"),
        "subtitle": f"{report.serial} · {report.office} · {timezone.localtime(report.prepared_at):%Y-%m-%d}",
        "watermark": f"{draft}{user.name} {at}",
        "footer": f"{report.serial} · {user.name} · {at}",
        "wordy": True,
        "note": _("号码默认脱敏；关联号码按已有预警分值排序。名单与话单为编制时的情形，仅供研判，不作为处罚依据。"),
        "signs": [
            _("编制：%(name)s") % {"name": report.prepared_by.name},
            _("审核：%(name)s") % {"name": report.reviewed_by.name if report.reviewed_by else ""},
            _("签收："),
        ],
        "tables": [{"title": t, "head": h, "rows": r} for t, h, r in _tables(report, found, user, shown)],
    }


def pdf(report: Report, user: User) -> bytes:
    """Set by typst. Raises FanzhaError where no Chinese font is installed."""
    return press.printed(_TEMPLATE, said(report, user))


def word(report: Report, user: User) -> bytes:
    """A .docx with the same text and watermark, whose words stand in every page's header too."""
    told, made = _legible(said(report, user)), Document()
    style = made.styles["Normal"]
    style.font.size = Pt(10)
    style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), _ASIAN)
    about = made.core_properties
    about.title, about.comments = f"{told['title']} {report.serial}", ""
    about.author = _legible(report.prepared_by.name)
    head = made.sections[0].header.paragraphs[0].add_run(told["watermark"])
    head.font.size, head.font.color.rgb = Pt(8), RGBColor(0x80, 0x80, 0x80)
    mark(made.sections[0], told["watermark"])
    made.sections[0].footer.paragraphs[0].text = told["footer"]
    for text, size in ((told["title"], 18), (told["subtitle"], 10)):
        line = made.add_paragraph()
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        line.add_run(text).font.size = Pt(size)
    for table in told["tables"]:
        made.add_paragraph().add_run(table["title"]).bold = True
        grid = made.add_table(rows=1, cols=len(table["head"]), style="Table Grid")
        for cell, text in zip(grid.rows[0].cells, table["head"], strict=True):
            cell.paragraphs[0].add_run(text).bold = True
        for row in table["rows"]:
            for cell, text in zip(grid.add_row().cells, row, strict=True):
                cell.text = text
    made.add_paragraph(told["note"])
    made.add_paragraph("　　　　".join(f"{sign}________" for sign in told["signs"]))
    out = BytesIO()
    made.save(out)
    return out.getvalue()


def _legible(told: Any) -> Any:
    """Without the control characters that XML cannot hold, and that somebody may have typed."""
    if isinstance(told, str):
        return _CONTROL.sub("", told)
    if isinstance(told, dict):
        return {name: _legible(each) for name, each in told.items()}
    return [_legible(each) for each in told] if isinstance(told, list | tuple) else told


def _tables(report: Report, found: Finding, user: User, shown: str) -> list[tuple[str, list[str], list[list[str]]]]:
    english = get_language() == "en"

    def seen(kind: str, value: str) -> str:
        return as_shown(user, Subject(kind, value, report.network, report.region))

    about = [
        [_("号码"), shown],
        [_("地区"), place(report.region)],
        [_("网络"), report.network],
        [_("案件编号"), report.case or "—"],
        [_("话单数"), str(found.calls)],
        [_("缺少的参照表"), tables(found.unknown) or "—"],
    ]
    alerts = [
        [words().scheme(a.scheme), f"{a.score:.0f}", str(words().band(a.band)), _span(a.first, a.last),
         _("；").join(each["en" if english else "zh"] for each in a.evidence[:3])]
        for a in found.alerts
    ]  # fmt: skip
    linked = [
        [seen("number", each.value), str(Link(each.by).label), f"{each.score:.0f}" if each.score else "—",
         str(each.calls) if each.calls else "—"]
        for each in found.linked
    ]  # fmt: skip
    kinds = {"device": _("终端"), "cell": _("小区")}
    places = [[seen(p.kind, p.value), kinds[p.kind], str(p.calls)] for p in found.places]
    days = [[d.day, str(d.outgoing), str(d.answered), str(d.incoming), str(d.contacts)] for d in found.days]
    return [
        (_("一、基本情况"), [_("项目"), _("内容")], about),
        (_("二、预警"), [_("手法"), _("分值"), _("级别"), _("时间"), _("证据")], alerts),
        (_("三、关联号码"), [_("号码"), _("关联方式"), _("预警分值"), _("通话")], linked),
        (_("四、终端与小区"), [_("对象"), _("类型"), _("通话")], places),
        (_("五、每日话务"), [_("日期"), _("呼出"), _("呼出接通"), _("呼入"), _("联系人")], days),
    ]


def _span(first: Any, last: Any) -> str:
    return " – ".join(timezone.localtime(each).strftime("%m-%d %H:%M") for each in (first, last))
