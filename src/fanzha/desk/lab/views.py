"""Decides what pages of rules show: all of them, one with its versions, the editor, and one version with its steps."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fanzha.desk.alerts.words import words
from fanzha.desk.audit.models import SHOWN, Entry
from fanzha.desk.lab import actions, measured, undoing
from fanzha.desk.lab.choices import OPEN, Origin, State
from fanzha.desk.lab.drafting import checked, meanings
from fanzha.desk.lab.files import ensure
from fanzha.desk.lab.models import Hit, Spent, Version
from fanzha.desk.lab.querysets import RIGHT
from fanzha.desk.lab.sampling import estimated, spreads
from fanzha.desk.lab.terms import terms
from fanzha.desk.organisations.models import User
from fanzha.desk.pages.paging import ROWS, Pages
from fanzha.desk.rights.seats import holds, networks_of
from fanzha.desk.rights.views import needs, person
from fanzha.desk.workflow.actions import available
from fanzha.errors import Refused
from fanzha.profiles.fields import EntityKind

_HITS = 20
_EXAMPLE = """\
scheme: mass_dialling
defaults:
  legal: {zh: "反电信网络诈骗法第十一条", en: "Anti-Telecom and Online Fraud Law, art. 11"}
  source: "[ENG]"
  as_of: 2026-11-22
  owner: "反诈专班 rules desk"
  exemptions: [SERVICE_LINES, LICENSED_CENTRES, MASKED_NUMBERS]
rules:
  - id: own.new_rule
    version: 1
    family: volume
    title: {zh: 一小时呼出超过二十次且少有人接, en: "More than 20 calls an hour, few answered"}
    why: "..."
    on: out
    when: >-
      out_1h > 20 and out_answered_1h / out_1h <= 0.5
    score: 70
    minimum: 20
    measure: verify
"""


@needs("rules.view")
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """Every rule with what acts and what is on its way."""
    user, network = person(request), _network(request)
    rows = list(Version.objects.filter(network=network).exclude(state=State.RETIRED).order_by("scheme", "rule"))
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        entry = found.setdefault(row.rule, {"live": None, "coming": [], "any": row})
        if row.state == State.LIVE:
            entry["live"] = entry["any"] = row
        else:
            entry["coming"].append(row)
    scheme, state = request.GET.get("scheme", ""), request.GET.get("state", "")
    shown = [
        (rule, each)
        for rule, each in found.items()
        if scheme in ("", each["any"].scheme) and (state == "" or any(row.state == state for row in each["coming"]))
    ]
    told = {
        "rules": shown,
        "schemes": words().schemes(),
        "names": dict(words().schemes()),
        "scheme": scheme,
        "state": state,
        "waiting": [(each, each.label, sum(row.state == each for row in rows)) for each in OPEN],
        "network": network,
        "networks": networks_of(user, RIGHT),
        "may_draft": actions.may(user, "rules.draft", network),
        "live": sum(row.state == State.LIVE for row in rows),
    }
    return render(request, "lab/list.html", told)


@needs("rules.view")
@require_GET
def rule(request: HttpRequest, rule: str) -> HttpResponse:
    """One rule: every version there was, what was done to them, and what differs between two."""
    user, network = person(request), _network(request)
    rows = list(Version.objects.filter(network=network, rule=rule).select_related("drafted_by", "moved_by"))
    if not rows:
        raise Http404
    live = next((row for row in rows if row.state == State.LIVE), rows[0])
    trail = Entry.objects.filter(kind="version", subject__in=[str(row.pk) for row in rows])[:SHOWN]
    told = {
        "rule": rule,
        "rows": rows,
        "live": live,
        "scheme": words().scheme(live.scheme),
        "trail": trail,
        "may_draft": actions.may(user, "rules.draft", network) and not live.cli,
        "buttons": [(row, list(available(row, user))) for row in rows if row.state == State.TRIPPED],
    }
    return render(request, "lab/rule.html", told)


@needs("rules.draft")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The editor with a new rule, or a new version of one (`?from=`)."""
    user, network, error = person(request), _network(request), None
    text, note = request.POST.get("text", ""), request.POST.get("note", "")
    if request.method == "POST":
        try:
            return redirect("lab:version", pk=actions.draft(user, network, text, note).pk)
        except Refused as refused:
            error = refused
    else:
        base = Version.objects.seen_by(user).filter(pk=_whole(request.GET.get("from", ""))).first()
        text = base.text if base else _EXAMPLE
    return _editor(request, text, note, error, {"network": network})


