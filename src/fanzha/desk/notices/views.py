"""Decides what pages of notices show: what was told to whom, whether it arrived, and letters to the restricted."""

from __future__ import annotations

from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from fanzha.desk.audit.actions import record_alone
from fanzha.desk.excel import exporting
from fanzha.desk.lists.models import Item
from fanzha.desk.notices import actions, letters, sheet
from fanzha.desk.notices.choices import State
from fanzha.desk.notices.models import Notice
from fanzha.desk.notices.workflow import NOTICE
from fanzha.desk.organisations.models import User
from fanzha.desk.pages.paging import ROWS, Plain, states_of
from fanzha.desk.rights.seats import holds
from fanzha.desk.rights.views import needs, person
from fanzha.desk.workflow.actions import act_of

RIGHT = "measures.view"


@needs(RIGHT)
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """Newest first; `?state=` narrows."""
    user = person(request)
    seen, states = _seen(user), states_of(request, State)
    waits = (State.FAILED, State.HELD)
    counted = dict(seen.filter(state__in=waits).values_list("state").annotate(Count("pk")).order_by())
    shown = {
        "rows": Plain(_newest(seen, states).select_related("measure"), ROWS).get_page(request.GET.get("page")),
        "states": [(state.value, state.label, state.value in states) for state in State],
        "failed": counted.get(State.FAILED, 0),
        "held": counted.get(State.HELD, 0),
        "may": {state.value: holds(user, NOTICE.by_name[name].right) for state, name in actions.SENDS.items()},
    }
    return render(request, "notices/list.html", shown)


@needs(RIGHT)
@needs(exporting.RIGHT)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """What the filters show, as Excel."""
    user, states = person(request), states_of(request, State)
    return exporting.exported(user, "notices", _newest(_seen(user), states), sheet.table(), {"state": states})


@needs(RIGHT)
@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Send one that failed, or was held back."""
    user = person(request)
    get_object_or_404(_seen(user), pk=pk)
    actions.send_again(user, pk)
    return redirect("notices:list")


def _seen(user: User) -> Any:
    return Notice.objects.visible_to(user, RIGHT)


def _newest(seen: Any, states: list[str]) -> Any:
    return (seen.filter(state__in=states) if states else seen).order_by("-made_at", "-pk")


@needs("lists.view")
@require_GET
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    """The written notice to a restricted person as PDF; who took it is recorded."""
    user, item = person(request), _item(request, pk)
    made = letters.pdf(item, user)
    record_alone(user, act_of(item, "letters.print", "", {"serial": letters.serial(item)}))
    told = {"Content-Disposition": f'attachment; filename="{letters.serial(item)}.pdf"'}
    return HttpResponse(made, "application/pdf", headers=told)


@needs("lists.edit")
@require_POST
def served(request: HttpRequest, pk: int) -> HttpResponse:
    """It has been handed over."""
    letters.serve(person(request), _item(request, pk), request.POST.get("way", ""), request.POST.get("note", ""))
    return redirect("lists:detail", pk=pk)


def _item(request: HttpRequest, pk: int) -> Item:
    found: Item = get_object_or_404(Item.objects.visible_to(request.user, "lists.view"), pk=pk)
    return found
