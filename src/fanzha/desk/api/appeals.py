"""Decides the routes of appeals: read the queue, acknowledge and decide."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router

from fanzha.desk.api import shapes, telling
from fanzha.desk.api.choices import Scope
from fanzha.desk.api.door import Door, keyed
from fanzha.desk.appeals import actions
from fanzha.desk.appeals.models import Appeal
from fanzha.desk.organisations.models import User

router = Router(tags=["appeals"])
RIGHT = "appeals.view"
_READ = Door(Scope.APPEALS_READ, RIGHT)
_State = Literal["", "filed", "checking", "upheld", "restored", "refused"]


@router.get("", auth=_READ, response=telling.answers(shapes.Appeals), url_name="appeals")
def listing(request: HttpRequest, state: _State = "", page: shapes.Page = 1, rows: shapes.Rows = 50) -> dict[str, Any]:
    """The most urgent first."""
    found = _seen(keyed(request)[0]).order_by("due_at", "-filed_at", "pk")
    taken, more = telling.paged(found.filter(state=state) if state else found, page, rows)
    return {"rows": [telling.appeal(row) for row in taken], "more": more}


@router.get("/{pk}", auth=_READ, response=telling.answers(shapes.AppealRow), url_name="appeal")
def detail(request: HttpRequest, pk: shapes.Number) -> dict[str, Any]:
    """One, with the acts that are open."""
    user, _key = keyed(request)
    return telling.appeal(get_object_or_404(_seen(user), pk=pk), user)


@router.post(
    "/{pk}/{act}", auth=Door(Scope.APPEALS_WRITE, "appeals.decide"), response=telling.answers(shapes.Receipt),
    url_name="act_on_appeal",
)  # fmt: skip
def act(
    request: HttpRequest, pk: shapes.Number, act: Literal["acknowledge", "uphold", "restore", "refuse"],
    said: shapes.Reason, name: shapes.Once,
) -> dict[str, Any]:  # fmt: skip
    """Acknowledge, or decide: `reason` is the answer that the subscriber is told."""
    user, _key = keyed(request)
    get_object_or_404(_seen(user), pk=pk)
    if act == "acknowledge":
        return telling.written(request, name, lambda: actions.acknowledge(user, pk))
    taken = {"uphold": actions.uphold, "restore": actions.restore, "refuse": actions.refuse}[act]
    return telling.written(request, name, lambda: taken(user, pk, said.reason))


def _seen(user: User) -> Any:
    return Appeal.objects.visible_to(user, RIGHT).select_related("measure")
