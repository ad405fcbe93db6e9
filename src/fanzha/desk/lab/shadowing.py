"""Decides how what rules did in shadow gets into the desk: from the watcher's outbox, by a cursor, kept for a time."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from fanzha.desk.alerts.intake import region_of
from fanzha.desk.lab.models import Cursor, Hit, Version
from fanzha.desk.lab.terms import terms
from fanzha.desk.organisations.models import Network
from fanzha.errors import StorageError

MOST = 1000
_TOLD = ("at", "taken_at", "score", "already", "band", "measure", "body")


def turn(now: datetime) -> int:
    """For a timer: take what came since the last look from every network's watcher, and forget what is old."""
    Hit.objects.filter(taken_at__lt=now - timedelta(days=terms().hits_days)).delete()
    total = 0
    for network in Network.objects.order_by("code"):
        while taken := take(settings.HOME / "watch" / network.code / "outbox.sqlite", network, now):
            total += taken
            if taken < MOST:
                break
    return total


def take(outbox: Path, network: Network, now: datetime) -> int:
    """The next rows of one watcher; a newer row of an entity stands for the older. Raises StorageError."""
    with transaction.atomic():
        cursor, _ = Cursor.objects.select_for_update(no_key=True).get_or_create(network=network.code, name="hits")
        rows = _rows(outbox, cursor.position)
        if not rows:
            return 0
        versions = {(each.rule, each.version): each for each in Version.objects.filter(network=network.code)}
        newest = {body["id"]: body for _n, body in rows}
        hits = [_hit(body, versions, network, now) for body in newest.values()]
        known = [hit for hit in hits if hit is not None]
        Hit.objects.bulk_create(known, update_conflicts=True, unique_fields=["id"], update_fields=_TOLD, batch_size=500)
        cursor.position = rows[-1][0]
        cursor.save()
    return len(rows)


def _hit(
    body: dict[str, Any], versions: Mapping[tuple[str, int], Version], network: Network, now: datetime
) -> Hit | None:
    version = versions.get((body["rule"], body["version"]))
    if version is None:
        return None
    kind, value = body["entity"]["kind"], body["entity"]["value"]
    return Hit(
        id=body["id"], network=network.code, region=region_of(kind, value, network), version=version, kind=kind,
        value=value, at=datetime.fromisoformat(body["at"]), taken_at=now, score=body["score"], already=body["already"],
        band=body["band"], measure=body["measure"], body=body,
    )  # fmt: skip


def _rows(outbox: Path, after: int) -> Sequence[tuple[int, dict[str, Any]]]:
    if not outbox.exists():
        return []
    try:
        with closing(sqlite3.connect(f"file:{outbox}?mode=ro", uri=True, timeout=10)) as db:
            if not db.execute("select 1 from sqlite_master where name = 'hits'").fetchone():
                return []
            rows = db.execute("select n, body from hits where n > ? order by n limit ?", (after, MOST))
            return [(int(n), json.loads(body)) for n, body in rows]
    except (sqlite3.Error, ValueError) as error:
        raise StorageError(f"the outbox cannot be read: {error}", where=str(outbox)) from error
