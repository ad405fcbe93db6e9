from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from fanzha.desk.audit.models import Entry
from fanzha.desk.login import codes
from fanzha.desk.login.models import OpenSession
from fanzha.desk.organisations import actions as make
from fanzha.desk.organisations.models import Grant, Membership, Organisation, User
from fanzha.desk.people import actions
from fanzha.desk.people.models import Seat
from fanzha.desk.people.reach import people_of
from fanzha.desk.rights.seats import holds
from fanzha.errors import Refused


@pytest.fixture
def admins(people: dict[str, Any], house: SimpleNamespace) -> dict[str, Any]:
    """`people`, with a second administrator of the province and one of the city."""
    for login, office in (("admin2", house.operator), ("city", house.branch)):
        people[login] = make.add_person(None, login, login.capitalize(), "correct horse")
        make.seat(None, people[login], office, "administrator")
    return people


def test_rights_grow_by_two_people(admins: dict[str, Any], house: SimpleNamespace) -> None:
    whom, password = actions.invite(admins["admin"], "zhou", "周研判", house.branch, "analyst", "4201", "新到岗")
    assert whom.check_password(password)
    assert (whom.password_due, holds(whom, "alerts.view")) == (True, False)
    seat = Seat.objects.get()
    with pytest.raises(Refused, match="另一人"):
        actions.approve_seat(admins["admin"], seat.pk)
    assert actions.approve_seat(admins["city"], seat.pk).state == "given"
    assert holds(User.objects.get(pk=whom.pk), "alerts.view")
    told = set(Entry.objects.filter(kind="seat").values_list("action", flat=True))
    assert told == {"seats.propose", "seats.approve"}
    assert password not in str(list(Entry.objects.values_list("data", "reason")))
    with pytest.raises(Refused, match="已有该任职"):
        actions.propose_seat(admins["admin"], whom, house.branch, "analyst", "4201", "再来")


def test_nobody_seats_themselves_or_elsewhere(admins: dict[str, Any], house: SimpleNamespace) -> None:
    """The city's administrator reaches neither the province nor another operator; nobody approves their own seat."""
    for who, office in (("city", house.operator), ("admin", house.other), ("leader", house.operator)):
        with pytest.raises(PermissionDenied):
            actions.propose_seat(admins[who], admins["duty"], office, "leader", "", "x")
    own = actions.propose_seat(admins["admin"], admins["admin2"], house.operator, "leader", "", "兼任")
    with pytest.raises(Refused, match="自己"):
        actions.approve_seat(admins["admin2"], own.pk)
    with pytest.raises(PermissionDenied):
        actions.approve_seat(admins["city"], own.pk)
    for role, region, why in (("duty_officer", "", "x"), ("leader", "43", "x"), ("leader", "", " ")):
        with pytest.raises(Refused):
            actions.propose_seat(admins["admin"], admins["leader"], house.operator, role, region, why)
    assert actions.decide_seat(admins["admin"], own.pk, "withdraw", "重复").state == "withdrawn"


def test_who_leaves_is_out_at_once(admins: dict[str, Any], signed_in: Callable[[str], Client]) -> None:
    from fanzha.desk.api.actions import add_key
    from fanzha.desk.api.models import Key

    client, leader = signed_in("leader"), admins["leader"]
    add_key(None, leader, "接口", ["alerts.read"], 30)
    assert client.get("/alerts/").status_code == 200
    with pytest.raises(Refused, match="理由"):
        actions.deactivate(admins["admin"], leader, "")
    with pytest.raises(Refused, match="自己"):
        actions.deactivate(admins["admin"], admins["admin"], "x")
    actions.deactivate(admins["admin"], leader, "离职")
    assert client.get("/alerts/").status_code == 302
    assert not OpenSession.objects.filter(user=leader).exists()
    assert Key.objects.get().revoked_at is not None
    actions.activate(admins["admin"], leader)
    assert not holds(User.objects.get(pk=leader.pk), "alerts.view")  # each seat is proposed anew


def test_one_person_does_not_reset_both_factors(admins: dict[str, Any]) -> None:
    """Password and code together are the account: who could set both could be anybody."""
    whom = admins["analyst"]
    codes.keep(whom, codes.new_secret())
    whom.save()
    with pytest.raises(PermissionDenied):
        actions.reset_code(admins["city"], admins["leader"], "手机遗失")  # of the province
    actions.reset_code(admins["admin"], whom, "手机遗失")
    whom = User.objects.get(pk=whom.pk)
    assert not whom.totp
    with pytest.raises(Refused, match="同一人"):
        actions.reset_password(admins["admin"], whom, "忘记")
    password = actions.reset_password(admins["admin2"], whom, "忘记")
    assert User.objects.get(pk=whom.pk).check_password(password)
    with pytest.raises(Refused, match="自己"):
        actions.reset_code(admins["admin"], admins["admin"], "x")


