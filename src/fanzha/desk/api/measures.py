"""Decides the routes of measures: read them, propose one, approve, reject, withdraw or lift it."""

from __future__ import annotations

from typing import Any, Literal

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router

from fanzha.desk.alerts.models import Alert
from fanzha.desk.api import shapes, telling
from fanzha.desk.api.choices import Scope
from fanzha.desk.api.door import Door, keyed
from fanzha.desk.masking.subject import subject_of
from fanzha.desk.measures import actions
from fanzha.desk.measures.models import Measure
from fanzha.desk.rights.seats import holds
from fanzha.errors import UsageError

router = Router(tags=["measures"])
_READ = Door(Scope.MEASURES_READ, "measures.view")
_State = Literal["", "proposed", "active", "rejected", "withdrawn", "lifted", "expired", "undone"]


@router.get("", auth=_READ, response=telling.answers(shapes.Measures), url_name="measures")
def listing(request: HttpRequest, state: _State = "", page: shapes.Page = 1, rows: shapes.Rows = 50) -> dict[str, Any]:
    """Newest first."""
    found = Measure.objects.seen_by(keyed(request)[0]).order_by("-proposed_at", "-pk")
    taken, more = telling.paged(found.filter(state=state) if state else found, page, rows)
    return {"rows": [telling.measure(row) for row in taken], "more": more}


@router.get("/{pk}", auth=_READ, response=telling.answers(shapes.MeasureRow), url_name="measure")
def detail(request: HttpRequest, pk: shapes.Number) -> dict[str, Any]:
    """One, with the acts that are open."""
    user, _key = keyed(request)
    return telling.measure(get_object_or_404(Measure.objects.seen_by(user), pk=pk), user)


@router.post(
    "", auth=Door(Scope.MEASURES_WRITE, "measures.propose"), response=telling.answers(shapes.Receipt),
    url_name="propose_measure",
)  # fmt: skip
def propose(request: HttpRequest, said: shapes.Proposal, name: shapes.Once) -> dict[str, Any]:
    """From an alert, or by hand on the subject of a token; the ladder says who else must agree."""
    user, _key = keyed(request)
    if bool(said.alert) == bool(said.token):
        raise UsageError("须给出 alert 或 token 之一 give either alert or token", where="alert, token")
    alert = get_object_or_404(Alert.objects.seen_by(user), pk=said.alert) if said.alert else None
    subject = alert.subject if alert else subject_of(said.token)
    if not holds(user, "measures.propose", alert or subject):
        raise Http404
    wish = actions.Wish(said.rung, said.note, said.plain, said.document, said.days, said.immediate, said.secret)
    return telling.written(request, name, lambda: actions.propose(user, wish, alert=alert, subject=subject))


@router.post(
    "/{pk}/{act}", auth=Door(Scope.MEASURES_WRITE, "measures.view"), response=telling.answers(shapes.Receipt),
    url_name="act_on_measure",
)  # fmt: skip
def act(
    request: HttpRequest, pk: shapes.Number, act: Literal["approve", "reject", "withdraw", "lift"],
    said: shapes.Reason, name: shapes.Once,
) -> dict[str, Any]:  # fmt: skip
    """The same acts as on the page: four eyes, reasons and rights hold."""
    user, _key = keyed(request)
    get_object_or_404(Measure.objects.seen_by(user), pk=pk)
    if act == "approve":
        return telling.written(request, name, lambda: actions.approve(user, pk, reason=said.reason))
    taken = {"reject": actions.reject, "withdraw": actions.withdraw, "lift": actions.lift}[act]
    return telling.written(request, name, lambda: taken(user, pk, said.reason))
