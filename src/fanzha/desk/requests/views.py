"""Decides what pages of police requests show: the list, filing one, one with its numbers and receipt, referrals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fanzha.desk.audit.actions import record_alone
from fanzha.desk.audit.models import SHOWN, Entry
from fanzha.desk.excel import exporting
from fanzha.desk.excel.writing import sent
from fanzha.desk.lists.choices import Authority
from fanzha.desk.measures.ladder import rung
from fanzha.desk.organisations.models import User
from fanzha.desk.pages.paging import ROWS, Plain, states_of
from fanzha.desk.requests import actions, judging, referring, sheet
from fanzha.desk.requests.choices import Channel, Kind, ReferralState, Result, State, Urgency
from fanzha.desk.requests.execution import rate, results_of
from fanzha.desk.requests.forms import PaperForm
from fanzha.desk.requests.listing import lines_of, with_rates
from fanzha.desk.requests.models import Referral, Request
from fanzha.desk.requests.receipt import receipt
from fanzha.desk.requests.terms import terms
from fanzha.desk.rights.seats import holds, networks_of
from fanzha.desk.rights.views import needs, person
from fanzha.desk.workflow.actions import act_of, available
from fanzha.errors import Refused


@needs("requests.view")
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """What is asked for; `?state=` narrows."""
    user = person(request)
    seen, states = _seen(user), states_of(request, State)
    page = Plain(_newest(seen, states).select_related("proposed_by"), ROWS).get_page(request.GET.get("page"))
    shown = {
        "rows": page,
        "rated": with_rates(page),
        "states": [(state.value, state.label, state.value in states) for state in State],
        "waiting": seen.filter(state__in=(State.FILED, State.ACCEPTED)).count(),
        "late": seen.filter(overdue=True, state__in=(State.FILED, State.ACCEPTED, State.EXECUTING, State.DONE)).count(),
        "away": _referrals(user).filter(state__in=(ReferralState.OPEN, ReferralState.REFUSED)).count(),
        "may_file": holds(user, "requests.file"),
    }
    return render(request, "requests/list.html", shown)


@needs("requests.view")
@needs(exporting.RIGHT)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """What the filters show, as Excel; numbers are in a request's own receipt."""
    user, states = person(request), states_of(request, State)
    return exporting.exported(user, "requests", _newest(_seen(user), states), sheet.table(), {"state": states})


@needs("requests.file")
@sensitive_post_parameters("number")
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """File one number, or try an Excel of many."""
    user, error, form = person(request), None, PaperForm(request.POST or None)
    if request.method == "POST":
        try:
            made = _add(user, request, form)
        except Refused as refused:
            error = refused
        else:
            return redirect("requests:detail", pk=made.pk)
    shown = {
        "networks": networks_of(user, "requests.file"),
        "kinds": Kind.choices,
        "urgencies": Urgency.choices,
        "authorities": [(name, Authority(name).label) for name in terms().authorities],
        "rungs": [rung(name) for name in terms().rungs],
        "said": request.POST,
        "error": error,
        "form": form,
    }
    return render(request, "requests/add.html", shown, status=422 if error else 200)


