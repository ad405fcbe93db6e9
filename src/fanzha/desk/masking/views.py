"""Decides what asking for a full number looks like: a small form in place, then the number for some minutes."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from fanzha.desk.masking.actions import RIGHT, left, quota, unmask
from fanzha.desk.masking.subject import subject_of
from fanzha.desk.rights.seats import holds
from fanzha.desk.rights.views import needs, person
from fanzha.errors import Refused


@needs(RIGHT)
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, token: str) -> HttpResponse:
    """GET: the form for a reason. POST: the full value, or why not."""
    subject, user = subject_of(token), person(request)
    if not holds(user, RIGHT, subject):
        raise Http404
    words = {"subject": subject, "left": left(user, timezone.now()), "quota": quota()}
    if request.method == "GET":
        return render(request, "masking/ask.html", words)
    try:
        shown = unmask(user, subject, request.POST.get("reason", ""))
    except Refused as error:
        return render(request, "masking/ask.html", {**words, "error": error}, status=422)
    return render(request, "masking/shown.html", {"subject": subject, "shown": shown})
