from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fanzha.desk.alerts.models import Alert
from fanzha.desk.audit.models import Entry
from fanzha.desk.complaints.actions import Said, act, take
from fanzha.desk.complaints.models import Complaint
from fanzha.desk.supervision import actions
from fanzha.desk.supervision.candidates import candidates
from fanzha.desk.supervision.models import Escalation
from fanzha.desk.workflow.overdue import mark_overdue
from fanzha.errors import Refused


@pytest.fixture
def late(people: Any, make_alert: Callable[..., Any]) -> datetime:
    """An alert and a complaint that were due at this moment."""
    due = timezone.now()
    make_alert("a1", region="420100", due_at=due)
    take(people["duty"], "hb", Said("13907110006", "13607110006"))
    Complaint.objects.update(due_at=due)
    return due


def _turn(now: datetime) -> list[tuple[str, int]]:
    mark_overdue(now)
    actions.supervise(now)
    return sorted(Escalation.objects.filter(closed_at=None).values_list("kind", "step"))


def test_what_is_missed_goes_up_until_it_moves(people: Any, late: datetime) -> None:
    """With the clock of the test; each step is in the audit trail once."""
    hour = timedelta(hours=1)
    assert _turn(late) == []
    assert _turn(late + hour) == _turn(late + 2 * hour) == [("alert", 1), ("complaint", 1)]
    assert _turn(late + 5 * hour) == [("alert", 2), ("complaint", 2)]
    act(people["analyst"], Complaint.objects.get().pk, "uphold", "已核实")
    assert _turn(late + 6 * hour) == [("alert", 2)]
    assert _turn(late + 30 * hour) == [("alert", 3)]
    Alert.objects.update(due_at=late + 99 * hour, overdue=False)  # judged unsure: a new clock
    assert _turn(late + 31 * hour) == []
    assert _turn(late + 100 * hour) == [("alert", 1)]
    told = Entry.objects.filter(kind="escalation").order_by("number").values_list("action", flat=True)
    assert sorted(told) == sorted(["supervision.open"] * 3 + ["supervision.raise"] * 3 + ["supervision.close"] * 2)


def test_leaders_see_it_at_once_the_regulator_at_its_step(late: datetime, signed_in: Callable[[str], Client]) -> None:
    _turn(late + timedelta(hours=1))
    address = reverse("supervision:list")
    statuses = {
        "leader": 200,
        "regulator": 200,
        "stranger": 200,
        "analyst": 403,
        "duty": 403,
        "admin": 403,
        "bank": 403,
    }
    for role, status in statuses.items():
        answer = signed_in(role).get(address)
        assert answer.status_code == status, role
        assert ("+86139****0002" in answer.content.decode()) == (role == "leader"), role
        assert b"13907110002" not in answer.content
    _turn(late + timedelta(hours=25))
    assert "+86139****0002" in signed_in("regulator").get(address).content.decode()
    assert Client().get(address).status_code == 302


def test_work_is_given_to_people_and_offices(people: Any, house: Any, make_alert: Any, signed_in: Any) -> None:
    """A station sees what was given to it; nobody is given what they could not see."""
    alert = make_alert("a1", region="420100")
    offices, staff = candidates(people["duty"], alert)
    assert [office.name for office in offices] == [house.police.name, house.station.name]
    assert {each.username for each in staff} == {"duty", "station"}
    for who in ("analyst", "regulator", "stranger"):
        with pytest.raises(PermissionDenied):
            actions.assign(people[who], alert, people["analyst"], "")
    for whom in (people["stranger"], people["bank"], house.other, house.bank):
        with pytest.raises(Refused):
            actions.assign(people["duty"], alert, whom, "")
    station, page = signed_in("station"), reverse("alerts:detail", args=["a1"])
    assert station.get(page).status_code == 404
    duty, address = signed_in("duty"), reverse("supervision:assign", args=["alert", "a1"])
    box = duty.get(reverse("supervision:whom", args=["alert", "a1"])).content.decode()
    assert house.station.name in box
    assert duty.post(address, {"to": f"office:{house.station.pk}", "reason": "请上门"}).status_code == 302
    assert station.get(page).status_code == 200
    assert duty.post(address, {"to": f"person:{people['station'].pk}"}).status_code == 302
    assert Alert.objects.get().assigned_organisation is None
    assert duty.post(address, {"to": ""}).status_code == 302
    assert signed_in("station").get(page).status_code == 404
    told = list(Entry.objects.filter(action="alerts.assign").order_by("number").values_list("reason", "data__to"))
    assert told == [("请上门", house.station.name), ("", "Station"), ("", "")]
    for wrong in ("office:0", "person:x", "nobody:1", "office"):
        assert duty.post(address, {"to": wrong}).status_code == 404
    for kind, pk in (("alert", "none"), ("complaint", "x"), ("user", "1")):
        assert duty.post(reverse("supervision:assign", args=[kind, pk]), {"to": ""}).status_code == 404
    assert signed_in("analyst").post(address, {"to": ""}).status_code == 403
    assert signed_in("stranger").post(address, {"to": ""}).status_code == 404


