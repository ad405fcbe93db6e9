"""Decides the routes of alerts: read them, judge one."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router

from fanzha.desk.alerts import actions
from fanzha.desk.alerts.choices import REASONS
from fanzha.desk.alerts.models import Alert
from fanzha.desk.api import shapes, telling
from fanzha.desk.api.choices import Scope
from fanzha.desk.api.door import Door, keyed
from fanzha.errors import Refused

router = Router(tags=["alerts"])
_READ = Door(Scope.ALERTS_READ, "alerts.view")
_State = Literal["", "open", "unsure", "confirmed", "dismissed", "lapsed"]


@router.get("", auth=_READ, response=telling.answers(shapes.Alerts), url_name="alerts")
def listing(
    request: HttpRequest, state: _State = "", since: shapes.Moment | None = None, page: shapes.Page = 1,
    rows: shapes.Rows = 50,
) -> dict[str, Any]:  # fmt: skip
    """Newest first. since: arrived at the desk at or after."""
    found = Alert.objects.seen_by(keyed(request)[0]).defer("body").order_by("-taken_at", "pk")
    if state:
        found = found.filter(state=state)
    if since is not None:
        found = found.filter(taken_at__gte=since)
    taken, more = telling.paged(found, page, rows)
    return {"rows": [telling.alert(row) for row in taken], "more": more}


@router.get("/{pk}", auth=_READ, response=telling.answers(shapes.AlertDetail), url_name="alert")
def detail(request: HttpRequest, pk: shapes.AlertId) -> dict[str, Any]:
    """One, with its evidence and the acts that are open."""
    user, _key = keyed(request)
    return telling.alert_in_full(get_object_or_404(Alert.objects.seen_by(user), pk=pk), user)


@router.post(
    "/{pk}/{act}", auth=Door(Scope.ALERTS_WRITE, "alerts.triage"), response=telling.answers(shapes.Receipt),
    url_name="judge_alert",
)  # fmt: skip
def judge(
    request: HttpRequest, pk: shapes.AlertId, act: Literal["confirm", "dismiss", "hold", "reopen"],
    said: shapes.Judgement, name: shapes.Once,
) -> dict[str, Any]:  # fmt: skip
    """Judge it, or take a judgement back."""
    user, _key = keyed(request)
    get_object_or_404(Alert.objects.seen_by(user), pk=pk)
    if act in REASONS and said.why not in REASONS[act]:
        raise Refused("研判依据无效 no such ground for this act", where="why", hint=", ".join(REASONS[act]))

    def done() -> Alert:
        judged = actions.triage(user, [pk], act, said.why, said.reason)
        if judged.refused:
            raise Refused(judged.refused[pk])
        return Alert.objects.get(pk=pk)

    return telling.written(request, name, done)
