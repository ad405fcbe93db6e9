"""Decides whether people wait for the desk: first paint of list and detail pages with 200,000 alerts, on SQLite.

Limit (issue 4): p95 of the server time at most 150 ms. The reference is the page that asks nothing of the database, in
the same run. DATABASE_URL measures a PostgreSQL instead. Usage: bench_desk.py [ALERTS]
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from fanzha.cli.django import migrate, ready
from memory import peak_gb

ROUNDS = 40
BLOCK = 5000
BANDS = (("watch", 60, 70, 70), ("verify", 70, 85, 20), ("limit", 85, 90, 7), ("stop", 90, 99, 3))
STATES = (("open", 20), ("unsure", 3), ("confirmed", 20), ("dismissed", 27), ("lapsed", 30))
SCHEMES = ("mass_dialling", "wangiri", "sim_box", "false_cli", "resold_card")
REGIONS = ("420100", "420500", "420600", "42", "421000")
PAGES = (
    "/alerts/", "/alerts/?page=20", "/alerts/?state=open&order=recent", "/alerts/?region=4201&band=stop",
    "/alerts/?scheme=sim_box&state=confirmed&state=dismissed", "/alerts/?order=due", "/alerts/x100/", "/audit/",
)  # fmt: skip


def rows(count: int) -> Iterator[Any]:
    """Alerts of ninety days, each with a body of the usual size."""
    from django.utils import timezone

    from fanzha.desk.alerts.models import Alert

    chance, now = random.Random(1), timezone.now()
    title = {"zh": "一小时呼叫六十个陌生号码", "en": "Sixty strangers in an hour"}
    for at in range(count):
        band, low, high, _weight = chance.choices(BANDS, [each[3] for each in BANDS])[0]
        score, seen = round(chance.uniform(low, high), 1), now - timedelta(minutes=chance.randrange(60 * 24 * 90))
        rule = {
            "id": f"rule.{chance.randrange(60)}",
            "version": 1,
            "family": "contacts",
            "score": score,
            "title": title,
        }
        body = {"rules": [rule], "evidence": [{"rule": rule["id"], "zh": "证据" * 20, "en": "evidence " * 8}] * 8}
        yield Alert(
            id=f"x{at}", network="default", region=chance.choice(REGIONS), kind="number", value=f"+86139{at:08}",
            scheme=chance.choice(SCHEMES), score=score, band=band, measure="verify", rule=f"{rule['id']}@1",
            first_seen=seen, last_seen=seen, taken_at=seen, moved_at=seen, due_at=seen + timedelta(days=1), body=body,
            state=chance.choices([name for name, _n in STATES], [weight for _name, weight in STATES])[0],
        )  # fmt: skip


def fill(count: int) -> None:
    """The tables of the desk, with the demonstration's people."""
    from fanzha.desk.alerts.models import Alert
    from fanzha.desk.organisations.demo import settle

    settle()
    block: list[Any] = []
    for alert in rows(count):
        block.append(alert)
        if len(block) == BLOCK:
            Alert.objects.bulk_create(block)
            block = []
    Alert.objects.bulk_create(block)


def browser(name: str) -> Any:
    """Someone of the demonstration who is in."""
    from django.test import Client
    from django.utils import timezone

    from fanzha.desk.login.actions import hashed
    from fanzha.desk.login.models import OpenSession
    from fanzha.desk.organisations.models import User

    user, client, now = User.objects.get(username=name), Client(SERVER_NAME="127.0.0.1"), timezone.now()
    client.force_login(user)
    key = hashed(client.session.session_key)
    OpenSession.objects.create(user=user, key=key, address="127.0.0.1", agent="bench", begun=now, seen=now)
    return client


def timed(client: Any, address: str) -> tuple[float, float]:
    """(p50, p95) in ms of server time."""
    taken = []
    for _round in range(ROUNDS):
        began = time.perf_counter()
        assert client.get(address).status_code == 200, address
        taken.append((time.perf_counter() - began) * 1000)
    cuts = statistics.quantiles(taken, n=20)
    return cuts[9], cuts[18]


def main(count: int) -> None:
    """Fill, then look at each page as a leader of the whole province."""
    with tempfile.TemporaryDirectory() as folder:
        ready(Path(folder), demo=True)
        migrate()
        began = time.perf_counter()
        fill(count)
        from django.db import connection

        print(f"{count:,} alerts in {time.perf_counter() - began:.0f} s, {connection.vendor}")
        client = browser("leader")
        nothing = timed(client, "/healthz")[0]
        for address in PAGES:
            middle, slow = timed(client, address)
            print(f"{address:<58} p50 {middle:6.0f} ms  p95 {slow:6.0f} ms  {middle / nothing:6.1f} x an empty page")
        print(f"peak memory {peak_gb():.2f} GB")
        connection.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
