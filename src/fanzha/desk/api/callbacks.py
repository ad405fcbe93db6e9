"""Decides the routes of call-backs: read the queue, sign, note a try, send somebody, close with what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from fanzha.desk.api import shapes, telling
from fanzha.desk.api.choices import Scope
from fanzha.desk.api.door import Door, keyed
from fanzha.desk.callbacks import actions
from fanzha.desk.callbacks.models import Callback
from fanzha.desk.organisations.models import User

router = Router(tags=["callbacks"])
RIGHT = "callbacks.view"
_READ = Door(Scope.CALLBACKS_READ, RIGHT)
_State = Literal["", "open", "signed", "reached", "visiting", "closed"]


class CallbackRow(shapes.Row):
    """A victim to call. deadline: of the first contact; raised: how many offices up it has gone."""

    id: int
    ticket: str
    subject: shapes.Subject
    level: str
    zh: str
    en: str
    made_at: datetime
    deadline: datetime
    signed_at: datetime | None
    reached_at: datetime | None
    raised: int
    outcome: str
    paid: str
    closed_at: datetime | None
    acts: shapes.Buttons = []


class Callbacks(Schema):
    """A page; `more` says whether another follows."""

    rows: list[CallbackRow]
    more: bool


class Said(Schema):
    """contact: of `contact`; outcome, paid: of `close`; reason: in words."""

    contact: Literal["", "willing", "unwilling", "other", "off", "declined", "empty", "silent", "none"] = ""
    outcome: Literal["", "dissuaded", "unharmed", "defrauded", "unpersuaded", "unanswered", "not_met"] = ""
    paid: Literal["", "no", "yes"] = ""
    reason: shapes.Text = ""


@router.get("", auth=_READ, response=telling.answers(Callbacks), url_name="callbacks")
def listing(request: HttpRequest, state: _State = "", page: shapes.Page = 1, rows: shapes.Rows = 50) -> dict[str, Any]:
    """The most urgent first."""
    found = _seen(keyed(request)[0]).order_by("due_at", "pk")
    taken, more = telling.paged(found.filter(state=state) if state else found, page, rows)
    return {"rows": [_row(row) for row in taken], "more": more}


@router.get("/{pk}", auth=_READ, response=telling.answers(CallbackRow), url_name="callback")
def detail(request: HttpRequest, pk: shapes.Number) -> dict[str, Any]:
    """One, with the acts that are open."""
    user, _key = keyed(request)
    return _row(get_object_or_404(_seen(user), pk=pk), user)


@router.post(
    "/{pk}/{act}", auth=Door(Scope.CALLBACKS_WRITE, "callbacks.work"), response=telling.answers(shapes.Receipt),
    url_name="act_on_callback",
)  # fmt: skip
def act(
    request: HttpRequest, pk: shapes.Number, act: Literal["sign", "over", "contact", "visit", "close"], said: Said,
    name: shapes.Once,
) -> dict[str, Any]:  # fmt: skip
    """The same acts as on the page; the number in full stays with the page of who signed."""
    user, _key = keyed(request)
    get_object_or_404(_seen(user), pk=pk)
    acts = {
        "sign": lambda: actions.sign(user, pk),
        "over": lambda: actions.take_over(user, pk, said.reason),
        "contact": lambda: actions.contact(user, pk, said.contact, said.reason),
        "visit": lambda: actions.visit(user, pk, said.reason),
        "close": lambda: actions.close(user, pk, said.outcome, said.paid, said.reason),
    }
    return telling.written(request, name, acts[act])


def _row(row: Callback, user: User | None = None) -> dict[str, Any]:
    acts = telling.buttons(row, user) if user else []
    return {**telling.plain(row, CallbackRow), "subject": telling.subject(row.subject), "acts": acts}


def _seen(user: User) -> Any:
    return Callback.objects.visible_to(user, RIGHT)
