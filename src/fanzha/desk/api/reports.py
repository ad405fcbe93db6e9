"""Decides the routes of reports: tracing reports prepared, read and signed, and the overview's tables of a day."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, Router, Schema

from fanzha.desk.api import shapes, telling
from fanzha.desk.api.choices import Scope
from fanzha.desk.api.door import Door, keyed
from fanzha.desk.masking.actions import mask_all
from fanzha.desk.masking.subject import subject_of
from fanzha.desk.organisations.models import User
from fanzha.desk.overview.figures import RIGHT as OVERVIEW
from fanzha.desk.overview.figures import overview
from fanzha.desk.overview.sheet import tables
from fanzha.desk.rights.seats import holds
from fanzha.desk.tracing import actions, paper
from fanzha.desk.tracing.models import Report
from fanzha.errors import Refused

router = Router(tags=["reports"])
RIGHT = actions.RIGHT
_READ = Door(Scope.REPORTS_READ, RIGHT)
_FIRST = date(2000, 1, 1)


class Table(Schema):
    """One table of a report, as it is printed."""

    title: str
    head: list[str]
    rows: list[list[str]]


class ReportRow(shapes.Row):
    """A tracing report (溯源报告)."""

    id: int
    serial: str | None
    subject: shapes.Subject
    office: str
    case: str
    prepared_by: str
    prepared_at: datetime
    reviewed_by: str
    reviewed_at: datetime | None
    acts: shapes.Buttons = []


class ReportDetail(ReportRow):
    """With what it found, masked."""

    note: str
    tables: list[Table]


class Reports(Schema):
    """A page; `more` says whether another follows."""

    rows: list[ReportRow]
    more: bool


class Wanted(Schema):
    """The number of a token, and the case that asks for it."""

    token: Annotated[str, Field(max_length=400, pattern=r"^[A-Za-z0-9_-]*$")]
    case: shapes.Short = ""


class Day(Schema):
    """The overview of a day: the same tables as its Excel."""

    day: date
    tables: list[Table]


@router.get("/tracing", auth=_READ, response=telling.answers(Reports), url_name="reports")
def listing(request: HttpRequest, page: shapes.Page = 1, rows: shapes.Rows = 50) -> dict[str, Any]:
    """Newest first."""
    found = _seen(keyed(request)[0]).defer("content").order_by("-prepared_at", "-pk")
    taken, more = telling.paged(found, page, rows)
    return {"rows": [_row(row) for row in taken], "more": more}


@router.get("/tracing/{pk}", auth=_READ, response=telling.answers(ReportDetail), url_name="report")
def detail(request: HttpRequest, pk: shapes.Number) -> dict[str, Any]:
    """One, with its tables and the acts that are open."""
    user, _key = keyed(request)
    mask_all(user)
    row = get_object_or_404(_seen(user), pk=pk)
    said = paper.said(row, user)
    told = [_table(each["title"], each["head"], each["rows"]) for each in said["tables"]]
    return {**_row(row), "note": said["note"], "tables": told, "acts": telling.buttons(row, user)}


@router.post(
    "/tracing", auth=Door(Scope.REPORTS_WRITE, RIGHT), response=telling.answers(shapes.Receipt), url_name="trace"
)
def prepare(request: HttpRequest, said: Wanted, name: shapes.Once) -> dict[str, Any]:
    """A report with a serial; another person, a leader, signs it."""
    user, _key = keyed(request)
    subject = subject_of(said.token)
    if not holds(user, RIGHT, subject):
        raise Http404
    return telling.written(request, name, lambda: actions.prepare(user, subject, said.case))


@router.post(
    "/tracing/{pk}/{act}", auth=Door(Scope.REPORTS_WRITE, RIGHT), response=telling.answers(shapes.Receipt),
    url_name="act_on_report",
)  # fmt: skip
def act(
    request: HttpRequest, pk: shapes.Number, act: Literal["review", "return"], said: shapes.Reason, name: shapes.Once
) -> dict[str, Any]:
    """Sign it, or send it back with a reason."""
    user, _key = keyed(request)
    get_object_or_404(_seen(user), pk=pk)
    if act == "review":
        return telling.written(request, name, lambda: actions.review(user, pk))
    return telling.written(request, name, lambda: actions.send_back(user, pk, said.reason))


@router.get("/overview", auth=Door(Scope.REPORTS_READ, OVERVIEW), response=telling.answers(Day), url_name="overview")
def of_day(request: HttpRequest, day: date | None = None) -> dict[str, Any]:
    """Today, or a day before."""
    user, _key = keyed(request)
    today = timezone.localdate()
    asked = day or today
    if not _FIRST <= asked <= today:
        raise Refused("日期须在 2000 年之后且不晚于今天 from 2000 on, and not after today", where="day")
    told = [_table(title, head, rows) for title, head, rows in tables(overview(user, asked, timezone.now()))]
    return {"day": asked, "tables": told}


def _table(title: Any, head: Any, rows: Any) -> dict[str, Any]:
    return {"title": str(title), "head": [str(cell) for cell in head],
            "rows": [[str(cell) for cell in row] for row in rows]}  # fmt: skip


def _row(row: Report) -> dict[str, Any]:
    by = {"prepared_by": row.prepared_by.name, "reviewed_by": row.reviewed_by.name if row.reviewed_by else ""}
    return {**telling.plain(row, ReportRow, *by), **by, "subject": telling.subject(row.subject), "acts": []}


def _seen(user: User) -> Any:
    return Report.objects.visible_to(user, RIGHT).select_related("prepared_by", "reviewed_by")
