"""Decides what pages of appeals show: the queue and one appeal for the desk, a public page and one's own numbers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fanzha.desk.appeals import actions, proofs, sheet
from fanzha.desk.appeals.choices import OPEN, State
from fanzha.desk.appeals.models import Appeal, Proof
from fanzha.desk.appeals.rates import rates
from fanzha.desk.audit.models import SHOWN, Entry
from fanzha.desk.excel import exporting
from fanzha.desk.login.actions import address_of
from fanzha.desk.login.known import browser_of, remember
from fanzha.desk.login.middleware import public
from fanzha.desk.measures.choices import State as MeasureState
from fanzha.desk.measures.models import Measure
from fanzha.desk.notices.languages import choose, languages_of
from fanzha.desk.notices.words import words
from fanzha.desk.pages.paging import ROWS, Pages, states_of
from fanzha.desk.rights.views import needs, person
from fanzha.desk.workflow.actions import available
from fanzha.errors import Refused

_MEASURE = "appeals.measure"  # in the session: which measure this browser has opened with its code
_DAYS = 30


@needs("appeals.view")
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """What waits, the most urgent first; `?state=` shows others."""
    seen, wanted, now = _seen(request), _states(request), timezone.now()
    shown = {
        "rows": Pages(_queued(seen, wanted).select_related("measure"), ROWS).get_page(request.GET.get("page")),
        "states": [(state.value, state.label, state.value in wanted) for state in State],
        "rates": rates(request.user, now - timedelta(days=_DAYS), now),
        "late": seen.filter(state__in=OPEN, overdue=True).count(),
    }
    return render(request, "appeals/queue.html", shown)


@needs("appeals.view")
@needs(exporting.RIGHT)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """What the filters show, as Excel."""
    wanted = _states(request)
    return exporting.exported(
        person(request), "appeals", _queued(_seen(request), wanted), sheet.table(), {"state": wanted}
    )


@needs("appeals.view")
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One appeal, what it is against, and the proofs."""
    user = person(request)
    appeal = get_object_or_404(_seen(request).select_related("measure__alert", "measure__proposed_by"), pk=pk)
    shown = {
        "appeal": appeal,
        "measure": appeal.measure,
        "buttons": list(available(appeal, user)),
        "proofs": appeal.proofs.order_by("pk"),
        "trail": Entry.objects.about("appeal", pk)[:SHOWN],
    }
    return render(request, "appeals/detail.html", shown)


@needs("appeals.view")
@require_POST
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Acknowledge, uphold, restore or refuse."""
    user, name, answer = person(request), request.POST.get("act", ""), request.POST.get("answer", "")
    get_object_or_404(_seen(request), pk=pk)
    if name == "acknowledge":
        actions.acknowledge(user, pk)
    elif name in _ACTS:
        _ACTS[name](user, pk, answer)
    else:
        raise Http404
    return redirect("appeals:detail", pk=pk)


@needs("appeals.view")
@require_GET
def proof(request: HttpRequest, pk: int) -> HttpResponse:
    """A proof as a download; who took it is recorded."""
    found = get_object_or_404(Proof, pk=pk)
    appeal = get_object_or_404(_seen(request), pk=found.appeal_id)
    return actions.show_proof(person(request), appeal, found)


@public
@never_cache
@require_http_methods(["GET", "POST"])
def door(request: HttpRequest) -> HttpResponse:
    """Number and code of the notice open one's measure."""
    error = None
    if request.method == "POST":
        try:
            typed = request.POST.get("number", "")[:40], request.POST.get("code", "")[:40]
            browser = browser_of(request, "appeal", actions.number_of(typed[0]))
            measure = actions.open_by_code(*typed, address_of(request), browser)
        except Refused as refused:
            error = refused
        else:
            if not request.user.is_authenticated:
                request.session.cycle_key()  # whoever knew this browser's session before sees nothing of it
            request.session[_MEASURE] = measure.pk
            answer = redirect("appeals:mine")
            remember(answer, "appeal", measure.value, reverse("appeals:door"))
            return answer
    shown = {"error": error, "number": request.POST.get("number", "")}
    return render(request, "appeals/door.html", shown, status=422 if error else 200)


@public
@never_cache
@require_http_methods(["GET", "POST"])
def mine(request: HttpRequest) -> HttpResponse:
    """Why, what to do about it, the appeal and how it stands."""
    measure = Measure.objects.filter(pk=request.session.get(_MEASURE, 0)).first()
    if measure is None:
        return redirect("appeals:door")
    error, by = None, request.user if request.user.is_authenticated else None
    if request.method == "POST" and "language" in request.POST:
        choose(None, measure.subject, request.POST["language"], timezone.now())
        return redirect("appeals:mine")
    if request.method == "POST":
        try:
            said = {"contact": request.POST.get("contact", ""), "urgent": "urgent" in request.POST}
            files = request.FILES.getlist("proofs")
            actions.file(measure, request.POST.get("statement", ""), files, by=by, **said)  # type: ignore[arg-type]
        except Refused as refused:
            error = refused
        else:
            return redirect("appeals:mine")
    appeals = list(measure.appeals.order_by("-pk"))
    shown: dict[str, Any] = {
        "measure": measure,
        "appeals": appeals,
        "may": measure.state == MeasureState.ACTIVE and not any(appeal.open for appeal in appeals),
        "words": words(),
        "languages": settings.LANGUAGES,
        "told_in": languages_of([measure])[measure.network, measure.value],
        "limits": proofs.limits(),
        "error": error,
        "said": request.POST,
    }
    return render(request, "appeals/mine.html", shown, status=422 if error else 200)


@needs("own.view")
@require_http_methods(["GET", "POST"])
def own(request: HttpRequest) -> HttpResponse:
    """A subscriber's own number: the measures on it; one of them opens without a code."""
    user = person(request)
    rows = Measure.objects.filter(kind="number", value=user.number, in_force_at__isnull=False, secret=False)
    if request.method == "POST":
        chosen = request.POST.get("measure", "")
        measure = get_object_or_404(
            rows, pk=int(chosen) if chosen.isascii() and chosen.isdecimal() and len(chosen) < 16 else 0
        )
        request.session[_MEASURE] = measure.pk
        return redirect("appeals:mine")
    return render(request, "appeals/own.html", {"rows": rows.order_by("-in_force_at")[:ROWS]})


_ACTS = {"uphold": actions.uphold, "restore": actions.restore, "refuse": actions.refuse}


def _seen(request: HttpRequest) -> Any:
    return Appeal.objects.visible_to(request.user, "appeals.view")


def _states(request: HttpRequest) -> list[str]:
    return states_of(request, State) or list(OPEN)


def _queued(seen: Any, states: list[str]) -> Any:
    """The most urgent first."""
    return seen.filter(state__in=states).order_by("due_at", "-filed_at", "pk")