@needs("rules.draft")
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The editor with a draft."""
    user, error = person(request), None
    found = get_object_or_404(Version.objects.seen_by(user), pk=pk)
    text, note = request.POST.get("text", found.text), request.POST.get("note", found.note)
    if request.method == "POST":
        try:
            return redirect("lab:version", pk=actions.edit(user, pk, text, note).pk)
        except Refused as refused:
            error = refused
    return _editor(request, text, note, error, {"edition": found, "network": found.network})


def _editor(request: HttpRequest, text: str, note: str, error: Refused | None, more: dict[str, Any]) -> HttpResponse:
    found = checked(text)
    spread = spreads(more["network"], found.rule.entity if found.rule else EntityKind.NUMBER)
    fields = [(field, spread.get(field.name, "")) for field in meanings()]
    told = {"text": text, "note": note, "error": error, "fields": fields, "checked": found, **more}
    return render(request, "lab/edit.html", told, status=422 if error else 200)


@needs("rules.draft")
@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """What the text would run as, while it is typed."""
    return render(request, "lab/check.html", {"checked": checked(request.POST.get("text", ""))})


@needs("rules.draft")
@require_POST
def estimate(request: HttpRequest) -> HttpResponse:
    """About how many the text would have hit last week, its thresholds on sliders."""
    found, network = checked(request.POST.get("text", "")), _network(request)
    told = {"estimate": estimated(found.rule, network) if found.rule else None}
    return render(request, "lab/estimate.html", told)


@needs("rules.view")
@require_GET
def version(request: HttpRequest, pk: int) -> HttpResponse:
    """One version: its steps, what the present one measured, its text beside the live one's, its trials."""
    user = person(request)
    found = get_object_or_404(Version.objects.seen_by(user).select_related("drafted_by", "moved_by"), pk=pk)
    live = Version.objects.filter(network=found.network, rule=found.rule, state=State.LIVE).exclude(pk=pk).first()
    trials, trail = found.trials.select_related("asked_by"), list(Entry.objects.about("version", pk)[:SHOWN])
    hits = Hit.objects.seen_by(user).filter(version=found).order_by("-score", "-at")
    told = {
        "edition": found,
        "live": live,
        "scheme": words().scheme(found.scheme),
        "buttons": list(available(found, user)),
        "measured": measured.measured(found),
        "left": actions.steps_left(found),
        "hits": Pages(hits, ROWS).get_page(request.GET.get("page")) if found.shadowed else None,
        "spent": Spent.objects.filter(version=found).order_by("-hour", "province")[:_HITS],
        "difference": list(_difference(live.text, found.text)) if live else [],
        "trials": trials[:_HITS],
        "leaves": checked(found.text).leaves,
        "trail": trail,
        "terms": terms(),
        "steps": _TRIPPED if found.state == State.TRIPPED else _STEPS,
        "may_draft": actions.may(user, "rules.draft", found.network),
        "may_release": actions.may(user, "rules.release", found.network),
        **_undoing(found, user),
        "former": next((entry for entry in trail if "measured" in entry.data), None),
        "may_try": actions.may(user, "rules.draft", found.network) and not found.cli,
        "from_files": found.origin == Origin.FILES,
        "day": timezone.localdate(),
    }
    return render(request, "lab/version.html", told)


def _undoing(version: Version, user: User) -> dict[str, Any]:
    """What this version did that still holds or waits, for whoever may have it undone, and whether that is asked."""
    if not holds(user, "measures.rollback", version):
        return {}
    counts = {"standing": undoing.standing(version).count(), "waiting": undoing.waiting(version).count()}
    back = any(each.name in actions.GOING_BACK for each in version.workflow.leaving(version.state))
    return {**counts, "undoing": undoing.asked(version), "may_undo": back and any(counts.values())}


_STEPS = (State.DRAFT, State.REVIEWED, State.SHADOW, State.SHARE1, State.SHARE10, State.LIVE, State.RETIRED)
_TRIPPED = (*_STEPS[:-1], State.TRIPPED, State.RETIRED)


@needs("rules.view")
@require_POST
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a step; then show the version again."""
    user = person(request)
    get_object_or_404(Version.objects.seen_by(user), pk=pk)
    undo = request.POST.get("undo") == "1"
    actions.step(user, pk, request.POST.get("act", ""), reason=request.POST.get("reason", ""), undo=undo)
    return redirect("lab:version", pk=pk)


@needs("measures.rollback")
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask that all a version did be undone; then show where the second pair of eyes is awaited."""
    user, reason = person(request), request.POST.get("reason", "")
    found = get_object_or_404(Version.objects.seen_by(user), pk=pk)
    if not reason.strip():
        raise Refused(_("请填写理由"))
    undoing.undo(user, found, reason)
    return redirect("lab:version", pk=pk)


@needs("rules.release")
@require_POST
def budget(request: HttpRequest, pk: int) -> HttpResponse:
    """Set a version's own budgets; an empty one is the default."""
    user = person(request)
    get_object_or_404(Version.objects.seen_by(user), pk=pk)
    proposals, instant = (_most(request.POST.get(name, "")) for name in ("proposals", "measures"))
    actions.budget(user, pk, proposals, instant, request.POST.get("reason", ""))
    return redirect("lab:version", pk=pk)


def _most(text: str) -> int | None:
    if not text.strip():
        return None
    found = _whole(text)
    if found is None:
        raise Refused(_("预算须为整数"))
    return found


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _network(request: HttpRequest) -> str:
    """The network asked for, else the first of one's own; its files are taken over at the first look."""
    networks = networks_of(person(request), RIGHT)
    wanted = request.GET.get("network") or request.POST.get("network") or (networks[0] if networks else "")
    if wanted not in networks:
        raise Http404
    ensure(wanted)
    return wanted


def _difference(old: str, new: str) -> Iterator[tuple[str, str]]:
    """Lines of two texts: ("same" | "gone" | "new", line)."""
    kinds = {" ": "same", "-": "gone", "+": "new"}
    for line in difflib.ndiff(old.splitlines(), new.splitlines()):
        if line[0] in kinds:
            yield kinds[line[0]], line[2:]
