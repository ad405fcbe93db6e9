from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from fanzha.desk.alerts.actions import assign, lapse_silent, triage
from fanzha.desk.alerts.models import Alert
from fanzha.desk.audit.models import Entry
from fanzha.desk.audit.verify import verify
from fanzha.desk.workflow.actions import available
from fanzha.errors import Refused


def test_bulk_triage_judges_each_and_records_each(people: Any, make_alert: Any) -> None:
    for name in ("a1", "a2", "a3"):
        make_alert(name, value=f"+861390711000{name[1]}")
    found = triage(people["leader"], ["a1", "a2", "a3", "none"], "dismiss", "business", "正当业务：快递")
    assert found.done == ["a1", "a2", "a3"]
    assert list(found.refused) == ["none"]
    lines = Entry.objects.filter(action="alerts.dismiss")
    assert {line.subject for line in lines} == {"a1", "a2", "a3"}
    assert len({line.batch for line in lines}) == 1
    assert all(line.reason == "正当业务：快递" for line in lines)
    assert verify().whole


def test_a_judgement_stops_the_clock_and_a_second_one_is_refused(people: Any, make_alert: Any) -> None:
    assert make_alert().due_at is not None
    triage(people["analyst"], ["a1"], "confirm", "victim", "被害人报案")
    alert = Alert.objects.get()
    assert (alert.state, alert.due_at, alert.verdict_reason) == ("confirmed", None, "victim")
    again = triage(people["leader"], ["a1"], "dismiss", "business", "误报")
    assert "状态已变化" in again.refused["a1"]


def test_who_judged_cannot_take_it_back_alone(people: Any, make_alert: Any) -> None:
    """Four eyes (双人复核)."""
    make_alert()
    triage(people["leader"], ["a1"], "confirm", "evidence", "证据充分")
    mine = triage(people["leader"], ["a1"], "reopen", "", "看错了")
    assert "另一人" in mine.refused["a1"]
    assert triage(people["leader2"], ["a1"], "reopen", "", "看错了").done == ["a1"]


def test_out_of_reach_is_told_as_not_there(people: Any, make_alert: Any) -> None:
    make_alert("a1", region="420500")  # another city of the province
    make_alert("a2", network="hn", region="430100")  # another operator
    found = triage(people["analyst"], ["a1", "a2"], "confirm", "evidence", "证据")
    assert found.refused == {"a1": "没有找到", "a2": "没有找到"}


def test_no_right_no_triage(people: Any, make_alert: Any) -> None:
    make_alert()
    for name in ("regulator", "bank", "clerk", "subscriber", "admin"):
        with pytest.raises(PermissionDenied):
            triage(people[name], ["a1"], "confirm", "evidence", "证据")


def test_a_reason_is_asked_for(people: Any, make_alert: Any) -> None:
    make_alert()
    assert "理由" in triage(people["leader"], ["a1"], "confirm", "evidence", " ").refused["a1"]


def test_too_many_at_once_are_refused(people: Any) -> None:
    with pytest.raises(Refused, match="500"):
        triage(people["leader"], [str(at) for at in range(501)], "confirm", "evidence", "证据")


def test_buttons_are_what_the_table_and_the_rights_allow(people: Any, make_alert: Any) -> None:
    alert = make_alert()
    assert [each.name for each, why in available(alert, people["analyst"])] == ["confirm", "dismiss", "hold"]
    assert list(available(alert, people["regulator"])) == []


def test_an_assigned_station_sees_just_that_one(people: Any, make_alert: Any, house: Any) -> None:
    from fanzha.desk.organisations import actions as make

    make_alert("a1")
    make_alert("a2", value="+8613907110009")
    make.grant(None, house.hb, house.station, "分派", house.hb.grants.first().starts, house.hb.grants.first().expires)
    people["station"].__dict__.pop("_seats", None)
    assert not Alert.objects.seen_by(people["station"])
    assign(people["leader"], "a1", people["station"], reason="属地核查")
    assert [alert.pk for alert in Alert.objects.seen_by(people["station"])] == ["a1"]
    with pytest.raises(Refused):
        assign(people["leader"], "a1", people["stranger"])


def test_silence_closes_what_nobody_judged(people: Any, make_alert: Any) -> None:
    from datetime import timedelta

    from django.utils import timezone

    make_alert("a1", last_seen="2026-11-01T00:00:00Z")
    later = timezone.now() + timedelta(days=8)
    assert lapse_silent(later) == 1
    assert Alert.objects.get().state == "lapsed"
    assert Entry.objects.filter(action="alerts.lapse").count() == 1
