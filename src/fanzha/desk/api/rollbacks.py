"""Decides the routes of rollbacks: count what one would undo, propose it, approve or reject it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema

from fanzha.desk.api import shapes, telling
from fanzha.desk.api.choices import Scope
from fanzha.desk.api.door import Door, keyed
from fanzha.desk.organisations.models import User
from fanzha.desk.rollback import actions
from fanzha.desk.rollback.actions import RIGHT
from fanzha.desk.rollback.models import Rollback

router = Router(tags=["rollbacks"])
_READ = Door(Scope.ROLLBACKS_READ, RIGHT)
_State = Literal["", "proposed", "done", "rejected"]


class Which(Schema):
    """All that one version of a rule did on one network between two moments (aware)."""

    network: Annotated[str, Field(max_length=40, pattern=r"^[^\x00]*$")]
    rule: Annotated[str, Field(max_length=70, pattern=r"^[^\x00]*$")]
    version: Annotated[int, Field(ge=1, le=2**31 - 1)]
    since: shapes.Moment
    until: shapes.Moment


class Why(Which):
    """To be undone, for a reason."""

    reason: shapes.Text = ""


class Count(Schema):
    """How many measures would end."""

    found: int


class RollbackRow(shapes.Row):
    """A rollback. found: measures when it was proposed; undone: measures it ended."""

    id: int
    rule: str
    version: int
    since: datetime
    until: datetime
    why: str
    proposed_at: datetime
    found: int
    undone: int
    acts: shapes.Buttons = []


class Rollbacks(Schema):
    """A page; `more` says whether another follows."""

    rows: list[RollbackRow]
    more: bool


@router.get("", auth=_READ, response=telling.answers(Rollbacks), url_name="rollbacks")
def listing(request: HttpRequest, state: _State = "", page: shapes.Page = 1, rows: shapes.Rows = 50) -> dict[str, Any]:
    """Newest first."""
    found = _seen(keyed(request)[0]).order_by("-proposed_at", "-pk")
    taken, more = telling.paged(found.filter(state=state) if state else found, page, rows)
    return {"rows": [telling.plain(row, RollbackRow) for row in taken], "more": more}


@router.post("/count", auth=_READ, response=telling.answers(Count), url_name="count_rollback")
def count(request: HttpRequest, said: Which) -> dict[str, Any]:
    """How many measures it would end now. It changes nothing."""
    user, _key = keyed(request)
    return {"found": actions.affected(user, **_which(said)).count()}


@router.post(
    "", auth=Door(Scope.ROLLBACKS_WRITE, RIGHT), response=telling.answers(shapes.Receipt), url_name="propose_rollback"
)
def propose(request: HttpRequest, said: Why, name: shapes.Once) -> dict[str, Any]:
    """It is done when another person has approved it."""
    user, _key = keyed(request)
    return telling.written(request, name, lambda: actions.propose(user, **_which(said), why=said.reason))


@router.get("/{pk}", auth=_READ, response=telling.answers(RollbackRow), url_name="rollback")
def detail(request: HttpRequest, pk: shapes.Number) -> dict[str, Any]:
    """One, with the acts that are open."""
    user, _key = keyed(request)
    row = get_object_or_404(_seen(user), pk=pk)
    return {**telling.plain(row, RollbackRow), "acts": telling.buttons(row, user)}


@router.post(
    "/{pk}/{act}", auth=Door(Scope.ROLLBACKS_WRITE, RIGHT), response=telling.answers(shapes.Receipt),
    url_name="act_on_rollback",
)  # fmt: skip
def act(
    request: HttpRequest, pk: shapes.Number, act: Literal["approve", "reject"], said: shapes.Reason, name: shapes.Once
) -> dict[str, Any]:
    """Approve: every measure is undone, told, restored and labelled, all at once. Or reject, with a reason."""
    user, _key = keyed(request)
    get_object_or_404(_seen(user), pk=pk)
    if act == "approve":
        return telling.written(request, name, lambda: actions.approve(user, pk))
    return telling.written(request, name, lambda: actions.reject(user, pk, said.reason))


def _which(said: Which) -> dict[str, Any]:
    return said.model_dump(include={"network", "rule", "version", "since", "until"})


def _seen(user: User) -> Any:
    return Rollback.objects.visible_to(user, RIGHT)
