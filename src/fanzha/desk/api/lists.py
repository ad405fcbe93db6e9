"""Decides the routes of lists: read one, propose an item, approve it, take it off."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router

from fanzha.desk.api import shapes, telling
from fanzha.desk.api.choices import Scope
from fanzha.desk.api.door import Door, keyed
from fanzha.desk.lists import actions
from fanzha.desk.lists.judging import Line
from fanzha.desk.lists.models import Item

router = Router(tags=["lists"])
RIGHT = "lists.view"
_READ = Door(Scope.LISTS_READ, RIGHT)
_State = Literal["", "proposed", "active", "contested", "rejected", "removed", "restored", "expired"]


@router.get("/{which}", auth=_READ, response=telling.answers(shapes.Items), url_name="list")
def listing(
    request: HttpRequest, which: shapes.ListName, state: _State = "", page: shapes.Page = 1, rows: shapes.Rows = 50
) -> dict[str, Any]:
    """Newest first."""
    found = Item.objects.visible_to(keyed(request)[0], RIGHT).filter(list=which).order_by("-proposed_at", "-pk")
    taken, more = telling.paged(found.filter(state=state) if state else found, page, rows)
    return {"rows": [telling.item(row) for row in taken], "more": more}


@router.get("/{which}/{pk}", auth=_READ, response=telling.answers(shapes.ItemRow), url_name="item")
def detail(request: HttpRequest, which: shapes.ListName, pk: shapes.Number) -> dict[str, Any]:
    """One, with the acts that are open."""
    user, _key = keyed(request)
    return telling.item(get_object_or_404(Item.objects.visible_to(user, RIGHT), pk=pk, list=which), user)


@router.post(
    "/{which}", auth=Door(Scope.LISTS_WRITE, "lists.edit"), response=telling.answers(shapes.Receipt),
    url_name="propose_item",
)  # fmt: skip
def propose(request: HttpRequest, which: shapes.ListName, said: shapes.Line, name: shapes.Once) -> dict[str, Any]:
    """An item; it holds when another person has approved it."""
    user, _key = keyed(request)
    line = Line(**said.model_dump(exclude={"network"}))
    return telling.written(request, name, lambda: actions.propose(user, said.network, which, line))


@router.post(
    "/{which}/{pk}/{act}", auth=Door(Scope.LISTS_WRITE, RIGHT), response=telling.answers(shapes.Receipt),
    url_name="act_on_item",
)  # fmt: skip
def act(
    request: HttpRequest, which: shapes.ListName, pk: shapes.Number,
    act: Literal["approve", "reject", "contest", "keep", "restore", "remove"], said: shapes.Reason, name: shapes.Once,
) -> dict[str, Any]:  # fmt: skip
    """The same acts as on the page: four eyes, reasons and rights hold."""
    user, _key = keyed(request)
    get_object_or_404(Item.objects.visible_to(user, RIGHT), pk=pk, list=which)
    return telling.written(request, name, lambda: actions.act(user, pk, act, said.reason))
