"""Decides what pages of keys show: one's own and those of one's people, a form to ask, and a secret, once."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fanzha.desk.api import actions, sheet
from fanzha.desk.api.choices import KeyState, Scope
from fanzha.desk.api.limits import limits
from fanzha.desk.api.models import Key
from fanzha.desk.api.opening import scopes_of
from fanzha.desk.excel import exporting
from fanzha.desk.organisations.models import User
from fanzha.desk.pages.paging import ROWS, Pages
from fanzha.desk.people.reach import RIGHT as MANAGE
from fanzha.desk.people.reach import manages_person, people_of
from fanzha.desk.rights.seats import holds
from fanzha.desk.rights.views import needs, person
from fanzha.desk.workflow.actions import available
from fanzha.desk.workflow.table import Transition, Words
from fanzha.errors import Refused

HOLD = "keys.hold"
_DAYS = (30, 90, 180, 365)


@never_cache
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """Newest first, with what may be done to each."""
    return _listed(request)


@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """The same keys as Excel, for who manages people or may export."""
    user = person(request)
    if not holds(user, MANAGE) and not (holds(user, HOLD) and holds(user, exporting.RIGHT)):
        raise PermissionDenied(exporting.RIGHT)
    rows = Key.objects.filter(_reach(user)).order_by("-pk")
    return exporting.exported_people(user, "keys", rows, sheet.table())


@needs(HOLD)
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """A key of one's own; an administrator decides."""
    user, error, said = person(request), None, request.POST
    if request.method == "POST":
        try:
            typed = said.get("days", "")
            days = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 5 else 0
            actions.propose_key(user, said.get("name", ""), said.getlist("scope"), days, said.get("why", ""))
        except Refused as refused:
            error = refused
        else:
            return redirect("keys:list")
    chosen = said.getlist("scope")
    shown = {
        "scopes": [(name, Scope(name).label, name in chosen) for name in scopes_of(user)],
        "days": [each for each in _DAYS if each <= limits().key_days],
        "said": said,
        "error": error,
    }
    return render(request, "api/ask.html", shown, status=422 if error else 200)


@never_cache
@require_POST
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve, reject, withdraw, revoke; or draw, whose answer is the only page that ever shows the secret."""
    user, name = person(request), request.POST.get("act", "")
    key = get_object_or_404(Key.objects.filter(_reach(user)), pk=pk)
    if name == "draw":
        return _listed(request, *actions.draw_key(user, pk))
    if name == "revoke":
        actions.revoke_key(user, key)
    elif name in Key.workflow.by_name:
        actions.decide_key(user, pk, name, request.POST.get("reason", ""))
    else:
        raise Http404
    return redirect("keys:list")


def _listed(request: HttpRequest, drawn: Key | None = None, secret: str = "") -> HttpResponse:
    user, now = person(request), timezone.now()
    if not holds(user, HOLD) and not holds(user, MANAGE):
        raise PermissionDenied(HOLD)
    found = Key.objects.filter(_reach(user)).select_related("owner", "organisation", "approved_by").order_by("-pk")
    rows = Pages(found, ROWS).get_page(request.GET.get("page"))
    for key in rows:
        key.ended = key.state == KeyState.ACTIVE and key.expires <= now
        key.buttons = [] if key.ended else _buttons(key, user)
        key.reasoned = any(each.reason and not why for each, why in key.buttons)
    shown = {"rows": rows, "drawn": drawn, "secret": secret, "may_ask": holds(user, HOLD)}
    return render(request, "api/keys.html", shown)


def _buttons(key: Key, user: User) -> list[tuple[Transition, Words | None]]:
    """As the table has them; owners may also revoke what is their own. What is only proposed is rejected instead."""
    found = [each for each in available(key, user) if each[0].name != "revoke"]
    revoke = key.workflow.by_name["revoke"]
    may = key.owner_id == user.pk or manages_person(user, key.owner)
    if may and key.state in revoke.sources - {KeyState.PROPOSED}:
        found.append((revoke, None))
    return found


def _reach(user: User) -> Q:
    """One's own, and of whose people one manages."""
    return Q(owner=user) | Q(owner__in=people_of(user).values("pk"))
