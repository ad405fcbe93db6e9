"""Decides what the pages about one number, device or cell show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from fanzha import numbering
from fanzha.desk.alerts.choices import Kind
from fanzha.desk.alerts.models import Alert
from fanzha.desk.audit.actions import Act, record_alone
from fanzha.desk.entities import figures
from fanzha.desk.entities.actions import RIGHT, look_up
from fanzha.desk.entities.known import appeals_of, listed_as
from fanzha.desk.entities.lake import Portrait, portrait
from fanzha.desk.entities.profile import beside_peers, laid_out, windows
from fanzha.desk.entities.words import kind_of_number, tables
from fanzha.desk.masking.actions import as_shown
from fanzha.desk.masking.subject import Subject, subject_of
from fanzha.desk.pages.places import place
from fanzha.desk.pages.templatetags.desk import moment
from fanzha.desk.rights.seats import Anyone, holds
from fanzha.desk.rights.views import needs, person
from fanzha.errors import FanzhaError, Refused

if TYPE_CHECKING:
    from fanzha.desk.entities.peers import Comparison

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
        "lake": reverse("entities:lake", args=[token]),
        "links": reverse("entities:links", args=[token]),
        "peers": reverse("entities:peers", args=[token]) if subject.kind == "number" else "",
        "listed": listed_as(subject, request.user),
        "appeals": appeals_of(subject, request.user),
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
        found = portrait(subject, evidence, until=alert.last_seen if alert else None)
    except FanzhaError as error:
        return render(request, "entities/lake.html", {"missing": error.message})
    # Calls and places are a person's trace (行动轨迹, D6): who looked, at whom and because of which alert is recorded.
    told = {"shown": subject.masked, "alert": alert.pk if alert else "", "calls": found.total}
    record_alone(
        person(request), Act("entities.trace", subject.kind, subject.digest, subject.network, subject.region, data=told)
    )
    shown_windows = windows(found.days)
    counters, singles = laid_out(found.found.profile, shown_windows)
    shown = {
        "evidence": evidence,
        "records": [{**vars(row), "direction": _("呼出") if row.outgoing else _("呼入")} for row in found.rows],
        "total": found.total,
        "windows": shown_windows,
        "counters": counters,
        "singles": singles,
        "companions": _companions(found, subject),
        "about": _about(found),
        "unknown": tables(found.found.unknown),
        "timeline": figures.timeline(found),
        "days": figures.days(found),
        "graph": figures.graph(found, subject, lambda each: as_shown(user, each)),
        "places": figures.places(found, subject),
        "days_read": found.days,
    }
    return render(request, "entities/lake.html", shown)


@needs(RIGHT)
@require_GET
def links(request: HttpRequest, token: str) -> HttpResponse:
    """Who is joined to it, two steps out: as a graph and as a table."""
    from fanzha.desk.entities.linking import expand

    subject, user = _reached(request.user, token), request.user
    try:
        web = expand(user, subject)
    except FanzhaError as error:
        return render(request, "entities/links.html", {"missing": error.message})
    rows = figures.linked(web, subject)
    shown = {
        "graph": figures.links(web, subject, lambda each: as_shown(user, each)),
        "rows": rows,
        "flagged": sum(row["score"] is not None for row in rows),
    }
    return render(request, "entities/links.html", shown)


@needs(RIGHT)
@require_GET
def peers(request: HttpRequest, token: str) -> HttpResponse:
    """A number beside numbers like it."""
    from fanzha.desk.entities.peers import compare

    subject = _reached(request.user, token)
    if subject.kind != "number":
        raise Http404
    try:
        found = compare(subject, timezone.now())
    except FanzhaError as error:
        return render(request, "entities/peers.html", {"missing": error.message})
    shown = {
        "group": _group(found, subject),
        "size": found.baseline.size,
        "rows": beside_peers(found.standings),
        "days": figures.beside(found),
    }
    return render(request, "entities/peers.html", shown)


def _group(found: Comparison, subject: Subject) -> str:
    """Whom it is compared with, in words."""
    group, number = found.baseline.group, numbering.parse(subject.value)
    carrier = number.carrier_en if get_language() == "en" else number.carrier_zh
    where = place(str(group.region)) if group.region else ""
    return " · ".join(each for each in (where, carrier if group.carrier else "", kind_of_number(number.kind)) if each)


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
        return " · ".join(each for each in (kind_of_number(number.kind), *words) if each)
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
