"""Decides what pages of morning lists show: the days, one day's numbers, signing and answering."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from fanzha.desk.audit.models import SHOWN, Entry
from fanzha.desk.organisations.models import User
from fanzha.desk.pages.paging import ROWS, Plain
from fanzha.desk.pushes import actions
from fanzha.desk.pushes.choices import Answer, State
from fanzha.desk.pushes.models import Push
from fanzha.desk.rights.seats import holds
from fanzha.desk.rights.views import needs, person
from fanzha.desk.workflow.actions import available

RIGHT = "requests.view"
_FIELD = "answer-"


@needs(RIGHT)
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """The days, newest first, with how many numbers were answered how."""
    found = _seen(person(request)).annotate(
        told=Count("ranked", filter=~Q(ranked__answer="")), right=Count("ranked", filter=Q(ranked__answer="true"))
    )
    return render(request, "pushes/list.html", {"rows": Plain(found.order_by("-day"), ROWS).get_page(_page(request))})


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
        int(name.removeprefix(_FIELD)): value
        for name, value in request.POST.items()
        if name.startswith(_FIELD) and name.removeprefix(_FIELD).isdecimal() and isinstance(value, str)
    }
    actions.answer(user, pk, given, request.POST.get("told", ""))
    return redirect("pushes:detail", pk=pk)


def _seen(user: User) -> Any:
    return Push.objects.visible_to(user, RIGHT)


def _page(request: HttpRequest) -> str | None:
    return request.GET.get("page")
