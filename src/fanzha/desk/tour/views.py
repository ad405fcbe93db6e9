"""Decides what the tour's buttons do; outside the demonstration none of them is there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from fanzha.desk.login.middleware import public
from fanzha.desk.measures.choices import State
from fanzha.desk.rights.views import person
from fanzha.desk.tour import actions
from fanzha.desk.tour.panel import CALLS, panel
from fanzha.desk.tour.progress import COOKIE, Progress, facts_of
from fanzha.desk.tour.steps import current


def _in_demo(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        return view(request)

    return guarded


@public
@require_GET
@_in_demo
def part(request: HttpRequest) -> HttpResponse:
    """The panel alone, while it waits for alerts."""
    return render(request, "tour/panel.html", panel(request))


@public
@require_POST
@_in_demo
def begin(_request: HttpRequest) -> HttpResponse:
    """Choose the alert; the panel says who goes on."""
    answer = redirect("pages:home")
    alert = actions.candidate()
    if alert is None:
        return answer
    actions.begin(alert)
    return Progress(alert.pk).keep(answer)


@require_POST
@_in_demo
def onward(request: HttpRequest) -> HttpResponse:
    """A step of mere reading is done."""
    progress = Progress.of(request)
    facts = facts_of(progress)
    here = current(facts, progress)
    if here is None or here[1].button != "next":
        return redirect("pages:home")
    progress = progress.marked("read" if here[1].id == "read" else "audit")
    after = current(facts, progress)
    same = after is not None and (after[1].who or facts.proposer) == person(request).get_username()
    return progress.keep(redirect(after[1].where(facts) if after and same else here[1].where(facts)))


@require_POST
@_in_demo
def call(request: HttpRequest) -> HttpResponse:
    """Place the real calls of this step, and show what came of them."""
    progress = Progress.of(request)
    measure = facts_of(progress).measure
    if measure is None:
        raise Http404
    calls = actions.ring(measure)
    request.session[CALLS] = calls
    answer: HttpResponse = redirect("measures:detail", pk=measure.pk)
    if actions.as_wished(calls, measure):
        progress.marked("refused" if measure.state == State.ACTIVE else "restored").keep(answer)
    return answer


@public
@require_POST
@_in_demo
def leave(request: HttpRequest) -> HttpResponse:
    """Back to the beginning."""
    request.session.pop(CALLS, None)
    answer = redirect("pages:home")
    answer.delete_cookie(COOKIE)
    return answer