def test_whose_seats_are_elsewhere_too_is_not_one_managers(admins: dict[str, Any], house: SimpleNamespace) -> None:
    make.seat(None, admins["analyst"], house.police, "analyst")
    assert people_of(admins["admin"]).filter(pk=admins["analyst"].pk).exists()
    with pytest.raises(PermissionDenied):
        actions.reset_password(admins["admin"], admins["analyst"], "忘记")
    held = Membership.objects.get(user=admins["analyst"], organisation=house.branch)
    assert actions.end(admins["admin"], held.pk).ended is not None


def test_a_password_set_by_another_is_changed_first(admins: dict[str, Any], signed_in: Any) -> None:
    client = signed_in("leader")
    User.objects.filter(pk=admins["leader"].pk).update(password_due=True)
    change = reverse("login:change")
    assert client.get("/alerts/")["Location"] == change
    said = {"current": "correct horse", "new": "another long phrase", "again": "another long phrase"}
    for wrong in ({"current": "wrong"}, {"new": "short", "again": "short"}, {"again": "x"},
                  {"new": "correct horse", "again": "correct horse"}):  # fmt: skip
        assert client.post(change, {**said, **wrong}).status_code == 422, wrong
    other = signed_in("leader")
    assert client.post(change, said).status_code == 302
    assert client.get("/alerts/").status_code == 200
    assert other.get("/alerts/").status_code == 302
    assert User.objects.get(pk=admins["leader"].pk).check_password("another long phrase")


ROLES = ("duty", "analyst", "leader", "station", "regulator", "bank", "clerk", "admin", "stranger", "subscriber")


def test_pages_are_for_administrators_of_that_office(admins: dict[str, Any], signed_in: Any, house: Any) -> None:
    whom, seat = admins["leader"], actions.propose_seat(
        admins["admin"], admins["analyst"], house.branch, "leader", "", "升任"
    )  # fmt: skip
    reads = [reverse("people:list"), reverse("people:add"), reverse("people:offices"),
             reverse("people:person", args=[whom.pk]), reverse("people:export")]  # fmt: skip
    writes = [(reverse("people:act", args=[whom.pk]), {"act": "deactivate"}, 422),
              (reverse("people:decide", args=[seat.pk]), {"act": "reject"}, 422),
              (reverse("people:end_grant", args=[Grant.objects.order_by("pk")[0].pk]), {}, 302)]  # fmt: skip
    for role in ROLES:
        client = signed_in(role)
        for address in reads:
            assert client.get(address).status_code == (200 if role == "admin" else 403), (role, address)
        for address, said, status in writes:
            assert client.post(address, said).status_code == (status if role == "admin" else 403), (role, address)
    city = signed_in("city")
    assert city.get(reads[3]).status_code == 404
    assert "Stranger" not in city.get(reads[0]).content.decode()
    assert Client().get(reads[0]).status_code == 302


def test_from_a_new_person_to_their_first_page(admins: dict[str, Any], signed_in: Any, house: Any) -> None:
    first, second = signed_in("admin"), signed_in("admin2")
    said = {
        "username": "sun",
        "name": "孙研判",
        "office": house.branch.pk,
        "role": "analyst",
        "region": "",
        "why": "新到岗",
    }
    text = first.post(reverse("people:add"), said).content.decode()
    assert "孙研判" in text
    assert first.post(reverse("people:add"), said).status_code == 422  # the login is taken
    assert first.post(reverse("people:add"), {**said, "office": house.other.pk}).status_code == 404
    seat = Seat.objects.get()
    address = reverse("people:decide", args=[seat.pk])
    assert first.post(address, {"act": "approve"}).status_code == 422
    assert second.post(address, {"act": "approve"}).status_code == 302
    page = reverse("people:person", args=[seat.user_id])
    assert "市分公司" in second.get(page).content.decode()
    act = reverse("people:act", args=[seat.user_id])
    shown = second.post(act, {"act": "reset_password", "reason": "未收到"}).content.decode()
    assert "只显示这一次" in shown
    held = seat.user.memberships.get()
    assert second.post(act, {"act": "end_seat", "seat": held.pk}).status_code == 302
    assert second.post(act, {"act": "nothing"}).status_code == 404
    made = {"name": "汉口营业厅", "parent": house.branch.pk, "kind": "shop", "level": "station", "region": "420102"}
    assert first.post(reverse("people:offices"), made).status_code == 302
    assert Organisation.objects.get(name="汉口营业厅").parent == house.branch
    for wrong in ({"region": "4301"}, {"kind": "x"}, {"region": "4"}):
        assert first.post(reverse("people:offices"), {**made, "name": "另一厅", **wrong}).status_code == 422
