"""Decides what the pages about one number, device or cell show."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from fanzha import numbering
from fanzha.desk.alerts.choices import Kind
from fanzha.desk.alerts.models import Alert
from fanzha.desk.entities import figures
from fanzha.desk.entities.actions import RIGHT, look_up
from fanzha.desk.entities.lake import Portrait, portrait
from fanzha.desk.entities.profile import WINDOWS, laid_out
from fanzha.desk.masking.actions import as_shown
from fanzha.desk.masking.subject import Subject, subject_of
from fanzha.desk.pages.templatetags.desk import moment
from fanzha.desk.rights.seats import Anyone, holds
from fanzha.desk.rights.views import needs, person
from fanzha.errors import FanzhaError, Refused

_ALERTS = 20


@needs(RIGHT)
@require_http_methods(["GET", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """The form; what was typed travels in the body, never in an address."""
    if request.method == "GET":
        return render(request, "entities/search.html")
    what, kind = request.POST.get("what", ""), request.POST.get("kind", "number")
    try:
        subject = look_up(person(request), what, kind)
    except Refused as error:
        words = {"error": error, "what": what, "kind": kind}
        return render(request, "entities/search.html", words, status=422)
    return redirect("entities:page", token=subject.token)


@needs(RIGHT)
@require_GET
def page(request: HttpRequest, token: str) -> HttpResponse:
    """All about one subject: what the desk knows at once, the lake's part after it."""
    subject = _reached(request.user, token)
    alerts = Alert.objects.seen_by(request.user).about(subject).order_by("-last_seen")[:_ALERTS]
    shown = {
        "subject": subject,
        "kind": Kind(subject.kind).label,
        "line": _line(subject),
        "alerts": list(alerts),
        "lake": f"/entities/{token}/lake/",
    }
    return render(request, "entities/page.html", shown)


@needs(RIGHT)
@require_GET
def lake(request: HttpRequest, token: str) -> HttpResponse:
    """What comes from the lake; `?alert=` marks the records behind one alert."""
    subject, user = _reached(request.user, token), request.user
    alert = Alert.objects.seen_by(user).about(subject).filter(pk=request.GET.get("alert", "")).first()
    evidence = frozenset(alert.body.get("records", ())) if alert else frozenset()
    try:
        found = portrait(subject, evidence)
    except FanzhaError as error:
        return render(request, "entities/lake.html", {"missing": error.message})
    counters, singles = laid_out(found.found.profile)
    shown = {
        "evidence": evidence,
        "records": [{**vars(row), "direction": _("呼出") if row.outgoing else _("呼入")} for row in found.rows],
        "total": found.total,
        "windows": WINDOWS,
        "counters": counters,
        "singles": singles,
        "companions": _companions(found, subject),
        "about": _about(found),
        "unknown": "、".join(found.found.unknown),
        "timeline": figures.timeline(found),
        "days": figures.days(found),
        "graph": figures.graph(found, subject, lambda each: as_shown(user, each)),
    }
    return render(request, "entities/lake.html", shown)


def _reached(user: Anyone, token: str) -> Subject:
    subject = subject_of(token)
    if not holds(user, RIGHT, subject):
        raise Http404
    return subject


def _line(subject: Subject) -> str:
    """Kind of number, place and holder of its range, as far as the number itself says."""
    if subject.kind == "number":
        number = numbering.parse(subject.value)
        english = get_language() == "en"
        words = (number.region_en, number.carrier_en) if english else (number.region_zh, number.carrier_zh)
        return " · ".join(each for each in (number.kind.name.lower(), *words) if each)
    if subject.kind == "device":
        return f"TAC {numbering.check_imei(subject.value).tac or '?'}"
    return ""


def _companions(found: Portrait, subject: Subject) -> list[tuple[str, list[dict[str, Any]]]]:
    device, number = subject.kind == "device", subject.kind == "number"
    titles = (
        (_("联系人") if number else _("用过的号码"), "number", found.found.contacts),
        (_("卡（IMSI）") if device else _("终端"), "card" if device else "device", found.found.devices),
        (_("小区"), "cell", found.found.cells),
    )
    return [(title, [_companion(kind, row, subject) for row in rows[:10]]) for title, kind, rows in titles if rows]


def _companion(kind: str, row: Any, subject: Subject) -> dict[str, Any]:
    return {**vars(row), "subject": Subject(kind, row.name, subject.network, subject.region)}


def _about(found: Portrait) -> list[tuple[str, str]]:
    """The subscriber's reference row, the newest; the document only as a hash, so it is not shown."""
    for row in found.found.subscriber[-1:]:
        told = ((_("开卡"), moment(row["activated"])), (_("套餐"), row["plan"]), (_("年龄段"), row["age_band"]))
        return [(label, value) for label, value in told if value]
    return []
