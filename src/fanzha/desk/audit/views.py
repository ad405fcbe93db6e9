"""Decides what the audit trail shows to whom."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from fanzha.desk.audit.models import Entry
from fanzha.desk.pages.paging import ROWS, Plain
from fanzha.desk.rights.views import needs


@needs("audit.view")
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """Newest first; `?subject=` and `?action=` narrow it."""
    found = Entry.objects.visible_to(request.user)
    for name in ("kind", "subject", "action"):
        if request.GET.get(name):
            found = found.filter(**{name: request.GET[name]})
    rows = Plain(found, ROWS).get_page(request.GET.get("page"))
    return render(request, "audit/list.html", {"rows": rows})