def test_the_page_asks_a_pinned_number_of_queries(
    late: datetime, make_alert: Any, signed_in: Any, django_assert_max_num_queries: Any
) -> None:
    for n in range(20):
        make_alert(f"b{n}", value=f"+86139071101{n:02}", region="420100", due_at=late)
    _turn(late + timedelta(hours=1))
    client = signed_in("leader")
    with django_assert_max_num_queries(16):
        assert client.get(reverse("supervision:list")).content.decode().count("+86139") == 22


def test_every_deadline_that_the_desk_shows_goes_up(people: Any, house: Any, make_alert: Any, signed_in: Any) -> None:
    """The letter to a restricted person (D4), a message that does not get out, what people's rights wait for."""
    from fanzha.desk.api.actions import propose_key
    from fanzha.desk.api.choices import Scope
    from fanzha.desk.lists.actions import act as act_on
    from fanzha.desk.lists.actions import approve
    from fanzha.desk.lists.actions import propose as propose_item
    from fanzha.desk.lists.judging import Line
    from fanzha.desk.measures.actions import Wish, propose
    from fanzha.desk.notices import letters
    from fanzha.desk.notices.actions import send_pending
    from fanzha.desk.notices.channel import MemoryChannel
    from fanzha.desk.notices.models import Notice
    from fanzha.desk.people.actions import propose_seat

    line = Line("11010519491231002X", name="张三", document="公惩〔2026〕8号", authority="city", preset="sold")
    item = approve(people["leader2"], propose_item(people["analyst"], "hb", "restricted", line).pk)
    for name in ("contest", "keep"):  # an appeal that fails leaves the letter to be served
        assert act_on(people["leader"], item.pk, name, "不是本人").due_at
    propose(people["analyst"], Wish("verify"), alert=make_alert("a1", region="420100"))
    propose_key(people["leader"], "网关", [Scope.ALERTS_READ], 30, "对接")
    propose_seat(people["admin"], people["analyst"], house.branch, "leader", "", "轮岗")
    now = timezone.now() + timedelta(days=20)
    Alert.objects.update(due_at=None)
    assert [kind for kind, _step in _turn(now)] == ["item", "key", "measure", "notice", "seat"]
    page = signed_in("leader").get(reverse("supervision:list"))
    assert page.status_code == 200
    assert page.content.decode().count("#") >= 4
    letters.serve(people["leader"], item, "post", "EMS 1")
    assert send_pending(MemoryChannel(), now) == 1
    assert (Notice.objects.get().due_at, type(item).objects.get().due_at) == (None, None)
    assert [kind for kind, _step in _turn(now)] == ["key", "measure", "seat"]


def test_a_message_that_fails_wins_no_time(people: Any, make_alert: Any) -> None:
    from fanzha.desk.measures.actions import Wish, propose
    from fanzha.desk.notices.actions import send_again, send_pending
    from fanzha.desk.notices.channel import MemoryChannel
    from fanzha.desk.notices.models import Notice
    from fanzha.desk.notices.words import words

    propose(people["analyst"], Wish("verify"), alert=make_alert("a1", region="420100"))
    until = Notice.objects.get().due_at
    channel, now = MemoryChannel(), timezone.now()
    channel.failing = OSError("down")
    for _ in range(words().attempts):
        now += timedelta(hours=2)
        mark_overdue(now)
        send_pending(channel, now)
    assert Notice.objects.get().state == "failed"
    sent = send_again(people["leader"], Notice.objects.get().pk)
    assert (sent.state, sent.due_at, sent.overdue) == ("pending", until, True)
