"""Decides the routes of numbers, devices and cells: look one up, read what the desk knows of it."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import Http404, HttpRequest
from ninja import Path, Router

from fanzha.desk.alerts.models import Alert
from fanzha.desk.api import shapes, telling
from fanzha.desk.api.choices import Scope
from fanzha.desk.api.door import Door, keyed
from fanzha.desk.entities.actions import RIGHT, look_up
from fanzha.desk.masking.subject import subject_of
from fanzha.desk.measures.models import Measure
from fanzha.desk.rights.seats import holds

router = Router(tags=["entities"])
_READ = Door(Scope.ENTITIES_READ, RIGHT)
_MOST = 20


@router.post("/search", auth=_READ, response=telling.answers(shapes.Subject), url_name="search")
def search(request: HttpRequest, said: shapes.LookUp) -> dict[str, Any]:
    """The token of a number, device or cell. It changes nothing, but each look-up is in the audit trail."""
    return telling.subject(look_up(keyed(request)[0], said.what, said.kind))


@router.get("/{token}", auth=_READ, response=telling.answers(shapes.Found), url_name="entity")
def detail(request: HttpRequest, token: Annotated[str, Path(max_length=400)]) -> dict[str, Any]:
    """Its latest alerts and measures, as far as the key's owner may see them."""
    user, _key = keyed(request)
    subject = subject_of(token)
    if not holds(user, RIGHT, subject):
        raise Http404
    alerts = Alert.objects.seen_by(user).about(subject).defer("body").order_by("-last_seen")[:_MOST]
    measures = Measure.objects.seen_by(user).about(subject).order_by("-proposed_at")[:_MOST]
    return {
        "subject": telling.subject(subject),
        "network": subject.network,
        "region": subject.region,
        "alerts": [telling.alert(row) for row in alerts],
        "measures": [telling.measure(row) for row in measures],
    }
