"""Decides what pages of models show: outcomes by source, versions, cards, drift; and takes decisions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from fanzha.desk.audit.models import SHOWN, Entry
from fanzha.desk.learning import actions
from fanzha.desk.learning.choices import GRADES, Source
from fanzha.desk.learning.models import ModelVersion
from fanzha.desk.learning.outcomes import newest_of, tally
from fanzha.desk.learning.terms import terms
from fanzha.desk.masking.subject import Subject
from fanzha.desk.organisations.models import Network, User
from fanzha.desk.pages.paging import ROWS
from fanzha.desk.rights.seats import holds, networks_of
from fanzha.desk.rights.views import needs, person
from fanzha.desk.workflow.actions import available
from fanzha.detection.learning.card import CARD, Section, read_card
from fanzha.detection.learning.drift import Crowd, Moved, last_look
from fanzha.detection.learning.shelf import Shelf
from fanzha.detection.outcomes import NAMES, Outcome
from fanzha.errors import ModelError
from fanzha.profiles.fields import BY_NAME, EntityKind
from fanzha.profiles.labels import words

RIGHT = "models.view"
_FIELDS = 8  # of those that moved most


@dataclass(frozen=True)
class Told:
    """One outcome as a row: whom (masked where it is shown), what, whose word, when."""

    subject: Subject
    fraud: bool
    source: str | Promise
    at: datetime


@dataclass(frozen=True)
class Room:
    """What is known of one network."""

    network: str
    total: int
    fraud: int
    sources: list[tuple[str | Promise, int]]
    newest: list[Told]
    versions: list[ModelVersion]
    drift: list[tuple[str, Moved, str | Promise, str]]
    crowd: Crowd | None
    busy: list[tuple[str, Moved, str | Promise, str]]
    drift_until: datetime | None
    may_take: bool


@needs(RIGHT)
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """Every network that this person reaches as a whole: outcomes and models are not a city's."""
    user = person(request)
    homes = Network.objects.filter(code__in=networks_of(user, RIGHT)).order_by("code")
    rooms = [_room(user, home) for home in homes if holds(user, RIGHT, actions.Place(home))]
    return render(request, "learning/list.html", {"rooms": rooms})


@needs(RIGHT)
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One version: its card, as it was signed, and what may be done with it."""
    user = person(request)
    version = _one(user, pk)
    shown: dict[str, Any] = {
        "one": version,
        "sections": _card(version),
        "buttons": list(available(version, user)),
        "trail": Entry.objects.about("modelversion", pk)[:SHOWN],
    }
    return render(request, "learning/detail.html", shown)


@needs(RIGHT)
@require_POST
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, approve, decline, go back."""
    user, name, why = person(request), request.POST.get("act", ""), request.POST.get("reason", "")
    _one(user, pk)
    if name == "ask":
        actions.ask(user, pk, why)
    elif name == "approve":
        actions.approve(user, pk)
    elif name == "decline":
        actions.decline(user, pk, why)
    elif name == "back":
        actions.back(user, pk, why)
    else:
        raise Http404
    return redirect("learning:detail", pk=pk)


@needs(actions.EXPORT)
@require_POST
def take_away(request: HttpRequest) -> HttpResponse:
    """The outcomes of one network as JSON lines, numbers in full; recorded with its reason."""
    network = request.POST.get("network", "")
    content = actions.take_away(person(request), network, request.POST.get("reason", ""))
    name = f'attachment; filename="outcomes-{network}.jsonl"'
    return HttpResponse(content, content_type="application/x-ndjson", headers={"Content-Disposition": name})


def _room(user: User, home: Network) -> Room:
    counted = tally(home.code)
    by_source: Counter[Source] = Counter()
    for (source, _fraud), count in counted.items():
        by_source[source] += count
    look = last_look(Shelf(settings.HOME, home.code))
    return Room(
        network=home.code,
        total=by_source.total(),
        fraud=sum(count for (_source, fraud), count in counted.items() if fraud),
        sources=[(source.label, by_source[source]) for source in Source],
        newest=[_told(row, home) for row in newest_of(home.code, terms().shown)],
        versions=list(ModelVersion.objects.visible_to(user, RIGHT).filter(network=home.code)[:ROWS]),
        drift=_moves(look.score, look.fields) if look else [],
        crowd=look.busy if look else None,
        busy=_moves(look.busy.score, look.busy.fields) if look and look.busy else [],
        drift_until=datetime.fromisoformat(look.end) if look else None,
        may_take=holds(user, actions.EXPORT, actions.Place(home)),
    )


def _moves(score: Moved, fields: list[Moved]) -> list[tuple[str, Moved, str | Promise, str]]:
    """The score and the fields that moved furthest, in words."""
    return [(_named(each), each, *GRADES[each.grade]) for each in (score, *fields[:_FIELDS])]


def _told(row: Outcome, home: Network) -> Told:
    subject = Subject(NAMES[row.kind], row.value, home.code, home.region)
    return Told(subject, row.fraud, Source(row.source).label, datetime.fromtimestamp(row.at, UTC))


def _named(each: Moved) -> str:
    if each.name not in BY_NAME:
        return _("得分")
    return words(BY_NAME[each.name], EntityKind.NUMBER)[get_language() == "en"]


def _card(version: ModelVersion) -> list[Section]:
    language = "en" if get_language() == "en" else "zh"
    try:
        return read_card(version.shelf.file(version.number, CARD))[language]
    except (ModelError, msgspec.DecodeError, KeyError) as error:
        return [Section(str(error), [])]


def _one(user: User, pk: int) -> ModelVersion:
    found: ModelVersion = get_object_or_404(ModelVersion.objects.visible_to(user, RIGHT), pk=pk)
    return found
