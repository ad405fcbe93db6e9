"""One row of each kind, and keys for people, for the tests of the REST interface."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone


@pytest.fixture
def rows(people: Any, make_alert: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """One of each, in Wuhan, on our network."""
    from fanzha.desk.appeals import actions as appeals
    from fanzha.desk.callbacks.intake import take as take_tickets
    from fanzha.desk.callbacks.models import Callback
    from fanzha.desk.callbacks.source import MemorySource, Ticket
    from fanzha.desk.complaints.actions import Said, take
    from fanzha.desk.lists import actions as lists
    from fanzha.desk.lists.judging import Line
    from fanzha.desk.measures.actions import Wish, propose
    from fanzha.desk.pushes.actions import push_morning
    from fanzha.desk.pushes.models import Push
    from fanzha.desk.requests import actions as requests
    from fanzha.desk.rollback import actions as rollback
    from fanzha.desk.tracing.models import Report

    monkeypatch.setattr(settings, "HOME", tmp_path)
    alert = make_alert("a1", region="420100", score=95.0)
    alert.body["rules"].append({**alert.body["rules"][0], "family": "device"})
    alert.save()
    measure = propose(people["analyst"], Wish("outgoing_stop"), alert=alert)
    appeal = appeals.file(measure, "我是快递员")
    line = Line("13907110009", reason="police", document="文")
    item = lists.approve(people["leader2"], lists.propose(people["analyst"], "hb", "block", line).pk)
    paper = requests.Paper("武公协〔2026〕8号", "武汉市公安局", "city")
    asked = requests.file_one(people["duty"], "hb", paper, "13907110004")
    away = requests.file_one(people["duty"], "hb", paper, "13907310009")
    requests.accept(people["leader"], away.pk)
    referral = requests.approve(people["leader2"], away.pk).referrals.get()
    type(referral).objects.update(region="420100")
    complaint, _fresh = take(people["duty"], "hb", Said("13907110006", "13607110006"))
    now, day = timezone.now(), timedelta(days=1)
    undo = rollback.propose(people["leader2"], "hb", "mass.hour", 3, now - day, now + day, "误设")
    push_morning(datetime(2026, 11, 16, 9, tzinfo=ZoneInfo("Asia/Shanghai")))
    ticket = Ticket("callback-r1", "r1", "+8613907110006", 0, 300_000_000, "red", "用户被阻断", "cut off")
    monkeypatch.setattr(settings, "CALLS_NETWORK", "hb")
    take_tickets(MemorySource([ticket]), now)
    report = Report.objects.create(
        network="hb", region="420100", value="+8613907110004", office="省反诈中心", prepared_by=people["duty"],
        prepared_at=now, state="prepared", moved_at=now, serial="SY420100-2026-000001",
        content={"calls": 0, "alerts": [], "linked": [], "places": [], "days": [], "unknown": []},
    )  # fmt: skip
    return SimpleNamespace(
        alert=alert, measure=measure, appeal=appeal, item=item, asked=asked, referral=referral, complaint=complaint,
        undo=undo, callback=Callback.objects.get(), push=Push.objects.get(), report=report,
    )  # fmt: skip


@pytest.fixture
def caller(people: Any) -> Callable[..., Client]:
    """A client with a key of someone, with all scopes or those given."""

    def make(name: str, *scopes: str, days: int = 30) -> Client:
        from fanzha.desk.api.actions import add_key
        from fanzha.desk.api.choices import Scope

        _key, secret = add_key(None, people[name], f"key of {name}", scopes or Scope.values, days)
        return Client(headers={"authorization": f"Bearer {secret}", "accept-language": "zh-CN"})

    return make
