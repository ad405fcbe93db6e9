"""Decides the routes of morning lists: read one by rank, sign for it, answer its numbers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema

from fanzha.desk.api import shapes, telling
from fanzha.desk.api.choices import Scope
from fanzha.desk.api.door import Door, keyed
from fanzha.desk.organisations.models import User
from fanzha.desk.pushes import actions
from fanzha.desk.pushes.models import Push, Ranked
from fanzha.desk.pushes.terms import terms

router = Router(tags=["pushes"])
RIGHT = "requests.view"
_READ = Door(Scope.PUSHES_READ, RIGHT)
_WRITE = Door(Scope.PUSHES_WRITE, "requests.file")


class PushRow(shapes.Row):
    """One network's list of one day; receipt: the number it is signed for under."""

    id: int
    day: date
    number: int
    receipt: str
    made_at: datetime
    signed_at: datetime | None
    acts: shapes.Buttons = []


class RankedRow(Schema):
    """One number of a list: its score then, and what the police answered ("" for nothing yet)."""

    rank: int
    alert: str
    subject: shapes.Subject
    title: str
    score: float
    answer: str
    told: str
    answered_at: datetime | None


class PushDetail(PushRow):
    """With its numbers."""

    ranked: list[RankedRow]


class Pushes(Schema):
    """A page; `more` says whether another follows."""

    rows: list[PushRow]
    more: bool


class Answer(Schema):
    """What the police found of the number at a rank."""

    rank: Annotated[int, Field(ge=1, le=terms().most)]
    answer: Literal["true", "false", "unsure"]


class Answers(Schema):
    """Several answers, with what is said of them."""

    answers: Annotated[list[Answer], Field(max_length=terms().most)]
    told: shapes.Text = ""


@router.get("", auth=_READ, response=telling.answers(Pushes), url_name="pushes")
def listing(request: HttpRequest, page: shapes.Page = 1, rows: shapes.Rows = 50) -> dict[str, Any]:
    """Newest first."""
    taken, more = telling.paged(_seen(keyed(request)[0]).order_by("-day", "-pk"), page, rows)
    return {"rows": [telling.plain(row, PushRow) for row in taken], "more": more}


@router.get("/{pk}", auth=_READ, response=telling.answers(PushDetail), url_name="push")
def detail(request: HttpRequest, pk: shapes.Number) -> dict[str, Any]:
    """One, by rank."""
    user, _key = keyed(request)
    made = get_object_or_404(_seen(user), pk=pk)
    ranked = made.ranked.select_related("alert").order_by("rank")
    told = {"ranked": [_ranked(row) for row in ranked], "acts": telling.buttons(made, user)}
    return {**telling.plain(made, PushDetail, "ranked"), **told}


@router.post("/{pk}/sign", auth=_WRITE, response=telling.answers(shapes.Receipt), url_name="sign_push")
def sign(request: HttpRequest, pk: shapes.Number, name: shapes.Once) -> dict[str, Any]:
    """The police have it."""
    user, _key = keyed(request)
    get_object_or_404(_seen(user), pk=pk)
    return telling.written(request, name, lambda: actions.sign(user, pk))


@router.post("/{pk}/answers", auth=_WRITE, response=telling.answers(shapes.Receipt), url_name="answer_push")
def answer(request: HttpRequest, pk: shapes.Number, said: Answers, name: shapes.Once) -> dict[str, Any]:
    """Kept as labels; alerts that are still open are judged by them. An answer already given stays."""
    user, _key = keyed(request)
    get_object_or_404(_seen(user), pk=pk)

    def done() -> Push:
        actions.answer(user, pk, {each.rank: each.answer for each in said.answers}, said.told)
        return Push.objects.get(pk=pk)

    return telling.written(request, name, done)


def _ranked(row: Ranked) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in ("rank", "score", "answer", "told", "answered_at")}
    alert = row.alert
    return {**told, "alert": alert.pk, "title": alert.title, "subject": telling.subject(alert.subject)}


def _seen(user: User) -> Any:
    return Push.objects.visible_to(user, RIGHT)
