"""Decides the first page after signing in, and the language a person reads."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import check_for_language
from django.views.decorators.http import require_GET, require_POST

from fanzha.desk.login.middleware import public
from fanzha.desk.pages.context import MENU
from fanzha.desk.pages.onward import way_back
from fanzha.desk.rights.seats import holds


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The first thing in one's menu; a subscriber's own page where there is none."""
    for entry in MENU:
        if holds(request.user, entry.right):
            return redirect(entry.name)
    return render(request, "pages/home.html")


@public
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Remember a language in this browser, and go back."""
    wanted = request.POST.get("language", "")
    answer = redirect(way_back(request, request.POST.get("next", "")) or "/")
    if check_for_language(wanted):
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, wanted, max_age=31_536_000, samesite="Lax", secure=request.is_secure()
        )
    return answer


@public
@require_GET
def alive(_request: HttpRequest) -> HttpResponse:
    """For a supervisor: this process answers."""
    return JsonResponse({"alive": True})
