"""Decides how alerts get into the desk: from a cursor, many at a time, and taking the same twice changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from fanzha import numbering
from fanzha.desk.alerts.choices import State
from fanzha.desk.alerts.models import Alert, Cursor
from fanzha.desk.alerts.source import AlertSource
from fanzha.desk.alerts.workflow import triage_clock
from fanzha.desk.organisations.models import Network
from fanzha.desk.workflow.clock import due
from fanzha.errors import StorageError

MOST = 1000
_TOLD = ("score", "band", "measure", "rule", "last_seen", "body", "due_at")  # what a newer row of an id may change


def take(source: AlertSource, network: str, now: datetime, *, most: int = MOST) -> int:
    """Take what came after the network's cursor; how many rows. Raises StorageError for an unknown network."""
    with transaction.atomic():
        cursor, _made = Cursor.objects.select_for_update(no_key=True).get_or_create(network=network)
        rows = source.after(cursor.position, most)
        if not rows:
            return 0
        _upsert(network, [body for _n, body in rows], now)
        cursor.position, cursor.rows = rows[-1][0], cursor.rows + len(rows)
        cursor.save()
    return len(rows)


def _upsert(network: str, bodies: Sequence[dict[str, Any]], now: datetime) -> None:
    home = Network.objects.filter(code=network).first()
    if home is None:
        raise StorageError(
            f"网络未登记 network {network!r} is not known to the desk",
            where="organisations",
            hint="fanzha desk add_network CODE --operator NAME makes it known",
        )
    newest = {str(body["id"]): body for body in bodies}
    # Locked, in the order of who judges many: what a person decides at this instant is not written over.
    kept = Alert.objects.select_for_update(of=("self",), no_key=True).order_by("pk").in_bulk(list(newest))
    fresh = [_new(body, home, now) for name, body in newest.items() if name not in kept]
    Alert.objects.bulk_create(fresh, batch_size=500)
    changed = [_changed(alert, newest[name], now) for name, alert in kept.items()]
    Alert.objects.bulk_update(changed, _TOLD, batch_size=200)


def _new(body: dict[str, Any], network: Network, now: datetime) -> Alert:
    entity = body["entity"]
    alert = Alert(
        id=body["id"],
        network=network.code,
        region=region_of(entity["kind"], entity["value"], network),
        kind=entity["kind"],
        value=entity["value"],
        scheme=body["scheme"],
        first_seen=datetime.fromisoformat(body["first_seen"]),
        taken_at=now,
        moved_at=now,
        state=State.OPEN,
        previous=body.get("previous") or "",
    )
    _tell(alert, body)
    alert.due_at = due(triage_clock(alert), now)
    return alert


def _changed(alert: Alert, body: dict[str, Any], now: datetime) -> Alert:
    """Told anew; one that turned redder while nobody judged it is due sooner, never later."""
    band = alert.band
    _tell(alert, body)
    if alert.due_at is not None and alert.state == State.OPEN and alert.band != band:
        alert.due_at = min(alert.due_at, due(triage_clock(alert), now))
    return alert


def _tell(alert: Alert, body: Mapping[str, Any]) -> None:
    rule = body.get("rule")
    alert.score, alert.band, alert.measure = body["score"], body["band"], body["measure"]
    alert.rule = f"{rule['id']}@{rule['version']}" if rule else ""
    alert.last_seen = datetime.fromisoformat(body["last_seen"])
    alert.body = dict(body)


def region_of(kind: str, value: str, network: Network) -> str:
    """Where an alert belongs: the number's own city if the network serves it, else the network's whole region.

    A number of another province is the business of the province where it was seen.
    """
    if kind != "number":
        return network.region
    own = numbering.parse(value).region
    return str(own) if own and str(own).startswith(network.region) else network.region
