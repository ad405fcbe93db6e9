"""Holds how many queries each list and detail asks, with some rows and with twice as many of every kind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

ROWS = 2
NUMBER = "+8613907112000"  # whom the details are about: every other row of a kind is of somebody else
PINNED = {  # page -> reading queries
    "alerts:list": 10,
    "alerts:fresh": 7,
    "alerts:counts": 7,
    "measures:list": 12,
    "measures:ledger": 11,
    "lists:list": 12,
    "appeals:queue": 12,
    "rollback:list": 9,
    "requests:list": 12,
    "requests:referrals": 9,
    "complaints:list": 11,
    "pushes:list": 8,
    "notices:list": 10,
    "tracing:list": 7,
    "supervision:list": 7,
    "callbacks:queue": 11,
    "people:list": 10,
    "audit:list": 8,
    "overview:page": 29,
    "learning:list": 16,
    "lab:list": 8,
    "keys:list": 8,
    "login:sessions": 7,
    "people:offices": 10,
    "alerts:detail": 16,
    "entities:page": 12,
    "measures:detail": 13,
    "lists:detail": 9,
    "appeals:detail": 10,
    "requests:detail": 13,
    "rollback:detail": 10,
    "complaints:detail": 11,
    "pushes:detail": 10,
    "callbacks:detail": 10,
    "lab:version": 14,
    "learning:detail": 9,
}


@pytest.fixture
def fill(
    people: Any, make_alert: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[int], None]:
    """More rows of every kind; the first time also those that the details show."""
    from fanzha.desk.api.actions import propose_key
    from fanzha.desk.api.choices import Scope
    from fanzha.desk.appeals import actions as appeals
    from fanzha.desk.complaints.actions import Said, take
    from fanzha.desk.lists import actions as lists
    from fanzha.desk.lists.judging import Line
    from fanzha.desk.masking.subject import Subject
    from fanzha.desk.measures.actions import Wish, lift, propose
    from fanzha.desk.pushes.actions import push_morning
    from fanzha.desk.requests import actions as requests
    from fanzha.desk.rollback import actions as rollback
    from fanzha.desk.workflow.overdue import mark_overdue

    monkeypatch.setattr(settings, "HOME", tmp_path)
    leader, second, duty = people["leader"], people["leader2"], people["duty"]
    paper = requests.Paper("武公协〔2026〕8号", "武汉市公安局", "city")

    def more(first: int) -> None:
        now = timezone.now()
        for at in range(first, first + ROWS):
            value, own = f"+8613907113{at:03}", f"scheme{at}"
            alert = make_alert(f"x{at}", value=value, region="420100", score=95.0)
            alert.body["rules"].append({**alert.body["rules"][0], "family": "device"})
            alert.save()
            make_alert(f"o{at}", value=NUMBER, region="420100", scheme=own)
            measure = propose(people["analyst"], Wish("outgoing_stop"), alert=alert)
            appeals.file(measure, "我是快递员", [])
            about = Subject("number", NUMBER, "hb", "420100")
            lift(
                leader, propose(leader, Wish("outgoing_stop", plain="police", document="文"), subject=about).pk, "误标"
            )
            lists.propose(leader, "hb", "block", Line(value, reason="police", document="文"))
            made = requests.file_one(duty, "hb", paper, f"1390711{4000 + at}")
            requests.approve(second, requests.accept(leader, made.pk).pk)
            away = requests.file_one(duty, "hb", paper, f"1390731{4000 + at}")
            requests.approve(second, requests.accept(leader, away.pk).pk)
            take(duty, "hb", Said(value, f"1360711{4000 + at}"))
            _a_callback_a_rule_a_model(at, leader)
            propose_key(leader, f"网关 {at}", [Scope.ALERTS_READ], 30, "对接")
            rollback.propose(second, "hb", "mass.hour", 3, now - timedelta(days=1), now + timedelta(days=1), "误设")
        day = datetime(2026, 11, 16, 9, tzinfo=ZoneInfo("Asia/Shanghai")) + timedelta(days=first)
        push_morning(day)
        mark_overdue(now + timedelta(days=90))

    return more


def _a_callback_a_rule_a_model(at: int, leader: Any) -> None:
    from fanzha.desk.callbacks.models import Callback
    from fanzha.desk.lab.models import Version
    from fanzha.desk.learning.models import ModelVersion

    now = timezone.now()
    same = {"network": "hb", "moved_at": now, "due_at": now}
    made = Callback.objects.create(
        **same, region="420100", ticket=f"t{at}", release=f"r{at}", value=NUMBER, level="red", zh="阻断", en="cut",
        made_at=now, deadline=now, taken_at=now, state="signed", signed_by=leader, signed_at=now,
    )  # fmt: skip
    made.tries.create(contact="silent", at=now, by=leader)
    Version.objects.create(
        **same, region="42", rule=f"own.{at}", version=1, text="", scheme="mass_dialling", entity="number", zh="规则",
        en="rule", origin="desk", drafted_by=leader, drafted_at=now, state="draft",
    )  # fmt: skip
    figures = {name: {"value": 0.9} for name in ("auc", "average_precision", "recall_at_fpr_01pct")}
    contest = {"rows": 60, "challenger": {"figures": figures}, "advice": "first"}
    ModelVersion.objects.create(
        **same, region="42", number=at + 1, fingerprint="f", made_at=now, body={"contest": contest}, asked_by=leader,
        why="好", state="asked",
    )  # fmt: skip


def _pages() -> dict[str, str]:
    from fanzha.desk.alerts.models import Alert
    from fanzha.desk.appeals.models import Appeal
    from fanzha.desk.callbacks.models import Callback
    from fanzha.desk.complaints.models import Complaint
    from fanzha.desk.lab.models import Version
    from fanzha.desk.learning.models import ModelVersion
    from fanzha.desk.lists.models import Item
    from fanzha.desk.measures.models import Measure
    from fanzha.desk.pushes.models import Push
    from fanzha.desk.requests.models import Request
    from fanzha.desk.rollback.models import Rollback

    lists = (
        "alerts:list", "alerts:fresh", "alerts:counts", "measures:list", "measures:ledger", "lists:list",
        "appeals:queue", "rollback:list", "requests:list", "requests:referrals", "complaints:list", "pushes:list",
        "notices:list", "tracing:list", "supervision:list", "callbacks:queue", "people:list", "audit:list",
        "overview:page", "learning:list", "lab:list", "keys:list", "login:sessions", "people:offices",
    )  # fmt: skip
    details = {
        "alerts:detail": "x0",
        "entities:page": Alert.objects.get(pk="o0").subject.token,
        "measures:detail": Measure.objects.filter(value="+8613907113000").earliest("pk").pk,
        "lists:detail": Item.objects.earliest("pk").pk,
        "appeals:detail": Appeal.objects.earliest("pk").pk,
        "requests:detail": Request.objects.earliest("pk").pk,
        "rollback:detail": Rollback.objects.earliest("pk").pk,
        "complaints:detail": Complaint.objects.earliest("pk").pk,
        "pushes:detail": Push.objects.earliest("pk").pk,
        "callbacks:detail": Callback.objects.earliest("pk").pk,
        "lab:version": Version.objects.earliest("pk").pk,
        "learning:detail": ModelVersion.objects.earliest("pk").pk,
    }
    return {name: reverse(name) for name in lists} | {
        name: reverse(name, args=[told]) for name, told in details.items()
    }


def _counted(clients: dict[str, Client]) -> dict[str, int]:
    """Reading queries only: that somebody was seen is written once a minute."""
    found = {}
    for name, address in _pages().items():
        client = clients["admin" if name.startswith("people") else "leader"]
        client.get(address)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200, name
        found[name] = sum(each["sql"].startswith("SELECT") for each in asked.captured_queries)
    return found


def test_a_page_asks_the_same_number_of_queries_for_few_rows_and_for_many(
    fill: Callable[[int], None], signed_in: Callable[[str], Client]
) -> None:
    clients = {name: signed_in(name) for name in ("leader", "admin")}
    fill(0)
    few = _counted(clients)
    fill(ROWS)
    assert _counted(clients) == few
    assert few == PINNED
