from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl  # type: ignore[import-untyped]
import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from fanzha.desk.alerts.models import Alert
from fanzha.desk.audit.models import Entry
from fanzha.desk.pushes import actions
from fanzha.desk.pushes.models import Push, Ranked
from fanzha.desk.pushes.terms import terms
from fanzha.errors import Refused

EARLY = datetime(2026, 11, 16, 7, 59, tzinfo=ZoneInfo("Asia/Shanghai"))
MORNING = EARLY + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "HOME", tmp_path)
    return tmp_path


@pytest.fixture
def three(make_alert: Any) -> None:
    for name, score in (("a1", 70.0), ("a2", 95.0), ("a3", 80.0)):
        make_alert(name, value=f"+861390711000{name[1]}", score=score, region="420100")


def test_the_highest_scores_go_once_a_morning(people: Any, three: None, make_alert: Any, home: Path) -> None:
    """D7."""
    make_alert("d1", kind="device", value="356938035643809", score=99.0)
    assert actions.push_morning(EARLY) == 0
    assert actions.push_morning(MORNING) == 3
    assert actions.push_morning(MORNING + timedelta(minutes=1)) == 0
    push = Push.objects.get()
    assert list(push.ranked.order_by("rank").values_list("alert_id", flat=True)) == ["a2", "a3", "a1"]
    sheet = openpyxl.load_workbook(home / "outgoing" / "push-hb-20261116.xlsx").worksheets[0]
    assert (sheet["B1"].value, sheet["B3"].value) == (push.receipt, "+8613907110002")
    assert Entry.objects.filter(action="alerts.push").count() == 3
    assert actions.push_morning(MORNING + timedelta(days=1)) == 0  # none of them a second time


def test_only_so_many(people: Any, three: None, monkeypatch: pytest.MonkeyPatch) -> None:
    import msgspec

    short = msgspec.structs.replace(terms(), most=2)
    monkeypatch.setattr(actions, "terms", lambda: short)
    assert actions.push_morning(MORNING) == 2
    assert actions.push_morning(MORNING + timedelta(days=1)) == 1


def test_answers_come_back_as_labels(people: Any, three: None) -> None:
    actions.push_morning(MORNING)
    push, duty = Push.objects.get(), people["duty"]
    with pytest.raises(Refused, match="签收"):
        actions.answer(duty, push.pk, {1: "true"}, "已立案")
    assert actions.sign(duty, push.pk).signed_by == duty
    with pytest.raises(Refused, match="说明"):
        actions.answer(duty, push.pk, {1: "true"}, " ")
    with pytest.raises(Refused, match="至少"):
        actions.answer(duty, push.pk, {1: "maybe"}, "x")
    assert actions.answer(duty, push.pk, {1: "true", 2: "false", 9: "true", 3: ""}, "已立案") == 2
    states = dict(Alert.objects.values_list("pk", "state"))
    assert states == {"a1": "open", "a2": "confirmed", "a3": "dismissed"}
    assert actions.answer(duty, push.pk, {1: "false"}, "改口") == 0  # an answer stays
    assert actions.answer(duty, push.pk, {3: "unsure"}, "核查中") == 1
    push.refresh_from_db()
    assert (push.state, push.due_at) == ("answered", None)
    assert list(Ranked.objects.order_by("rank").values_list("answer", flat=True)) == ["true", "false", "unsure"]
    assert Alert.objects.get(pk="a2").verdict_reason == "police"


def test_rights(people: Any, three: None) -> None:
    actions.push_morning(MORNING)
    push = Push.objects.get()
    for name in ("analyst", "leader", "regulator", "station", "stranger", "bank"):
        with pytest.raises(PermissionDenied):
            actions.sign(people[name], push.pk)


def test_the_page_from_signing_to_answer(people: Any, three: None, signed_in: Callable[[str], Client]) -> None:
    actions.push_morning(MORNING)
    pk = Push.objects.get().pk
    client = signed_in("duty")
    assert client.post(reverse("pushes:sign", args=[pk])).status_code == 302
    page = client.get(reverse("pushes:detail", args=[pk])).content.decode()
    assert "answer-3" in page
    assert "13907110002" not in page
    said = {"answer-1": "true", "answer-x": "true", "told": "已立案"}
    assert client.post(reverse("pushes:answer", args=[pk]), said).status_code == 302
    assert "涉诈属实" in client.get(reverse("pushes:detail", args=[pk])).content.decode()
