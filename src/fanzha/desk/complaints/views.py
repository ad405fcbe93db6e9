"""Decides what pages of complaints show: the list, taking one or a whole file in, one with others about its number."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fanzha.desk.audit.models import SHOWN, Entry
from fanzha.desk.complaints import actions, bringing, sheet
from fanzha.desk.complaints.choices import Kind, State, Way
from fanzha.desk.complaints.forms import SaidForm
from fanzha.desk.complaints.models import Complaint
from fanzha.desk.complaints.terms import terms
from fanzha.desk.excel import exporting
from fanzha.desk.organisations.models import User
from fanzha.desk.pages.paging import ROWS, Plain, states_of
from fanzha.desk.rights.seats import holds, networks_of
from fanzha.desk.rights.views import needs, person
from fanzha.desk.workflow.actions import available
from fanzha.errors import Refused


@needs("complaints.view")
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """The newest first; `?state=` narrows."""
    user = person(request)
    seen, states = _seen(user), states_of(request, State)
    shown = {
        "rows": Plain(_newest(seen, states), ROWS).get_page(request.GET.get("page")),
        "states": [(state.value, state.label, state.value in states) for state in State],
        "waiting": seen.filter(state=State.RECEIVED).count(),
        "heavy": seen.weighing(timezone.now()).heavy().count(),
        "least": terms().complainants,
        "may_file": holds(user, "complaints.file"),
    }
    return render(request, "complaints/list.html", shown)


@needs("complaints.view")
@needs(exporting.RIGHT)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """What the filters show, as Excel."""
    user, states = person(request), states_of(request, State)
    return exporting.exported(user, "complaints", _newest(_seen(user), states), sheet.table(), {"state": states})


@needs("complaints.file")
@sensitive_post_parameters("number", "complainant")
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Take one in; who may not see complaints is told that it was taken."""
    user, error, taken, form = person(request), None, None, SaidForm(request.POST or None)
    if request.method == "POST":
        try:
            if not form.is_valid():
                raise Refused(_("请更正标出的栏目"))
            taken, fresh = actions.take(user, request.POST.get("network", ""), form.said)
        except Refused as refused:
            error = refused
        else:
            if holds(user, "complaints.view", taken):
                return redirect(f"{reverse('complaints:detail', args=[taken.pk])}{'' if fresh else '?again=1'}")
    shown = {
        "networks": networks_of(user, "complaints.file"),
        "kinds": Kind.choices,
        "ways": Way.choices,
        "said": {} if taken else request.POST,
        "taken": taken,
        "error": error,
        "form": form,
    }
    return render(request, "complaints/add.html", shown, status=422 if error else 200)


@needs("complaints.file")
@require_http_methods(["GET", "POST"])
def bring(request: HttpRequest) -> HttpResponse:
    """A CSV of the 12321 centre: tried first, then taken in."""
    user, error, found, said = person(request), None, None, request.POST
    if request.method == "POST":
        try:
            file = request.FILES.get("file")
            if not isinstance(file, UploadedFile):
                raise Refused(_("请选择文件"))
            way, taken = said.get("way", ""), bringing.bring if "bring" in said else bringing.trial
            found = taken(user, said.get("network", ""), way, bringing.content_of(file))
        except Refused as refused:
            error = refused
    shown = {
        "networks": networks_of(user, "complaints.file"),
        "ways": Way.choices,
        "columns": list(terms().columns),
        "most": terms().file_rows,
        "said": said,
        "found": found,
        "kept": "bring" in said,
        "error": error,
    }
    return render(request, "complaints/bring.html", shown, status=422 if error else 200)


@needs("complaints.file")
@require_GET
def template(_request: HttpRequest) -> HttpResponse:
    """The headings of the CSV; with a mark by which Excel knows its encoding."""
    told = {"Content-Disposition": 'attachment; filename="complaints-template.csv"'}
    return HttpResponse("\ufeff" + bringing.template(), content_type="text/csv; charset=utf-8", headers=told)


@needs("complaints.view")
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One complaint."""
    user = person(request)
    made = get_object_or_404(_seen(user).select_related("filed_by"), pk=pk)
    shown: dict[str, Any] = {
        "made": made,
        "buttons": list(available(made, user)),
        "others": _seen(user).filter(network=made.network, value=made.value).exclude(pk=pk).order_by("-last_at")[:20],
        "again": request.GET.get("again"),
        "trail": Entry.objects.about("complaint", pk)[:SHOWN],
    }
    return render(request, "complaints/detail.html", shown)


@needs("complaints.view")
@require_POST
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Uphold or dismiss."""
    user, name = person(request), request.POST.get("act", "")
    get_object_or_404(_seen(user), pk=pk)
    if name not in Complaint.workflow.by_name:
        raise Http404
    actions.act(user, pk, name, request.POST.get("reason", ""))
    return redirect("complaints:detail", pk=pk)


def _seen(user: User) -> Any:
    return Complaint.objects.visible_to(user, "complaints.view")


def _newest(seen: Any, states: list[str]) -> Any:
    return (seen.filter(state__in=states) if states else seen).order_by("-last_at", "-pk")
