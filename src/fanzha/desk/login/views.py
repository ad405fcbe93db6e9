"""Decides what the pages of signing in show: password, code, and the list of open sessions."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from fanzha.desk.login import actions, codes
from fanzha.desk.login.forms import CodeForm, PasswordForm
from fanzha.desk.login.known import remember
from fanzha.desk.login.middleware import early, public
from fanzha.desk.organisations.models import User
from fanzha.desk.pages.onward import way_back
from fanzha.desk.rights.views import person
from fanzha.errors import Refused

_LONGEST = 200  # of a password, as the form at the door has it
_NEXT = "login.next"  # from the password to the code; before that the form carries it, for nobody's session is kept


@public
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Name and password; then the code, or straight in where the demonstration allows it."""
    form = PasswordForm(request.POST or None)
    error = None
    if request.method == "GET":
        if isinstance(request.user, User):
            return redirect("pages:home")
    elif form.is_valid():
        try:
            user = actions.check_name(request, form.cleaned_data["username"], form.cleaned_data["password"])
        except Refused as refused:
            error = refused
        else:
            onward = _onward(request)
            if actions.begin(request, user):
                return _entered(user, onward)
            request.session[_NEXT] = onward
            return redirect("login:code")
    people = User.objects.filter(demo=True, is_active=True).order_by("pk") if settings.DEMO else ()
    status = 200 if error is None else 422
    shown = {
        "form": form,
        "error": error,
        "people": people,
        "next": request.POST.get("next") or request.GET.get("next"),
    }
    return render(request, "login/password.html", shown, status=status)


@public
@never_cache
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The one-time code; the first time, with the secret to type into an authenticator app."""
    user = actions.pending(request)
    if user is None:
        return redirect("login:password")
    form, error, onward = CodeForm(request.POST or None), None, _onward(request)
    if request.method == "POST" and form.is_valid():
        try:
            actions.check_code(request, user, form.cleaned_data["code"].strip())
        except Refused as refused:
            error = refused
        else:
            return _entered(user, onward)
    words: dict[str, object] = {"form": form, "error": error}
    if not user.totp:
        secret = actions.enrolling(request)
        words["secret"] = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
        words["address"] = codes.address_of(user, secret)
    return render(request, "login/code.html", words, status=200 if error is None else 422)


@early
@never_cache
@sensitive_post_parameters("current", "new", "again")
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest) -> HttpResponse:
    """A password of one's own; the first thing after somebody else has set it."""
    user, error, said = person(request), None, request.POST
    if request.method == "POST":
        try:
            if said.get("new", "") != said.get("again", ""):
                raise Refused(_("两次输入的新口令不一致"))
            if max(len(said.get(name, "")) for name in ("current", "new")) > _LONGEST:
                raise Refused(_("口令过长，最多 %(most)s 字") % {"most": _LONGEST})
            actions.change_password(request, user, said.get("current", ""), said.get("new", ""))
        except Refused as refused:
            error = refused
        else:
            return redirect("pages:home")
    return render(request, "login/change.html", {"error": error}, status=422 if error else 200)


@early
@require_POST
def out(request: HttpRequest) -> HttpResponse:
    """Sign out."""
    actions.leave(request)
    return redirect("login:password")


def sessions(request: HttpRequest) -> HttpResponse:
    """Where I am signed in."""
    user = person(request)
    words = {"sessions": user.open_sessions.all(), "here": actions.hashed(request.session.session_key)}
    return render(request, "login/sessions.html", words)


@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign me out elsewhere."""
    actions.end(person(request), pk)
    return redirect("login:sessions")


def _entered(user: User, onward: str) -> HttpResponse:
    """On to where they wanted; this browser is known by their name from now on."""
    answer = redirect(onward)
    remember(answer, "name", user.username, reverse("login:password"))
    return answer


def _onward(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or str(request.session.get(_NEXT) or "")
    return way_back(request, wanted) or reverse("pages:home")
