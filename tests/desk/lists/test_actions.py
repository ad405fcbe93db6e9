from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from fanzha.desk.audit.models import Entry
from fanzha.desk.enforcement import publishing
from fanzha.desk.enforcement.models import Change
from fanzha.desk.lists.actions import act, approve, expire, propose, remind
from fanzha.desk.lists.entering import keeps, may_enter
from fanzha.desk.lists.judging import Line
from fanzha.desk.lists.models import Item
from fanzha.errors import Refused
from fanzha.policy import Exemption, Publisher, Trunk

PAPER = "110101199003070038"  # a made-up person; the check digit is right
LISTED = Line(
    PAPER, name="张三丰", document="武公（刑）认〔2026〕7号", authority="city", preset="repeated", kept="13907110002"
)


def test_a_restricted_person_keeps_one_and_gets_no_other_until_it_ends(people: Any) -> None:
    """Scenario 9 of domain 3.12, D4."""
    now = timezone.now()
    assert may_enter("hb", PAPER, now).may
    item = propose(people["leader"], "hb", "restricted", LISTED)
    assert may_enter("hb", PAPER, now).may  # not before it is approved
    with pytest.raises(Refused, match="双人"):
        approve(people["leader"], item.pk)
    item = approve(people["leader2"], item.pk)
    now = timezone.now()
    answer = may_enter("hb", PAPER, now)
    assert not answer.may
    assert answer.code.startswith("R-")
    assert keeps("hb", PAPER, "+8613907110002", now)
    assert not keeps("hb", PAPER, "+8613907110003", now)
    assert may_enter("hn", PAPER, now).may  # another operator's list
    assert answer.until is not None
    assert answer.until.year == now.year + 5
    assert may_enter("hb", PAPER, answer.until).may
    assert expire(answer.until) == 1
    item.refresh_from_db()
    assert item.state == "expired"


def test_an_upheld_appeal_opens_at_once(people: Any, house: Any) -> None:
    from fanzha.desk.organisations import actions as make

    third = make.add_person(None, "third", "Third", "correct horse")
    make.seat(None, third, house.operator, "leader")
    item = approve(people["leader2"], propose(people["leader"], "hb", "restricted", LISTED).pk)
    act(third, item.pk, "contest", "本人申诉：身份被冒用")
    assert not may_enter("hb", PAPER, timezone.now()).may  # holds until decided
    with pytest.raises(Refused, match="不能裁决"):
        act(people["leader"], item.pk, "restore", "查实被冒用")
    act(third, item.pk, "restore", "查实被冒用")
    assert may_enter("hb", PAPER, timezone.now()).may


def test_no_document_is_kept_in_the_clear(people: Any) -> None:
    item = propose(people["leader"], "hb", "restricted", LISTED)
    stored = str(Item.objects.values().get(pk=item.pk)) + str(list(Entry.objects.values_list("data", "reason")))
    assert PAPER not in stored
    assert "张三丰" not in stored
    assert item.shown == "张** 110***********0038"


@pytest.mark.parametrize(
    ("which", "line", "why"),
    [
        ("restricted", Line("110101199003070039", name="张三", document="x", authority="city"), "校验位"),
        ("restricted", Line(PAPER, name="张三", document="x", authority="county"), "设区的市"),
        ("restricted", Line(PAPER, name="张三", authority="city"), "文书"),
        ("block", Line("110", reason="police", document="x"), "紧急"),
        ("block", Line("13907110002", reason="police"), "依据"),
        ("block", Line("13907110002", reason="nonsense", why="x"), "原因"),
        ("block", Line("abc", reason="police", why="x"), "号码"),
        ("block", Line("+86139*x", kind="prefix", reason="police", why="x"), "号段"),
        ("allow", Line("13907110002", kind="device", why="x"), "不收"),
        ("special", Line("13907110002", why="x"), "中继"),
    ],
)
def test_what_may_not_stand_there_is_refused(people: Any, which: str, line: Line, why: str) -> None:
    with pytest.raises(Refused, match=why):
        propose(people["leader"], "hb", which, line)


def test_no_end_too_far(people: Any) -> None:
    far = Line("13907110002", why="x", expires=timezone.now() + timedelta(days=367))
    with pytest.raises(Refused, match="366"):
        propose(people["leader"], "hb", "allow", far)


def test_lists_reach_the_gateway_and_leave_it(people: Any, tmp_path: Path) -> None:
    """A3, A7: block list and special users, on and off."""
    out, now = Publisher(tmp_path, bytes(range(32))), timezone.now()
    out.snapshot([], trunks=[Trunk(id="t1", owner="示范公司", ranges=((1, 2),))])
    blocked = propose(people["leader"], "hb", "block", Line("13907110009", reason="police", document="文"))
    special = propose(people["leader"], "hb", "special", Line("*", trunk="t1", exemption="clir", why="热线"))
    assert Change.objects.count() == 0
    for item in (blocked, special):
        approve(people["leader2"], item.pk)
    assert publishing.publish(out, now) == 2
    policy = out.store.current
    assert policy is not None
    assert [entry.reason for entry in policy] == ["police"]
    (user,) = policy.trunks["t1"].special
    assert (user.exemption, user.approver) == (Exemption.CLIR, "Leader2")
    for item in (blocked, special):
        act(people["leader"], item.pk, "remove", "到期前核销")
    publishing.publish(out, now)
    assert out.store.current is not None
    assert (len(out.store.current), out.store.current.trunks["t1"].special) == (0, ())


def test_reminded_once_before_the_end(people: Any) -> None:
    line = Line("13907110002", why="客户", expires=timezone.now() + timedelta(days=10))
    approve(people["leader2"], propose(people["leader"], "hb", "allow", line).pk)
    assert remind(timezone.now()) == 1
    assert remind(timezone.now()) == 0


def test_rights(people: Any) -> None:
    for name in ("duty", "station", "regulator", "bank", "clerk", "admin", "stranger", "subscriber"):
        with pytest.raises(PermissionDenied):
            propose(people[name], "hb", "allow", Line("13907110002", why="x"))
    item = propose(people["analyst"], "hb", "allow", Line("13907110002", why="x"))
    with pytest.raises(PermissionDenied):
        approve(people["analyst"], item.pk)


def test_the_same_twice_is_refused(people: Any) -> None:
    propose(people["analyst"], "hb", "allow", Line("13907110002", why="x"))
    with pytest.raises(Refused, match="已有"):
        propose(people["leader"], "hb", "allow", Line("+86 139-0711-0002", why="x"))
