"""Decides what pages of rollbacks show: those there were, a form with a count before it, and one with its approval."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fanzha.desk.excel import exporting
from fanzha.desk.measures.models import Measure
from fanzha.desk.pages.paging import ROWS, Pages
from fanzha.desk.pages.span import MOMENTS
from fanzha.desk.rights.seats import seats_of
from fanzha.desk.rights.views import needs, person
from fanzha.desk.rollback import actions, sheet
from fanzha.desk.rollback.models import Rollback
from fanzha.desk.workflow.actions import available
from fanzha.errors import Refused

_SAMPLE = 20
_WHEN = {"class": "form-control", "type": "datetime-local"}


class RollbackForm(forms.Form):
    """Which rule and version, between when and when, in which network, and why."""

    network = forms.ChoiceField(label=_("网络"), widget=forms.Select(attrs={"class": "form-select"}))
    rule = forms.CharField(
        label=_("规则编号"), max_length=70, widget=forms.TextInput(attrs={"class": "form-control", "list": "rules"})
    )
    version = forms.IntegerField(
        label=_("版本"), min_value=1, max_value=2**31 - 1, widget=forms.NumberInput(attrs={"class": "form-control"})
    )
    since = forms.DateTimeField(
        label=_("自"), validators=MOMENTS, widget=forms.DateTimeInput(attrs=_WHEN, format="%Y-%m-%dT%H:%M")
    )
    until = forms.DateTimeField(
        label=_("至"), validators=MOMENTS, widget=forms.DateTimeInput(attrs=_WHEN, format="%Y-%m-%dT%H:%M")
    )
    why = forms.CharField(
        label=_("理由"), max_length=500, required=False, widget=forms.TextInput(attrs={"class": "form-control"})
    )

    def __init__(self, networks: list[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        network = self.fields["network"]
        assert isinstance(network, forms.ChoiceField)
        network.choices = [(code, code) for code in networks]


@needs("measures.rollback")
@require_http_methods(["GET", "POST"])
def listing(request: HttpRequest) -> HttpResponse:
    """Rollbacks, newest first. POST: count what the form would undo, or propose it."""
    user, error, counted = person(request), None, None
    networks = sorted({code for seat in seats_of(user) if actions.RIGHT in seat.rights for code in seat.networks})
    form = RollbackForm(networks, request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            if "propose" in request.POST:
                return redirect("rollback:detail", pk=actions.propose(user, **_what(said), why=said["why"]).pk)
            counted = actions.affected(user, **_what(said)).count()
        except Refused as refused:
            error = refused
    rows = Rollback.objects.visible_to(user, actions.RIGHT).select_related("proposed_by", "moved_by")
    rules = Measure.objects.visible_to(user, actions.RIGHT).active().exclude(rule="").order_by()
    shown = {
        "form": form,
        "error": error,
        "counted": counted,
        "rows": Pages(rows, ROWS).get_page(request.GET.get("page")),
        "rules": sorted({rule.partition("@")[0] for rule in rules.values_list("rule", flat=True).distinct()}),
    }
    return render(request, "rollback/list.html", shown, status=422 if error or form.errors else 200)


@needs("measures.rollback")
@needs(exporting.RIGHT)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """Those there were, as Excel."""
    user = person(request)
    rows = Rollback.objects.visible_to(user, actions.RIGHT)
    return exporting.exported(user, "rollback", rows, sheet.table())


@needs("measures.rollback")
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One rollback, with some of the measures it is about."""
    user = person(request)
    found = get_object_or_404(Rollback.objects.visible_to(user, actions.RIGHT).select_related("proposed_by"), pk=pk)
    about = Measure.objects.visible_to(user, actions.RIGHT).filter(
        network=found.network,
        rule=f"{found.rule}@{found.version}",
        in_force_at__gte=found.since,
        in_force_at__lt=found.until,
    )
    shown = {
        "rollback": found,
        "buttons": list(available(found, user)),
        "sample": about.order_by("-in_force_at")[:_SAMPLE],
        "now": actions.affected(user, found.network, found.rule, found.version, found.since, found.until).count(),
    }
    return render(request, "rollback/detail.html", shown)


@needs("measures.rollback")
@require_POST
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve and undo, or reject."""
    user, name = person(request), request.POST.get("act", "")
    get_object_or_404(Rollback.objects.visible_to(user, actions.RIGHT), pk=pk)
    if name == "approve":
        actions.approve(user, pk)
    elif name == "reject":
        actions.reject(user, pk, request.POST.get("reason", ""))
    else:
        raise Http404
    return redirect("rollback:detail", pk=pk)


def _what(said: dict[str, Any]) -> dict[str, Any]:
    return {name: said[name] for name in ("network", "rule", "version", "since", "until")}
