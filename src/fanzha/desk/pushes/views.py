"""Decides what pages of morning lists show: the days, one day's numbers, signing and answering."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from fanzha.desk.audit.models import SHOWN, Entry
from fanzha.desk.excel import exporting
from fanzha.desk.organisations.models import User
from fanzha.desk.pages.paging import ROWS, Plain
from fanzha.desk.pushes import actions, sheet
from fanzha.desk.pushes.choices import Answer, State
from fanzha.desk.pushes.models import Push
from fanzha.desk.rights.seats import holds
from fanzha.desk.rights.views import needs, person
from fanzha.desk.workflow.actions import available

RIGHT = "requests.view"
_FIELD = "answer-"
_RANK = re.compile("[0-9]{1,6}")


@needs(RIGHT)
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """The days, newest first, with how many numbers were answered how."""
    rows = Plain(_days(person(request)), ROWS).get_page(request.GET.get("page"))
    return render(request, "pushes/list.html", {"rows": rows})


@needs(RIGHT)
@needs(exporting.RIGHT)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """They as Excel."""
    user = person(request)
    return exporting.exported(user, "pushes", _days(user), sheet.table())


@needs(RIGHT)
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One day's numbers by rank."""
    user = person(request)
    made = get_object_or_404(_seen(user).select_related("signed_by"), pk=pk)
    ranked = list(made.ranked.select_related("alert").order_by("rank"))
    shown: dict[str, Any] = {
        "made": made,
        "ranked": ranked,
        "left": sum(not row.answer for row in ranked),
        "buttons": list(available(made, user)),
        "answers": [(value, label) for value, label in Answer.choices if value],
        "may_answer": made.state == State.SIGNED and holds(user, "requests.file", made),
        "trail": Entry.objects.about("push", pk).exclude(action="pushes.answer")[:SHOWN],
    }
    return render(request, "pushes/detail.html", shown)


@needs(RIGHT)
@require_POST
def sign(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign for it."""
    user = person(request)
    get_object_or_404(_seen(user), pk=pk)
    actions.sign(user, pk)
    return redirect("pushes:detail", pk=pk)


@needs(RIGHT)
@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Note the answers that were chosen."""
    user = person(request)
    get_object_or_404(_seen(user), pk=pk)
    given = {
        int(rank): value
        for name, value in request.POST.items()
        if name.startswith(_FIELD) and _RANK.fullmatch(rank := name.removeprefix(_FIELD)) and isinstance(value, str)
    }
    actions.answer(user, pk, given, request.POST.get("told", ""))
    return redirect("pushes:detail", pk=pk)


def _seen(user: User) -> Any:
    return Push.objects.visible_to(user, RIGHT)


def _days(user: User) -> Any:
    told, right = ~Q(ranked__answer=""), Q(ranked__answer="true")
    found = _seen(user).annotate(told=Count("ranked", filter=told), right=Count("ranked", filter=right))
    return found.order_by("-day", "pk")
