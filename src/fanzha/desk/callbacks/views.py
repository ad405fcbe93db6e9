"""Decides what pages of call-backs show: the queue by deadline, which renews itself, and one with its tries."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from fanzha.desk.audit.models import SHOWN, Entry
from fanzha.desk.callbacks import actions, sheet
from fanzha.desk.callbacks.choices import UNDONE, WAITING, Contact, Outcome, Paid, State
from fanzha.desk.callbacks.models import Callback
from fanzha.desk.callbacks.terms import terms
from fanzha.desk.excel import exporting
from fanzha.desk.organisations.models import User
from fanzha.desk.pages.paging import ROWS, Plain, states_of
from fanzha.desk.rights.views import needs, person
from fanzha.desk.workflow.actions import available

_OWN_FORMS = ("reach", "close")  # acts that need more than a reason


@needs("callbacks.view")
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """What is to be done, the most urgent first; `?state=` shows others. htmx asks for the rows alone."""
    seen = _seen(person(request))
    wanted = _states(request)
    rows = _queued(seen, wanted).select_related("signed_by", "assigned_organisation")
    shown = {
        "rows": Plain(rows, ROWS).get_page(request.GET.get("page")),
        "states": [(state.value, state.label, state.value in wanted) for state in State],
        "waiting": seen.filter(state__in=WAITING).count(),
        "late": seen.filter(state__in=WAITING, overdue=True).count(),
    }
    alone = request.headers.get("HX-Request") == "true"
    return render(request, "callbacks/rows.html" if alone else "callbacks/queue.html", shown)


@needs("callbacks.view")
@needs(exporting.RIGHT)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """What the filters show, as Excel."""
    user, wanted = person(request), _states(request)
    return exporting.exported(user, "callbacks", _queued(_seen(user), wanted), sheet.table(), {"state": wanted})


@needs("callbacks.view")
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One, with its tries and what may be done."""
    user = person(request)
    made = get_object_or_404(_seen(user).select_related("signed_by", "assigned_organisation"), pk=pk)
    tries = list(made.tries.select_related("by"))
    offered = list(available(made, user))
    mine = made.signed_by_id == user.pk and made.state in (State.SIGNED, State.VISITING)
    shown: dict[str, Any] = {
        "made": made,
        "tries": tries,
        "go": made.waiting and len(tries) >= terms().tries,
        "buttons": [(button, why) for button, why in offered if button.name not in _OWN_FORMS],
        "may_note": mine and any(button.right == "callbacks.work" for button, _why in offered),
        "may_close": any(button.name == "close" for button, _why in offered),
        "contacts": Contact.choices,
        "outcomes": [choice for choice in Outcome.choices if choice[0]],
        "paids": [choice for choice in Paid.choices if choice[0]],
        "trail": Entry.objects.about("callback", pk)[:SHOWN],
    }
    return render(request, "callbacks/detail.html", shown)


@needs("callbacks.view")
@require_POST
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign, take over, note a try, visit or close."""
    user, name, said = person(request), request.POST.get("act", ""), request.POST
    get_object_or_404(_seen(user), pk=pk)
    reason = said.get("reason", "")
    if name == "sign":
        actions.sign(user, pk)
    elif name == "over":
        actions.take_over(user, pk, reason)
    elif name == "contact":
        actions.contact(user, pk, said.get("contact", ""), reason)
    elif name == "visit":
        actions.visit(user, pk, reason)
    elif name == "close":
        actions.close(user, pk, said.get("outcome", ""), said.get("paid", ""), reason)
    else:
        raise Http404
    return redirect("callbacks:detail", pk=pk)


def _seen(user: User) -> Any:
    return Callback.objects.visible_to(user, "callbacks.view")


def _states(request: HttpRequest) -> list[str]:
    return states_of(request, State) or list(UNDONE)


def _queued(seen: Any, states: list[str]) -> Any:
    """The most urgent first; of those closed the newest."""
    found = seen.filter(state__in=states)
    return found.order_by("-closed_at", "-pk") if states == [State.CLOSED] else found.order_by("due_at", "pk")
