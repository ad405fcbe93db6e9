"""Decides what pages of people show: everyone within reach, one with seats, sessions and keys, and organisations."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Max, Prefetch, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fanzha.desk.api.actions import revoke_key
from fanzha.desk.api.models import Key
from fanzha.desk.audit.models import SHOWN, Entry
from fanzha.desk.excel import exporting
from fanzha.desk.organisations import actions as organisations
from fanzha.desk.organisations.choices import Kind, Level
from fanzha.desk.organisations.models import Grant, Membership, Organisation, User
from fanzha.desk.pages.paging import ROWS
from fanzha.desk.people import actions, sheet
from fanzha.desk.people.choices import SeatState
from fanzha.desk.people.models import Seat
from fanzha.desk.people.reach import RIGHT, manages_person, offices_of, people_of
from fanzha.desk.rights.roles import roles
from fanzha.desk.rights.views import needs, person
from fanzha.desk.typed import whole
from fanzha.desk.workflow.actions import available
from fanzha.errors import Refused


@needs(RIGHT)
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """Everyone within reach, and the seats that wait for a second person."""
    user, typed = person(request), _typed(request)
    seats = Membership.objects.filter(ended=None).select_related("organisation")
    found = _found(user, typed)
    rows = Paginator(found.prefetch_related(Prefetch("memberships", seats, to_attr="held")), ROWS)
    waiting = Seat.objects.filter(state=SeatState.PROPOSED, organisation__in=offices_of(user))
    shown = {
        "rows": rows.get_page(request.GET.get("page")),
        "waiting": [
            (each, list(available(each, user)))
            for each in waiting.select_related("user", "organisation", "proposed_by").order_by("proposed_at")[:ROWS]
        ],
        "typed": typed,
    }
    return render(request, "people/list.html", shown)


@needs(RIGHT)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """Whom the page's filter shows, as Excel: no subscriber is in it, so managing people is right enough."""
    user, typed = person(request), _typed(request)
    return exporting.exported_people(user, "people", _found(user, typed), sheet.table(), {"q": typed})


@needs(RIGHT)
@never_cache
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A new account with its first seat proposed; the password shows once."""
    user, error, made, password, said = person(request), None, None, "", request.POST
    if request.method == "POST":
        try:
            made, password = actions.invite(
                user, said.get("username", ""), said.get("name", ""), _office(user, said), said.get("role", ""),
                said.get("region", ""), said.get("why", ""),
            )  # fmt: skip
        except Refused as refused:
            error = refused
    shown = {**_choices(user), "said": {} if made else said, "made": made, "password": password, "error": error}
    return render(request, "people/add.html", shown, status=422 if error else 200)


@needs(RIGHT)
@never_cache
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One person."""
    return _detail(request, get_object_or_404(people_of(person(request)), pk=pk))


@needs(RIGHT)
@never_cache
@require_POST
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Propose or end a seat, end sessions, reset a factor, revoke a key, deactivate or activate."""
    user, said = person(request), request.POST
    whom, name, reason = get_object_or_404(people_of(user), pk=pk), said.get("act", ""), said.get("reason", "")
    if name == "seat":
        actions.propose_seat(user, whom, _office(user, said), said.get("role", ""), said.get("region", ""), reason)
    elif name == "end_seat":
        actions.end(user, get_object_or_404(whom.memberships, pk=_number(said, "seat"), ended=None).pk)
    elif name == "end_sessions":
        actions.end_sessions(user, whom)
    elif name == "reset_code":
        actions.reset_code(user, whom, reason)
    elif name == "reset_password":
        return _detail(request, whom, actions.reset_password(user, whom, reason))
    elif name == "revoke_key":
        revoke_key(user, get_object_or_404(Key, pk=_number(said, "key"), owner=whom))
    elif name == "deactivate":
        actions.deactivate(user, whom, reason)
    elif name == "activate":
        actions.activate(user, whom)
    else:
        raise Http404
    return redirect("people:person", pk=pk)


@needs(RIGHT)
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve, reject or withdraw a proposed seat."""
    user, name = person(request), request.POST.get("act", "")
    get_object_or_404(Seat.objects.filter(organisation__in=offices_of(user)), pk=pk)
    if name == "approve":
        actions.approve_seat(user, pk)
    elif name in ("reject", "withdraw"):
        actions.decide_seat(user, pk, name, request.POST.get("reason", ""))
    else:
        raise Http404
    return redirect("people:list")


