"""Decides what the tour's panel says on a page: the step, who does it, where, and what the calls came to."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from fanzha.desk.organisations.demo import PASSWORD, PEOPLE
from fanzha.desk.tour.actions import candidate
from fanzha.desk.tour.progress import Facts, Progress, facts_of
from fanzha.desk.tour.steps import STEPS, Step, current

CALLS = "tour.calls"  # in the session: what the last calls came to
SHUT = "fanzha_tour_shut"  # a cookie of the page's own script


def panel(request: HttpRequest) -> dict[str, Any]:
    """For its template."""
    progress = Progress.of(request)
    facts = facts_of(progress)
    shown: dict[str, Any] = {
        "request": request,
        "user": request.user,
        "open": request.COOKIES.get(SHUT) != "1",
        "steps": len(STEPS),
        "password": PASSWORD,
        "calls": request.session.get(CALLS),
    }
    if facts.alert is None:
        return shown | {"ready": candidate() is not None, **_who(request, "analyst")}
    here = current(facts, progress)
    return shown | {"facts": facts, **(_step(request, facts, *here) if here else {"finished": True})}


def _step(request: HttpRequest, facts: Facts, at: int, step: Step) -> dict[str, Any]:
    name = request.resolver_match.view_name if request.resolver_match else ""
    alert = facts.alert.pk if facts.alert else ""
    targets = [each.replace("{alert}", alert) for each in step.targets]
    fill = {key: value if isinstance(value, bool) else str(value) for key, value in step.fill.items()}
    return {
        "step": step,
        "at": at,
        "where": step.where(facts),
        "there": name in step.views,
        "targets": json.dumps(targets),
        "fill": json.dumps(fill, ensure_ascii=False) if fill else "",
        **_who(request, step.who or facts.proposer),
    }


def _who(request: HttpRequest, name: str) -> dict[str, Any]:
    """The person whose turn it is, and whether it is they who read."""
    who = next(each for each in PEOPLE if each.username == name)
    mine = request.user.is_authenticated and request.user.get_username() == name
    return {"who": who, "mine": mine, "home": reverse("pages:home")}
