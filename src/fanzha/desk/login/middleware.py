"""Decides that nobody gets past the gate without a session still on the list; only sign-in and static are open."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from fanzha.desk.login.actions import still_open
from fanzha.desk.organisations.models import User


class Gate:
    """Every view is shut unless it is marked `@public`: one that was forgotten is closed, not open."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass, or send to the sign-in page."""
        user = request.user
        if isinstance(user, User) and not still_open(request, timezone.now()):
            logout(request)
        return self._next(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], _args: object, _kwargs: object
    ) -> HttpResponseBase | None:
        """Let through who is signed in, and anybody to a public view."""
        if getattr(view, "public", False):
            return None
        if isinstance(request.user, User):
            owes = request.user.password_due and not getattr(view, "early", False)
            return redirect("login:change") if owes else _page_again(request)
        if request.headers.get("HX-Request"):
            onward = redirect_to_login(_page_of(request))
            return HttpResponse(status=204, headers={"HX-Redirect": onward.headers["Location"]})
        return redirect_to_login(request.get_full_path())


def _page_again(request: HttpRequest) -> HttpResponse | None:
    """A part asked for by a page that was drawn for somebody else, who signed out in another tab: all of it anew."""
    if request.headers.get("X-Page-Of", "") in ("", str(request.user.pk)):
        return None
    return HttpResponse(status=204, headers={"HX-Refresh": "true"})


def _page_of(request: HttpRequest) -> str:
    """The page of ours that a part was asked for from; the first one where it is not told."""
    try:
        came = urlsplit(request.headers.get("HX-Current-URL", ""))
    except ValueError:
        return "/"
    ours = came.netloc == request.get_host() and not came.path.startswith("//")
    return f"{came.path}?{came.query}".rstrip("?") if ours else "/"


def early(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Mark a view that is open to who still has to choose a password of their own."""
    view.early = True  # type: ignore[attr-defined]
    return view


def public(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Mark a view that anybody may open."""
    view.public = True  # type: ignore[attr-defined]
    return view