@needs(RIGHT)
@require_http_methods(["GET", "POST"])
def offices(request: HttpRequest) -> HttpResponse:
    """Organisations from theirs down, with networks and what is shared; POST adds one below."""
    user, error, said = person(request), None, request.POST
    if request.method == "POST":
        try:
            parent = _office(user, said, "parent")
            told = [said.get(name, "").strip() for name in ("name", "kind", "level", "region")]
            organisations.add_organisation(user, whole(told[0], 120, "name"), told[1], told[2], told[3], parent)
        except Refused as refused:
            error = refused
        else:
            return redirect("people:offices")
    rows = offices_of(user).prefetch_related("networks")
    grants = Grant.objects.filter(network__operator__in=offices_of(user), expires__gt=timezone.now())
    shown = {
        **_choices(user),
        "rows": [(office, max(len(office.line) - 1, 0)) for office in rows],
        "grants": grants.select_related("network", "organisation").order_by("expires"),
        "kinds": Kind.choices,
        "levels": Level.choices,
        "said": said,
        "error": error,
    }
    return render(request, "people/offices.html", shown, status=422 if error else 200)


@needs(RIGHT)
@require_POST
def end_grant(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop sharing a network before the day."""
    user = person(request)
    seen = Grant.objects.filter(network__operator__in=offices_of(user))
    organisations.end_grant(user, get_object_or_404(seen.select_related("network__operator", "organisation"), pk=pk))
    return redirect("people:offices")


def _typed(request: HttpRequest) -> str:
    return request.GET.get("q", "").strip()[:60]


def _found(user: User, typed: str) -> QuerySet[User]:
    """Everyone within reach whose names hold what was typed, those who may sign in first."""
    found = people_of(user).annotate(seen=Max("open_sessions__seen")).order_by("-is_active", "username")
    return found.filter(Q(username__icontains=typed) | Q(name__icontains=typed)) if typed else found


def _detail(request: HttpRequest, whom: User, password: str = "") -> HttpResponse:
    user = person(request)
    proposed = whom.proposed_seats.filter(organisation__in=offices_of(user)).select_related("organisation")
    shown: dict[str, Any] = {
        **_choices(user),
        "whom": whom,
        "password": password,
        "mine": manages_person(user, whom),
        "oneself": whom.pk == user.pk,
        "seats": whom.memberships.filter(ended=None).select_related("organisation").order_by("pk"),
        "proposed": proposed.order_by("-proposed_at")[:SHOWN],
        "sessions": whom.open_sessions.all(),
        "keys": whom.api_keys.order_by("-pk")[:SHOWN],
        "now": timezone.now(),
        "trail": Entry.objects.about("user", whom.pk).exclude(action__startswith="login.")[:SHOWN],
    }
    return render(request, "people/person.html", shown)


def _choices(user: User) -> dict[str, Any]:
    offices = list(offices_of(user))
    kinds = {office.kind for office in offices}
    return {"offices": offices, "named": [each for each in roles().items() if kinds.intersection(each[1].kinds)]}


def _office(user: User, said: Any, name: str = "office") -> Organisation:
    """The organisation chosen. Raises Http404 for one out of reach."""
    return get_object_or_404(offices_of(user), pk=_number(said, name))


def _number(said: Any, name: str) -> int:
    typed = said.get(name, "")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 16 else 0
