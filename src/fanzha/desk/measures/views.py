"""Decides what pages of measures show: the list, one with its story, the ladder to propose from, and the ledger."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fanzha.desk.alerts.models import Alert
from fanzha.desk.audit.models import SHOWN, Entry
from fanzha.desk.enforcement.models import Change
from fanzha.desk.excel import exporting
from fanzha.desk.masking.subject import Subject, subject_of
from fanzha.desk.measures import actions, offer, sheet
from fanzha.desk.measures.choices import State
from fanzha.desk.measures.forms import FilterForm, ProposeForm
from fanzha.desk.measures.ledger import calls_of, ledger
from fanzha.desk.measures.models import Measure
from fanzha.desk.measures.querysets import MeasureQuerySet
from fanzha.desk.measures.reasons import reason_for, reasons
from fanzha.desk.pages.paging import CAP, ROWS, Pages
from fanzha.desk.rights.seats import holds
from fanzha.desk.rights.views import needs, person
from fanzha.desk.workflow.actions import available
from fanzha.errors import Refused


@needs("measures.view")
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """The list: what waits for approval first, then the newest."""
    form, wanted = _wanted(request)
    seen = Measure.objects.seen_by(request.user)
    rows = _listed(seen, wanted).select_related("proposed_by", "approved_by")
    page = Pages(rows, ROWS).get_page(request.GET.get("page"))
    calls = calls_of(measure.pk for measure in page)
    shown = {
        "form": form,
        "wanted": wanted,
        "rows": page,
        "calls": [(measure, calls.get(measure.pk, 0)) for measure in page],
        "capped": page.paginator.count >= CAP,
        "waiting": seen.filter(state=State.PROPOSED).count(),
        "active": seen.active().count(),
    }
    return render(request, "measures/list.html", shown)


@needs("measures.view")
@needs(exporting.RIGHT)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """What the filters show, as Excel."""
    _form, wanted = _wanted(request)
    rows = _listed(Measure.objects.seen_by(request.user), wanted)
    return exporting.exported(person(request), "measures", rows, sheet.table(), wanted)


@needs("measures.view")
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One measure: grounds, approvals, policy, notice, appeals, trail."""
    user = person(request)
    related = ("proposed_by", "approved_by", "alert")
    measure = get_object_or_404(Measure.objects.seen_by(user).select_related(*related), pk=pk)
    shown: dict[str, Any] = {
        "measure": measure,
        "buttons": [
            (each, why)
            for each, why in available(measure, user)
            if each.name != "accept" or measure.proposed_by is None
        ],
        "notices": measure.notices.order_by("pk"),
        "appeals": measure.appeals.order_by("pk") if holds(user, "appeals.view", measure) else (),
        "changes": Change.objects.filter(entry=measure.entry).select_related("publication").order_by("pk"),
        "calls": calls_of([measure.pk]).get(measure.pk, 0),
        "trail": Entry.objects.about("measure", pk)[:SHOWN],
    }
    return render(request, "measures/detail.html", shown)


@needs("measures.view")
@require_POST
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve, reject, withdraw or lift; then show it again."""
    user, name, reason = person(request), request.POST.get("act", ""), request.POST.get("reason", "")
    get_object_or_404(Measure.objects.seen_by(user), pk=pk)
    if name in ("approve", "accept"):
        {"approve": actions.approve, "accept": actions.accept}[name](user, pk, reason=reason)
    elif name in _ACTS:
        _ACTS[name](user, pk, reason)
    else:
        raise Http404
    return redirect("measures:detail", pk=pk)


@needs("measures.propose")
@require_http_methods(["GET", "POST"])
def propose_from(request: HttpRequest, alert: str) -> HttpResponse:
    """The ladder for an alert."""
    found = get_object_or_404(Alert.objects.seen_by(request.user), pk=alert)
    return _propose(request, found.subject, found)


@needs("measures.propose")
@require_http_methods(["GET", "POST"])
def propose_on(request: HttpRequest, token: str) -> HttpResponse:
    """The ladder by hand, on a number or device."""
    return _propose(request, subject_of(token), None)


@needs("measures.view")
@require_GET
def ledger_page(request: HttpRequest) -> HttpResponse:
    """The ledger by number and by call."""
    return render(request, "measures/ledger.html", {"ledger": ledger(request.user, timezone.localdate())})


def _wanted(request: HttpRequest) -> tuple[FilterForm, dict[str, Any]]:
    form = FilterForm(request.GET)
    form.is_valid()
    return form, {name: value for name, value in form.cleaned_data.items() if value}


def _listed(seen: MeasureQuerySet, wanted: dict[str, Any]) -> MeasureQuerySet:
    return seen.narrowed(wanted).order_by("-proposed_at", "-pk")


_ACTS = {"reject": actions.reject, "withdraw": actions.withdraw, "lift": actions.lift}


def _propose(request: HttpRequest, subject: Subject, alert: Alert | None) -> HttpResponse:
    user = person(request)
    if not holds(user, "measures.propose", alert or subject):
        raise Http404
    form, error = ProposeForm(request.POST or None), None
    if request.method == "POST":
        try:
            if not form.is_valid():
                raise Refused(_("请更正标出的栏目"))
            made = actions.propose(user, form.wish, alert=alert, subject=subject)
        except Refused as refused:
            error = refused
        else:
            return redirect("measures:detail", pk=made.pk)
    shown = {
        "subject": subject,
        "alert": alert,
        "steps": offer.steps(subject, alert, timezone.now()),
        "reasons": reasons().values(),
        "plain": reason_for(alert.scheme) if alert else "police",
        "said": request.POST,
        "error": error,
        "form": form,
    }
    return render(request, "measures/propose.html", shown, status=422 if error else 200)
