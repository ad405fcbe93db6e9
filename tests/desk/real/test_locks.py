"""Two acts of which each holds what the other wants next: PostgreSQL ends one of them, unless all go by one order.

The order: rows before the trail, many of a kind by their keys; and who only refers to a row does not wait for it. Each
test stops the first act where it is about to write the trail, until the second waits for it or is done.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from fanzha.desk.alerts import actions as alerts
from fanzha.desk.alerts.intake import take
from fanzha.desk.alerts.models import Alert
from fanzha.desk.appeals import actions as appeals
from fanzha.desk.audit.models import Entry
from fanzha.desk.audit.verify import verify
from fanzha.desk.complaints import actions as complaints
from fanzha.desk.masking import actions as masking
from fanzha.desk.measures import actions as measures
from fanzha.desk.measures.actions import Wish, propose
from fanzha.desk.notices import actions as notices
from fanzha.desk.workflow import actions as workflow

_AWAITED = "select exists (select from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid)))"
_S = 120.0  # a machine that does much else


@pytest.fixture(autouse=True)
def postgres(db: None) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> Callable[[ModuleType, Callable[[], Any], Callable[[], Any]], None]:
    """Do the first act, and the second while the first is about to write the trail; raises what either raised."""

    def go(room: ModuleType, first: Callable[[], Any], second: Callable[[], Any]) -> None:
        begun, done, failed, record = threading.Event(), threading.Event(), [], room.record  # type: ignore[attr-defined]
        mine = threading.get_ident()

        def stopped(*said: Any, **more: Any) -> None:
            if threading.get_ident() == mine and not begun.is_set():
                begun.set()
                until = time.monotonic() + _S
                while not done.is_set() and not _awaited() and time.monotonic() < until:
                    time.sleep(0.01)
            record(*said, **more)

        def follow() -> None:
            begun.wait(_S)
            try:
                second()
            except Exception as error:
                failed.append(error)
            finally:
                done.set()
                connection.close()

        monkeypatch.setattr(room, "record", stopped)
        other = threading.Thread(target=follow)
        other.start()
        try:
            first()
        finally:
            begun.set()
            other.join(_S)
        assert failed == []
        assert verify().whole

    return go


def _awaited() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_AWAITED)
        return bool(cursor.fetchone()[0])


def _complain(people: Any, at: int, value: str) -> None:
    said = complaints.Said(value, f"1360711000{at}", way="12321", reference=f"JB{at}")
    complaints.take(people["duty"], "hb", said)


def test_a_complaint_raises_an_alert_that_is_judged_at_this_instant(people: Any, make_alert: Any, between: Any) -> None:
    alert = make_alert("a1", score=60.0, band="verify")
    for at in (1, 2):
        _complain(people, at, alert.value)
    between(
        alerts,
        lambda: alerts.triage(people["leader"], ["a1"], "hold", "more", "再看"),
        lambda: _complain(people, 3, alert.value),
    )
    assert Entry.objects.filter(action="alerts.complaints").count() == 1
    kept = Alert.objects.get(pk="a1")
    assert kept.state == "unsure"
    assert kept.score > 60


def test_detection_tells_an_alert_anew_that_is_judged_at_this_instant(
    people: Any, make_alert: Any, written: Any, between: Any
) -> None:
    make_alert("a1")
    source: Any = SimpleNamespace(after=lambda _position, _most: [(1, written("a1", score=90.0, band="stop"))])
    between(
        alerts,
        lambda: alerts.triage(people["leader"], ["a1"], "dismiss", "business", "快递员"),
        lambda: take(source, "hb", timezone.now()),
    )
    kept = Alert.objects.get(pk="a1")
    assert (kept.state, kept.due_at, kept.score) == ("dismissed", None, 90.0)


def _stopped(people: Any, make_alert: Any) -> Any:
    alert = make_alert("a1", score=95.0, band="stop")
    alert.body["rules"].append({**alert.body["rules"][0], "family": "device"})
    alert.save()
    return propose(people["analyst"], Wish("outgoing_stop"), alert=alert)


def test_an_appeal_is_taken_up_while_its_measure_is_lifted(
    people: Any, make_alert: Any, between: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The notice that it was taken up refers to the measure, which the other act holds."""
    monkeypatch.setattr(settings, "HOME", tmp_path)
    measure = _stopped(people, make_alert)
    appeal = appeals.file(measure, "我是快递员")
    between(
        workflow,
        lambda: measures.lift(people["leader2"], measure.pk, "核实有误"),
        lambda: appeals.acknowledge(people["leader"], appeal.pk),
    )


def test_a_measure_is_lifted_while_its_notice_goes_out(
    people: Any, make_alert: Any, between: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "HOME", tmp_path)
    measure = _stopped(people, make_alert)
    sent = SimpleNamespace(send=lambda _message: "receipt")
    between(
        notices,
        lambda: notices.send_pending(sent, timezone.now()),  # type: ignore[arg-type]
        lambda: measures.lift(people["leader2"], measure.pk, "核实有误"),
    )


def test_one_person_looks_at_a_number_and_acts_in_another_tab(people: Any, make_alert: Any, between: Any) -> None:
    alert = make_alert("a1")
    between(
        masking,
        lambda: masking.unmask(people["leader"], alert.subject, "核查工单"),
        lambda: alerts.triage(people["leader"], ["a1"], "hold", "more", "再看"),
    )
