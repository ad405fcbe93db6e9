"""Decides what pages of alerts show: the list, what just arrived, and one alert with all its reasons."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from fanzha.desk.alerts import actions, sheet, story
from fanzha.desk.alerts.choices import REASONS
from fanzha.desk.alerts.forms import TriageForm
from fanzha.desk.alerts.listing import arrived, listed, waiting, wanted
from fanzha.desk.alerts.models import Alert
from fanzha.desk.alerts.words import words
from fanzha.desk.excel import exporting
from fanzha.desk.pages.paging import CAP, ROWS, Pages
from fanzha.desk.rights.seats import holds
from fanzha.desk.rights.views import needs, person
from fanzha.errors import Refused

_FRESH = 100  # rows that one look at what arrived brings


@needs("alerts.view")
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """The list, ranked."""
    now = timezone.now()
    form, filters = wanted(request.GET)
    rows = Pages(listed(request.user, filters), ROWS).get_page(request.GET.get("page"))
    shown = {
        "form": form,
        "wanted": filters,
        "rows": rows,
        "capped": rows.paginator.count >= CAP,
        "views": list(person(request).alert_views.all()),
        "may_triage": holds(request.user, "alerts.triage"),
        "judgements": _judgements(),
        "since": now.timestamp(),
        "query": _query(request),
    }
    return render(request, "alerts/list.html", shown)


@needs("alerts.view")
@needs(exporting.RIGHT)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """What the filters show, as Excel."""
    user = person(request)
    _form, filters = wanted(request.GET)
    return exporting.exported(user, "alerts", listed(user, filters), sheet.table(), filters)


@needs("alerts.view")
@require_GET
def counts(request: HttpRequest) -> HttpResponse:
    """How many of each band wait; asked for after the first paint, and again while the page stands open."""
    return render(request, "alerts/counts.html", {"counts": waiting(request.user)})


@needs("alerts.view")
@require_GET
def fresh(request: HttpRequest) -> HttpResponse:
    """What arrived since the page was drawn, under the same filters."""
    now = timezone.now()
    _form, filters = wanted(request.GET)
    since = _time(request.GET.get("since", ""))
    rows = arrived(request.user, filters, since, now, _FRESH)
    shown = {"fresh": rows, "since": now.timestamp(), "query": _query(request)}
    return render(request, "alerts/fresh.html", shown)


@needs("alerts.triage")
@require_POST
def triage(request: HttpRequest) -> HttpResponse:
    """Judge the chosen rows; they come back as they stand now."""
    form = _judgement(request)
    ids = request.POST.getlist("ids")
    act, why = form.cleaned_data["act"], form.cleaned_data["why"]
    judged = actions.triage(person(request), ids, act, why, form.reason)
    rows = Alert.objects.seen_by(request.user).filter(pk__in=judged.done)
    shown = {"judged": judged, "rows": rows, "reasons": sorted(set(judged.refused.values()))}
    return render(request, "alerts/judged.html", shown)


@needs("alerts.view")
@require_GET
def detail(request: HttpRequest, pk: str) -> HttpResponse:
    """One alert; what comes from the lake follows by itself."""
    user = person(request)
    alert = get_object_or_404(Alert.objects.seen_by(user).select_related("assigned_user"), pk=pk)
    shown: dict[str, Any] = {
        "alert": alert,
        "about": words().about(alert.scheme),
        "rules": story.rules_of(alert),
        "buttons": story.buttons_of(alert, user),
        "trail": story.trail_of(alert),
        "others": story.others_of(alert, user),
        "similar": story.similar_to(alert, user),
        "decided": story.decided_like(alert, user),
    }
    if holds(user, "records.view", alert):
        shown["lake"] = f"{reverse('entities:lake', args=[alert.subject.token])}?alert={alert.pk}"
    return render(request, "alerts/detail.html", shown)


@needs("alerts.view")
@require_POST
def judge(request: HttpRequest, pk: str) -> HttpResponse:
    """Judge this one, or take a judgement back; then show it again."""
    user = person(request)
    get_object_or_404(Alert.objects.seen_by(user), pk=pk)
    act, _colon, why = request.POST.get("judge", "").partition(":")
    if act in REASONS:
        form = _judgement(request)
        reason, why = form.reason, form.cleaned_data["why"]
    else:
        reason = request.POST.get("note", "")
    if act not in actions.ALERT_RIGHTS:
        raise Http404
    judged = actions.triage(user, [pk], act, why, reason)
    if judged.refused:
        raise Refused(judged.refused[pk])
    return redirect("alerts:detail", pk=pk)


@needs("alerts.view")
@require_POST
def keep_view(request: HttpRequest) -> HttpResponse:
    """Keep the filters under a name."""
    view = actions.keep_view(person(request), request.POST.get("name", ""), request.POST.get("query", ""))
    return redirect(f"{reverse('alerts:list')}?{view.query}")


@needs("alerts.view")
@require_POST
def drop_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget one of my views."""
    actions.drop_view(person(request), pk)
    return redirect("alerts:list")


@needs("alerts.view")
@require_GET
def colours(_request: HttpRequest) -> HttpResponse:
    """The bands' colours as a style sheet, for an operator may change them."""
    rules = (f".band-{grade.id}{{--band:{grade.colour}}}" for grade in words().grades)
    answer = HttpResponse("\n".join(rules), content_type="text/css")
    answer["Cache-Control"] = "private, max-age=3600"
    return answer


def _judgements() -> list[tuple[str, Any, str, Any]]:
    table = Alert.workflow.by_name
    return [(name, table[name].label, table[name].tone, reasons) for name, reasons in REASONS.items()]


def _judgement(request: HttpRequest) -> TriageForm:
    """The form as filled in: its button says both what and why. Raises Refused."""
    act, _colon, why = request.POST.get("judge", "").partition(":")
    form = TriageForm({"act": act, "why": why, "note": request.POST.get("note", "")})
    if not form.is_valid():
        raise Refused(_("研判结论或依据无效"), hint=" ".join(str(each[0]) for each in form.errors.values()))
    return form


def _query(request: HttpRequest) -> str:
    query = request.GET.copy()
    for name in ("since", "page"):
        query.pop(name, None)
    return query.urlencode()


def _time(text: str) -> datetime:
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except (ValueError, OverflowError, OSError):
        return timezone.now()
