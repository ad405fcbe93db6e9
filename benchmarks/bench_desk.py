"""Decides whether people wait for the desk: pages with 200,000 alerts, 50,000 measures and a lake of 10 M calls.

Limits (issue 4): p95 of the server time of a first paint at most 150 ms, of a part that follows from the lake 500 ms,
with CPU time beside them, for cores are seldom quiet. The reference is the page that asks nothing of
the database, in the same run. DATABASE_URL measures a PostgreSQL. Usage: bench_desk.py [ALERTS [SUBSCRIBERS]]
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from fanzha.cli.django import migrate, ready
from limit import kept
from memory import peak_gb
from province import lake_of

ROUNDS, FEW = 40, 20
PAGE_MS, PART_MS = 150, 500
BLOCK = 5000
BANDS = (("watch", 60, 70, 70), ("verify", 70, 85, 20), ("limit", 85, 90, 7), ("stop", 90, 99, 3))
STATES = (("open", 20), ("unsure", 3), ("confirmed", 20), ("dismissed", 27), ("lapsed", 30))
SCHEMES = ("mass_dialling", "wangiri", "sim_box", "false_cli", "resold_card")
REGIONS = ("420100", "420500", "420600", "42", "421000")
MEASURES = 50_000
PARTS = ("lake", "peers", "links")
RUNGS = ("label", "outgoing_stop", "rate")
HELD = (("proposed", 3), ("active", 30), ("lifted", 20), ("expired", 42), ("rejected", 5))
PAGES = (
    "/alerts/", "/alerts/?page=20", "/alerts/?state=open&order=recent", "/alerts/?region=4201&band=stop",
    "/alerts/?scheme=sim_box&state=confirmed&state=dismissed", "/alerts/?order=due", "/alerts/counts/", "/alerts/x100/",
    "/measures/", "/measures/?state=active", "/measures/100/", "/lists/", "/appeals/", "/audit/", "/overview/",
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


def measures() -> Iterator[Any]:
    """Measures of ninety days, on every fourth number that has an alert."""
    from django.utils import timezone

    from fanzha.desk.measures.models import Measure

    chance, now = random.Random(2), timezone.now()
    for at in range(MEASURES):
        begun, held = now - timedelta(minutes=chance.randrange(60 * 24 * 90)), timedelta(days=30)
        state = chance.choices([name for name, _n in HELD], [weight for _name, weight in HELD])[0]
        yield Measure(
            network="default", region=chance.choice(REGIONS), kind="number", value=f"+86139{at * 4:08}",
            rung=chance.choice(RUNGS), rule=f"rule.{chance.randrange(60)}@1", plain="strangers", basis="basis",
            proposed_at=begun, in_force_at=begun, days=30, expires=(now if state == "active" else begun) + held,
            state=state, moved_at=begun, score=90,
        )  # fmt: skip


def fill(count: int) -> None:
    """The tables of the desk, with the demonstration's people."""
    from django.db import connection, transaction

    from fanzha.desk.alerts.models import Alert
    from fanzha.desk.bulk import insert
    from fanzha.desk.measures.models import Measure
    from fanzha.desk.organisations.demo import settle

    settle()
    for made, model in ((rows(count), Alert), (measures(), Measure)):
        with transaction.atomic():
            while block := list(islice(made, BLOCK)):
                insert(block)
        print(f"{model.objects.count():,} {model._meta.model_name}s", flush=True)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # as autovacuum does within a minute: without it plans are of empty tables


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


def timed(client: Any, address: str, rounds: int = ROUNDS) -> tuple[float, float, float]:
    """(p50, p95) in ms of server time, and the mean of this process's CPU time in ms; the first look is not counted."""
    client.get(address)
    taken, cpu = [], time.process_time()
    for _round in range(rounds):
        began = time.perf_counter()
        assert client.get(address).status_code == 200, address
        taken.append((time.perf_counter() - began) * 1000)
    cuts = statistics.quantiles(taken, n=20)
    return cuts[9], cuts[18], (time.process_time() - cpu) * 1000 / rounds


def parts(client: Any, subscribers: int) -> float:
    """What pages of numbers, devices and cells read from the lake after their first paint; the slowest p95 in ms."""
    slowest = 0.0
    from fanzha.desk.masking.subject import Subject

    for kind, value in subjects(subscribers):
        for part in PARTS if kind == "number" else ("lake", "links"):
            told = timed(client, f"/entities/{Subject(kind, value, 'default', '42').token}/{part}/", FEW)
            print(f"{kind + ' ' + part:<58} p50 {told[0]:6.0f} ms  p95 {told[1]:6.0f} ms  CPU {told[2]:5.0f} ms")
            slowest = max(slowest, told[1])
    return slowest


def subjects(subscribers: int) -> list[tuple[str, str]]:
    """A caller of the province, its device and its cell."""
    from fanzha import numbering

    with lake_of(subscribers, 3) as lake:
        row = next(
            row
            for batch in lake.scan(["caller", "caller_imei", "caller_cell"])
            for row in batch.slice(100_000).to_pylist()
            if row["caller"] and row["caller"] > 0 and row["caller_imei"] and row["caller_cell"]
        )
        return [
            ("number", numbering.display(row["caller"])),
            ("device", f"{row['caller_imei']:015d}"),
            ("cell", lake.cell_name(row["caller_cell"])),
        ]


def main(count: int, subscribers: int) -> None:
    """Fill, then look at each page as a leader of the whole province."""
    with tempfile.TemporaryDirectory() as folder:
        home = ready(Path(folder), demo=True)
        (home / "lake").symlink_to(lake_of(subscribers, 3).root)
        migrate()
        began = time.perf_counter()
        fill(count)
        from django.db import connection

        print(f"filled in {time.perf_counter() - began:.0f} s, {connection.vendor}")
        client = browser("leader")
        nothing, slowest = timed(client, "/healthz")[0], 0.0
        for address in PAGES:
            middle, slow, cpu = timed(client, address)
            ratio = f"{middle / nothing:5.1f} x an empty page"
            print(f"{address:<58} p50 {middle:6.0f} ms  p95 {slow:6.0f} ms  CPU {cpu:5.0f} ms  {ratio}", flush=True)
            slowest = max(slowest, slow)
        print(f"p95 of the slowest page {kept(slowest, PAGE_MS, 'ms', 0)}", flush=True)
        print(f"p95 of the slowest part read from the lake {kept(parts(client, subscribers), PART_MS, 'ms', 0)}")
        print(f"peak memory {peak_gb():.2f} GB")
        connection.close()


if __name__ == "__main__":
    main(*(int(each) for each in (sys.argv[1:] + ["200000", "1040000"][len(sys.argv) - 1 :])))
