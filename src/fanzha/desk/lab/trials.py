"""Decides what pages of backtests show: how far one has come, and what it found, for reading and for handing on."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from msgspec.structs import replace

from fanzha.desk.alerts.intake import region_of
from fanzha.desk.entities.lake import portrait
from fanzha.desk.lab import running
from fanzha.desk.lab.choices import Progress
from fanzha.desk.lab.models import Trial, Version
from fanzha.desk.lab.querysets import RIGHT
from fanzha.desk.lab.sayings import said
from fanzha.desk.masking.subject import Subject
from fanzha.desk.organisations.models import Network
from fanzha.desk.pages.span import FIRST, LAST
from fanzha.desk.rights.seats import holds, networks_of
from fanzha.desk.rights.views import needs, person
from fanzha.detection.backtest.paper import pdf
from fanzha.detection.backtest.report import Case, Report, from_bytes, to_bytes
from fanzha.errors import FanzhaError, Refused


@needs("rules.draft")
@require_POST
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Queue a backtest of a version over whole days."""
    user = person(request)
    found = get_object_or_404(Version.objects.seen_by(user), pk=pk)
    since, until = (_day(request.POST.get(name, "")) for name in ("since", "until"))
    made = running.ask(user, found, since, until + timedelta(days=1), request.POST.get("leaf", ""))
    return redirect("lab:trial", pk=made.pk)


def _day(text: str) -> datetime:
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None or not FIRST <= day <= LAST:
        raise Refused(_("请填写日期"))
    return timezone.make_aware(datetime.combine(day, time()))


@needs("rules.view")
@require_GET
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """One backtest; while it runs the page looks again by itself."""
    found = _found(request, pk)
    told: dict[str, Any] = {"trial": found, "edition": found.version}
    report = _report(found)
    if report is not None:
        told |= _told(report, found)
    return render(request, "lab/trial.html", told)


@needs("rules.view")
@require_GET
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it has come; once it has ended, the whole page again."""
    found = _found(request, pk)
    answer = render(request, "lab/progress.html", {"trial": found})
    if not found.going:
        answer["HX-Refresh"] = "true"
    return answer


@needs("rules.view")
@require_GET
def case(request: HttpRequest, pk: int, at: int) -> HttpResponse:
    """The calls behind one of the hardest cases, for whoever may see call records there."""
    trial, report = _found(request, pk), _whole(request, pk)
    if at >= len(report.hardest):
        raise Http404
    one = report.hardest[at]
    subject = _subject(one, report, Network.objects.get(code=trial.network))
    if not holds(person(request), "records.view", subject):
        return render(request, "lab/case.html", {"missing": _("不在您的辖区，看不到这个对象的话单。")})
    try:
        found = portrait(subject, frozenset(one.records), until=datetime.fromisoformat(one.first))
    except FanzhaError as error:
        return render(request, "lab/case.html", {"missing": said(error.message)})
    rows = [{**vars(row), "way": _("呼出") if row.outgoing else _("呼入")} for row in found.rows if row.evidence]
    return render(request, "lab/case.html", {"rows": rows})


@needs("rules.draft")
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop it, or take it out of the queue."""
    found = _found(request, pk)
    running.cancel(person(request), found.pk)
    return redirect("lab:trial", pk=pk)


@needs("rules.view")
@require_GET
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """The report as JSON, the same bytes for the same data and rule; its people masked."""
    found = _whole(request, pk)
    answer = HttpResponse(to_bytes(_masked(found)), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="backtest-{pk}.json"'
    return answer


@needs("rules.view")
@require_GET
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """The report as PDF, its people masked."""
    answer = HttpResponse(pdf(_whole(request, pk)), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="backtest-{pk}.pdf"'
    return answer


def _found(request: HttpRequest, pk: int) -> Trial:
    mine = Trial.objects.filter(network__in=networks_of(person(request), RIGHT))
    found: Trial = get_object_or_404(mine.select_related("version", "asked_by"), pk=pk)
    return found


def _whole(request: HttpRequest, pk: int) -> Report:
    report = _report(_found(request, pk))
    if report is None:
        raise Http404
    return report


def _report(trial: Trial) -> Report | None:
    path = running.path_of(trial)
    if trial.state != Progress.DONE or not path.is_file():
        return None
    return from_bytes(path.read_bytes(), where=str(path))


def _subject(case: Case, report: Report, network: Network) -> Subject:
    kind = report.draft.entity
    return Subject(kind, case.value, network.code, region_of(kind, case.value, network))


def _masked(report: Report) -> Report:
    hidden = [replace(case, value=Subject(report.draft.entity, case.value, "", "").masked) for case in report.hardest]
    return replace(report, hardest=hidden)


def _told(report: Report, trial: Trial) -> dict[str, Any]:
    """What the result page needs beside the report."""
    curve, home = report.curve, Network.objects.get(code=trial.network)
    drawn = None
    if curve is not None:
        drawn = {
            "leaf": curve.text,
            "draft": curve.draft,
            "names": {
                "hit": _("命中"), "fraud": _("确认诈骗"), "honest": _("误伤（已知诚实）"), "unknown": _("未知"),
                "recall": _("召回率"),
            },
            "points": [[p.threshold, p.hit, p.fraud, p.honest, p.unknown, p.recall] for p in curve.points],
        }  # fmt: skip
    return {
        "report": report,
        "curve": drawn,
        "sides": [(_("草稿"), report.tried), *([(_("现行版本"), report.today)] if report.today else [])],
        "cases": [(case, _subject(case, report, home)) for case in report.hardest],
    }
