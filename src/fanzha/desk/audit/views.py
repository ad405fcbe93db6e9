"""Decides what the audit trail shows to whom."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from fanzha.desk.audit import sheet
from fanzha.desk.audit.models import Entry, EntryQuerySet
from fanzha.desk.excel import exporting
from fanzha.desk.pages.paging import ROWS, Plain
from fanzha.desk.rights.views import needs, person

_FILTERS = ("kind", "subject", "action")


@needs("audit.view")
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """Newest first; `?kind=`, `?subject=` and `?action=` narrow it."""
    rows = Plain(_filtered(request), ROWS).get_page(request.GET.get("page"))
    return render(request, "audit/list.html", {"rows": rows})


@needs("audit.view")
@needs(exporting.RIGHT)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """What the filters show, as Excel; the export itself is the next entry."""
    told = {name: request.GET.get(name) for name in _FILTERS}
    return exporting.exported(person(request), "audit", _filtered(request), sheet.table(), told)


def _filtered(request: HttpRequest) -> EntryQuerySet:
    wanted = {name: request.GET[name] for name in _FILTERS if request.GET.get(name)}
    return Entry.objects.visible_to(request.user).filter(**wanted)