@needs("requests.view")
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One request with its numbers."""
    user = person(request)
    related = ("proposed_by", "accepted_by", "approved_by")
    made = get_object_or_404(_seen(user).select_related(*related), pk=pk)
    found = results_of(made)
    lines = Plain(made.lines.select_related("measure").order_by("row"), ROWS).get_page(request.GET.get("page"))
    for line in lines:
        line.request = made
    tried = made.state == State.TRIED and made.faulty
    shown: dict[str, Any] = {
        "made": made,
        "buttons": list(available(made, user)),
        "rows": lines,
        "results": [(Result(each).label, number) for each, number in sorted(found.items())],
        "rate": rate(found),
        "faulty": actions.faults_of(made)[: terms().errors_shown] if tried else (),
        "referrals": made.referrals.order_by("home"),
        "trail": Entry.objects.about("request", pk)[:SHOWN],
    }
    return render(request, "requests/detail.html", shown)


@needs("requests.view")
@require_POST
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """File, withdraw, accept, approve, refuse or answer."""
    user, name, reason = person(request), request.POST.get("act", ""), request.POST.get("reason", "")
    get_object_or_404(_seen(user), pk=pk)
    if name in _PLAIN:
        _PLAIN[name](user, pk)
    elif name in _REASONED:
        _REASONED[name](user, pk, reason)
    else:
        raise Http404
    return redirect("requests:detail", pk=pk)


@needs("requests.file")
@require_GET
def template(_request: HttpRequest) -> HttpResponseBase:
    """An empty sheet to fill in."""
    return sent("requests-template.xlsx", judging.template())


@needs("requests.view")
@require_GET
def faults(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Row by row what is wrong with a file."""
    made = get_object_or_404(_seen(person(request)), pk=pk)
    faulty = actions.faults_of(made) if made.stored else []
    return sent(f"errors-{pk}.xlsx", judging.faults_sheet(faulty))


@needs("requests.view")
@require_GET
def receipt_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The receipt; each look at it is recorded."""
    user = person(request)
    made = get_object_or_404(_seen(user), pk=pk)
    if made.state not in (State.DONE, State.ANSWERED):
        raise Refused(_("尚未执行完毕，没有回执"))
    record_alone(user, act_of(made, "requests.receipt", "", {"rows": made.good}))
    return sent(f"receipt-{pk}.xlsx", receipt(made))


@needs("requests.view")
@require_GET
def referrals(request: HttpRequest) -> HttpResponse:
    """What went to other provinces."""
    user = person(request)
    page = Plain(_newest(_referrals(user)).select_related("request"), ROWS).get_page(request.GET.get("page"))
    counted = lines_of(each.pk for each in page)
    shown = {
        "rows": page,
        "tickets": [(each, counted.get(each.pk, 0), list(available(each, user))) for each in page],
        "channels": Channel.choices,
    }
    return render(request, "requests/referrals.html", shown)


@needs("requests.view")
@needs(exporting.RIGHT)
@require_GET
def referrals_export(request: HttpRequest) -> HttpResponseBase:
    """They as Excel."""
    user = person(request)
    return exporting.exported(user, "referrals", _newest(_referrals(user)), sheet.referrals())


@needs("requests.view")
@require_POST
def referral_act(request: HttpRequest, pk: int) -> HttpResponse:
    """Send, note the answer, note that it came back, or send by the other channel."""
    user, name, said = person(request), request.POST.get("act", ""), request.POST
    get_object_or_404(_referrals(user), pk=pk)
    if name == "send":
        referring.send(user, pk, said.get("channel", ""))
    elif name == "answer":
        referring.answered(user, pk, said.get("receipt", ""), said.get("reason", ""))
    elif name == "refuse":
        referring.refused(user, pk, said.get("reason", ""))
    elif name == "again":
        referring.again(user, pk)
    else:
        raise Http404
    return redirect("requests:referrals")


_PLAIN = {
    "file": actions.file,
    "accept": actions.accept,
    "approve": actions.approve,
    "answer": actions.answer,
}
_REASONED = {"refuse": actions.refuse, "withdraw": actions.withdraw}


def _add(user: User, request: HttpRequest, form: PaperForm) -> Request:
    if not form.is_valid():
        raise Refused(_("请更正标出的栏目"))
    network, file = request.POST.get("network", ""), request.FILES.get("file")
    if isinstance(file, UploadedFile):
        return actions.attempt(user, network, form.paper, file)
    return actions.file_one(user, network, form.paper, form.cleaned_data["number"])


def _seen(user: User) -> Any:
    return Request.objects.visible_to(user, "requests.view")


def _referrals(user: User) -> Any:
    return Referral.objects.visible_to(user, "requests.view")


def _newest(seen: Any, states: Sequence[str] = ()) -> Any:
    """In these states where any are asked for."""
    return (seen.filter(state__in=states) if states else seen).order_by("-made_at", "-pk")
