"""Decides the routes of notices: what was told to whom and whether it arrived, and the language of a subscriber."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, Router, Schema

from fanzha.desk.api import shapes, telling
from fanzha.desk.api.choices import Scope
from fanzha.desk.api.door import Door, keyed
from fanzha.desk.masking.subject import subject_of
from fanzha.desk.notices import actions, languages
from fanzha.desk.notices.models import Notice
from fanzha.desk.organisations.models import User
from fanzha.desk.rights.seats import holds

router = Router(tags=["notices"])
RIGHT = "measures.view"
_TELL = "appeals.decide"
_READ = Door(Scope.NOTICES_READ, RIGHT)
_State = Literal["", "pending", "sent", "failed", "held"]


class NoticeRow(Schema):
    """A notice; the code of its appeal page is left out of `shown`."""

    id: int
    network: str
    region: str
    measure: int
    subject: shapes.Subject
    kind: str
    language: str
    shown: str
    state: str
    made_at: datetime
    due_at: datetime | None
    overdue: bool
    sent_at: datetime | None
    attempts: int
    receipt: str


class Notices(Schema):
    """A page; `more` says whether another follows."""

    rows: list[NoticeRow]
    more: bool


class Choice(Schema):
    """The language that a number's subscriber wants to be told in."""

    token: Annotated[str, Field(max_length=400, pattern=r"^[A-Za-z0-9_-]*$")]
    language: Literal["zh-hans", "en"]


@router.get("", auth=_READ, response=telling.answers(Notices), url_name="notices")
def listing(request: HttpRequest, state: _State = "", page: shapes.Page = 1, rows: shapes.Rows = 50) -> dict[str, Any]:
    """Newest first."""
    found = _seen(keyed(request)[0]).order_by("-made_at", "-pk")
    taken, more = telling.paged(found.filter(state=state) if state else found, page, rows)
    return {"rows": [_row(row) for row in taken], "more": more}


@router.post(
    "/language", auth=Door(Scope.NOTICES_WRITE, _TELL), response=telling.answers(shapes.Receipt),
    url_name="choose_language",
)  # fmt: skip
def language(request: HttpRequest, said: Choice, name: shapes.Once) -> dict[str, Any]:
    """As the operator's register of subscribers knows it."""
    user, _key = keyed(request)
    subject = subject_of(said.token)
    if subject.kind != "number" or not holds(user, _TELL, subject):
        raise Http404

    def done() -> dict[str, Any]:
        languages.choose(user, subject, said.language, timezone.now())
        return {"kind": "number", "id": said.token, "state": said.language}

    return telling.answered(request, name, done)


@router.post(
    "/{pk}/again", auth=Door(Scope.NOTICES_WRITE, RIGHT), response=telling.answers(shapes.Receipt),
    url_name="send_notice_again",
)  # fmt: skip
def again(request: HttpRequest, pk: shapes.Number, name: shapes.Once) -> dict[str, Any]:
    """One that failed too often, or was held back while an investigation was secret."""
    user, _key = keyed(request)
    get_object_or_404(_seen(user), pk=pk)

    def done() -> dict[str, Any]:
        sent = actions.send_again(user, pk)
        return {"kind": "notice", "id": str(sent.pk), "state": sent.state}

    return telling.answered(request, name, done)


def _row(row: Notice) -> dict[str, Any]:
    return {
        **telling.plain(row, NoticeRow, "measure"),
        "measure": row.measure_id,
        "subject": telling.subject(row.subject),
    }


def _seen(user: User) -> Any:
    return Notice.objects.visible_to(user, RIGHT)
