"""Decides what the page of supervision shows: every missed deadline that still stands, how far up, and whose it is."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from fanzha.desk.excel import exporting
from fanzha.desk.organisations.models import Organisation, User
from fanzha.desk.pages.paging import ROWS, Plain
from fanzha.desk.rights.seats import holds
from fanzha.desk.rights.views import needs, person
from fanzha.desk.supervision import actions, sheet
from fanzha.desk.supervision.candidates import candidates
from fanzha.desk.supervision.kinds import page_of, supervised
from fanzha.desk.supervision.models import Escalation
from fanzha.desk.supervision.terms import terms

RIGHT = "work.supervise"
_LEADER = "alerts.reopen"  # who leads a team sees it from the first step on; a regulator only from theirs


@needs(RIGHT)
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """The longest overdue first."""
    found = _standing(person(request)).select_related("assigned_user", "assigned_organisation")
    rows = Plain(found, ROWS).get_page(request.GET.get("page"))
    shown = {"rows": rows, "told": _told(rows), "steps": list(enumerate(terms().steps, start=1))}
    return render(request, "supervision/list.html", shown)


@needs(RIGHT)
@needs(exporting.RIGHT)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """They as Excel."""
    user = person(request)
    return exporting.exported(user, "supervision", _standing(user), sheet.table())


@needs(actions.RIGHT)
@require_GET
def whom(request: HttpRequest, kind: str, pk: str) -> HttpResponse:
    """The form of the box that `assigning` shows, when it is opened."""
    user = person(request)
    row = _row(user, kind, pk)
    offices, people = candidates(user, row)
    shown = {"row": row, "kind": kind, "offices": offices, "people": people}
    return render(request, "supervision/whom.html", shown)


@needs(actions.RIGHT)
@require_POST
def assign(request: HttpRequest, kind: str, pk: str) -> HttpResponse:
    """Give a row to a person ("person:3"), an office ("office:2"), or take it back ("")."""
    user = person(request)
    actions.assign(user, _row(user, kind, pk), _whom(request.POST.get("to", "")), request.POST.get("reason", ""))
    return redirect(page_of(kind, pk) or "supervision:list")


def _standing(user: User) -> Any:
    seen = Escalation.objects.visible_to(user, RIGHT).filter(closed_at=None)
    if not holds(user, _LEADER):
        seen = seen.filter(step__gte=terms().regulator)
    return seen.order_by("due_at", "pk")


def _row(user: User, kind: str, pk: str) -> Any:
    row = actions.row_of(kind, pk)
    if row is None or not holds(user, actions.RIGHT, row):
        raise Http404
    return row


def _whom(chosen: str) -> User | Organisation | None:
    if not chosen:
        return None
    what, _colon, pk = chosen.partition(":")
    models: dict[str, Any] = {"person": User, "office": Organisation}
    if what not in models or not (pk.isascii() and pk.isdecimal() and len(pk) < 16):
        raise Http404
    found: User | Organisation = get_object_or_404(models[what], pk=int(pk))
    return found


def _told(rows: Any) -> list[dict[str, Any]]:
    """Each with the row it is about, by one query a kind."""
    wanted: dict[str, list[str]] = defaultdict(list)
    for each in rows:
        wanted[each.kind].append(each.row)
    found = {
        (kind, str(row.pk)): row
        for kind, ids in wanted.items()
        for row in supervised()[kind]._default_manager.filter(pk__in=ids)
    }
    return [
        {"each": each, "row": found.get((each.kind, each.row)), "name": supervised()[each.kind]._meta.verbose_name,
         "page": page_of(each.kind, each.row)}
        for each in rows
    ]  # fmt: skip
