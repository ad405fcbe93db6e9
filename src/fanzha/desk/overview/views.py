"""Decides what the overview's page, Excel and daily report show, and that what is taken away is recorded."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from fanzha.desk.excel.exporting import note_down
from fanzha.desk.excel.writing import sent
from fanzha.desk.organisations.models import User
from fanzha.desk.overview.change import percent
from fanzha.desk.overview.figures import DAYS, RIGHT, Overview, overview
from fanzha.desk.overview.press import printed
from fanzha.desk.overview.sheet import sheets, tables
from fanzha.desk.pages.templatetags.desk import day as written
from fanzha.desk.pages.templatetags.desk import stamp
from fanzha.desk.rights.seats import seats_of
from fanzha.desk.rights.views import needs, person
from fanzha.errors import Refused

_DAILY = Path(__file__).with_name("daily.typ")


@needs(RIGHT)
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """Today, or `?day=`."""
    found = _found(request)
    shown = {
        "found": found,
        "span": DAYS,
        "wrong_share": percent(found.rates.wrong_share),
        "may_export": _may_export(person(request)),
        "today": timezone.localdate(),
    }
    return render(request, "overview/page.html", shown)


@needs("reports.export")
@require_GET
def excel(request: HttpRequest) -> HttpResponseBase:
    """The page's tables as Excel; recorded."""
    found = _found(request)
    _record(person(request), "overview.excel", found)
    return sent(f"overview-{found.days.day}.xlsx", *sheets(tables(found)))


@needs("reports.export")
@require_GET
def daily(request: HttpRequest) -> HttpResponse:
    """The daily report (日报) as PDF; recorded."""
    user, found = person(request), _found(request)
    seat, at = seats_of(user)[0], stamp()
    said = {
        "title": _("反诈工作日报 %(day)s") % {"day": written(found.days.day)},
        "subtitle": f"{seat.organisation_name} · {at}",
        "watermark": f"{user.name} {at}",
        "footer": seat.organisation_name,
        "wordy": False,
        "note": _("环比、同比以同一时刻为界；基期为零或无数据记“—”。误停率＝申诉成立的停机／停机。"),
        "signs": [_("编制："), _("审核："), _("签发：")],
        "tables": [
            {"title": title, "head": head, "rows": [[str(cell) for cell in row] for row in rows]}
            for title, head, rows in tables(found)
        ],
    }
    content = printed(_DAILY, said)
    _record(user, "overview.daily", found)
    told = {"Content-Disposition": f'attachment; filename="daily-{found.days.day}.pdf"'}
    return HttpResponse(content, content_type="application/pdf", headers=told)


def _found(request: HttpRequest) -> Overview:
    today, asked = timezone.localdate(), request.GET.get("day", "")
    try:
        day = date.fromisoformat(asked) if asked else today
    except ValueError as error:
        raise Refused(_("日期无法识别，应如 2026-11-22"), where=asked[:20]) from error
    if not date(2000, 1, 1) <= day <= today:
        raise Refused(_("日期须在 2000 年之后且不晚于今天"), where=asked[:20])
    return overview(person(request), day, timezone.now())


def _may_export(user: User) -> bool:
    return any("reports.export" in seat.rights for seat in seats_of(user))


def _record(user: User, action: str, found: Overview) -> None:
    note_down(user, action, "report", str(found.days.day))
