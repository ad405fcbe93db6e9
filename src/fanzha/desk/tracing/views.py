"""Decides what pages of tracing reports show, and gives them as files to whoever may see them."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from fanzha.desk.audit.models import SHOWN, Entry
from fanzha.desk.excel import exporting
from fanzha.desk.masking.subject import subject_of
from fanzha.desk.organisations.models import User
from fanzha.desk.rights.seats import holds
from fanzha.desk.rights.views import needs, person
from fanzha.desk.tracing import actions, paper, sheet
from fanzha.desk.tracing.actions import RIGHT
from fanzha.desk.tracing.models import Report
from fanzha.desk.workflow.actions import available

_ROWS = 50
_FORMS = {
    "pdf": (paper.pdf, "application/pdf"),
    "docx": (paper.word, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
}


@needs(RIGHT)
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """Newest first."""
    found = Report.objects.visible_to(person(request), RIGHT).defer("content").select_related("prepared_by")
    return render(request, "tracing/list.html", {"rows": Paginator(found, _ROWS).get_page(request.GET.get("page"))})


@needs(RIGHT)
@needs(exporting.RIGHT)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """Which reports there are, as Excel; what each found is taken from its own page."""
    user = person(request)
    return exporting.exported(user, "tracing", Report.objects.visible_to(user, RIGHT), sheet.table())


@needs(RIGHT)
@require_POST
def prepare(request: HttpRequest, token: str) -> HttpResponse:
    """A report on the number of a token."""
    user, subject = person(request), subject_of(token)
    if not holds(user, RIGHT, subject):
        raise Http404
    return redirect("tracing:detail", pk=actions.prepare(user, subject, request.POST.get("case", "")).pk)


@needs(RIGHT)
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One, as it is printed."""
    user = person(request)
    report = _one(user, pk)
    shown = {
        "report": report,
        "said": paper.said(report, user),
        "buttons": list(available(report, user)),
        "trail": Entry.objects.about("report", pk).filter(action__startswith="tracing.")[:SHOWN],
    }
    return render(request, "tracing/detail.html", shown)


@needs(RIGHT)
@require_POST
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Review or return."""
    user, name = person(request), request.POST.get("act", "")
    _one(user, pk)
    if name == "review":
        actions.review(user, pk)
    elif name == "return":
        actions.send_back(user, pk, request.POST.get("reason", ""))
    else:
        raise Http404
    return redirect("tracing:detail", pk=pk)


@needs(RIGHT)
@require_GET
def take(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    """The file, as this person may see it; recorded."""
    user = person(request)
    report = _one(user, pk)
    if form not in _FORMS:
        raise Http404
    make, kind = _FORMS[form]
    content = make(report, user)
    actions.taken(user, report, form)
    name = f'attachment; filename="{report.serial}.{form}"'
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": name})


def _one(user: User, pk: int) -> Report:
    seen = Report.objects.visible_to(user, RIGHT).select_related("prepared_by", "reviewed_by")
    report: Report = get_object_or_404(seen, pk=pk)
    return report
