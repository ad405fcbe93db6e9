"""Walks every address of measures, appeals, rollback, lists and enforcement as every role, in and out of reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

ROLES = ("duty", "analyst", "leader", "regulator", "bank", "clerk", "admin", "stranger", "subscriber")
ROOMS = {"measures", "appeals", "rollback", "lists", "enforcement"}
SEES = (200, 200, 200, 200, 403, 200, 403, 200, 403)  # a clerk sees the list, empty but for what is assigned
EXPORT = (200, 403, 200, 200, 403, 403, 403, 200, 403)
ROW = (200, 200, 200, 200, 403, 404, 403, 404, 403)
ACT = (403, 403, 422, 404, 403, 404, 403, 404, 403)
PINNED = {
    "measures:list": SEES,
    "measures:export": EXPORT,
    "measures:ledger": SEES,
    "measures:detail": ROW,
    "measures:propose_from": (200, 200, 200, 403, 403, 403, 403, 404, 403),
    "measures:propose_on": (200, 200, 200, 403, 403, 403, 403, 404, 403),
    "appeals:export": EXPORT,
    "appeals:queue": SEES,
    "appeals:detail": ROW,
    "appeals:proof": ROW,
    "appeals:door": (200,) * 9,
    "appeals:mine": (302,) * 9,
    "appeals:own": (403, 403, 403, 403, 403, 403, 403, 403, 200),
    "rollback:list": (403, 403, 200, 403, 403, 403, 403, 200, 403),
    "rollback:export": (403, 403, 200, 403, 403, 403, 403, 200, 403),
    "rollback:detail": (403, 403, 200, 403, 403, 403, 403, 404, 403),
    "lists:list": (200, 200, 200, 200, 403, 403, 403, 200, 403),
    "lists:detail": (200, 200, 200, 200, 403, 403, 403, 404, 403),
    "lists:brought": (200, 404, 200, 200, 403, 403, 403, 404, 403),
    "lists:faults": (200, 404, 200, 200, 403, 403, 403, 404, 403),
    "lists:add": (403, 200, 200, 403, 403, 403, 403, 200, 403),
    "lists:template": (403, 200, 200, 403, 403, 403, 403, 200, 403),
    "lists:export": EXPORT,
    "lists:check": (403, 403, 403, 403, 403, 200, 403, 403, 403),
    "enforcement:after": (401,) * 9,
}
WRITES: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {
    "measures:act": ({"act": "lift"}, (403, 403, 422, 403, 403, 404, 403, 404, 403)),
    "appeals:act": ({"act": "refuse", "answer": ""}, (403, 422, 422, 403, 403, 404, 403, 404, 403)),
    "rollback:act": ({"act": "reject"}, (403, 403, 422, 403, 403, 403, 403, 404, 403)),
    "lists:act": ({"act": "remove"}, (403, 403, 422, 403, 403, 403, 403, 404, 403)),
    "lists:bring": ({}, (403, 422, 422, 403, 403, 403, 403, 422, 403)),
    "lists:bring_act": ({"act": "reject"}, (403, 404, 422, 403, 403, 403, 403, 404, 403)),
    "enforcement:counts": ({}, (401,) * 9),
}


def _all(resolver: URLResolver, spaces: tuple[str, ...] = ()) -> Iterator[str]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from _all(each, (*spaces, each.namespace) if each.namespace else spaces)
        elif isinstance(each, URLPattern):
            yield ":".join((*spaces, str(each.name)))


@pytest.fixture
def rows(people: Any, make_alert: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """One of each, in Wuhan, on our network."""
    from fanzha.desk.appeals import actions as appeals
    from fanzha.desk.excel.writing import written
    from fanzha.desk.lists import actions as lists
    from fanzha.desk.lists import importing, sheet
    from fanzha.desk.lists.judging import Line
    from fanzha.desk.measures.actions import Wish, propose
    from fanzha.desk.rollback import actions as rollback

    monkeypatch.setattr(settings, "HOME", tmp_path)
    alert = make_alert("a1", region="420100", score=95.0)
    alert.body["rules"].append({**alert.body["rules"][0], "family": "device"})
    alert.save()
    measure = propose(people["analyst"], Wish("outgoing_stop"), alert=alert)
    proof = SimpleUploadedFile("p.png", b"\x89PNG\r\n\x1a\n0")
    appeal = appeals.file(measure, "我是快递员", [proof])
    now = timezone.now()
    day = timedelta(days=1)
    undo = rollback.propose(people["leader2"], "hb", "mass.hour", 3, now - day, now + day, "误设")
    line = Line("13907110009", reason="police", document="文")
    item = lists.approve(people["leader2"], lists.propose(people["analyst"], "hb", "block", line).pk)
    book = SimpleUploadedFile("l.xlsx", written(sheet.template("block")))
    made = importing.submit(people["leader2"], importing.attempt(people["leader2"], "hb", "block", book).pk)
    return SimpleNamespace(alert=alert, measure=measure, appeal=appeal, undo=undo, item=item, made=made)


def _address(name: str, rows: SimpleNamespace) -> str:
    arguments = {
        "measures:detail": rows.measure.pk, "measures:act": rows.measure.pk, "measures:propose_from": rows.alert.pk,
        "measures:propose_on": rows.alert.subject.token, "appeals:detail": rows.appeal.pk,
        "appeals:act": rows.appeal.pk, "appeals:proof": rows.appeal.proofs.get().pk, "rollback:detail": rows.undo.pk,
        "rollback:act": rows.undo.pk, "lists:detail": rows.item.pk, "lists:act": rows.item.pk,
        "lists:brought": rows.made.pk, "lists:faults": rows.made.pk, "lists:bring_act": rows.made.pk,
        "lists:add": "block", "lists:bring": "block", "lists:template": "block", "enforcement:after": 0,
    }  # fmt: skip
    return reverse(name, args=[arguments[name]] if name in arguments else [])


def test_no_address_is_forgotten() -> None:
    names = {name for name in _all(get_resolver()) if name.split(":")[0] in ROOMS}
    assert names == PINNED.keys() | WRITES.keys()


@pytest.mark.parametrize("at", range(len(ROLES)), ids=ROLES)
def test_in_reach(at: int, signed_in: Callable[[str], Client], rows: SimpleNamespace) -> None:
    client = signed_in(ROLES[at])
    found = {name: client.get(_address(name, rows)).status_code for name in PINNED}
    assert found == {name: row[at] for name, row in PINNED.items()}
    for name, (body, statuses) in WRITES.items():
        assert client.get(_address(name, rows)).status_code in (401, 403, 405), name
        assert client.post(_address(name, rows), body).status_code == statuses[at], name


def test_another_city_looks_as_if_it_were_not_there(signed_in: Callable[[str], Client], rows: SimpleNamespace) -> None:
    for row in (rows.alert, rows.measure, rows.appeal, rows.item):
        type(row).objects.filter(pk=row.pk).update(region="420500")
    client = signed_in("analyst")
    for name in ("measures:detail", "measures:propose_from", "appeals:detail", "appeals:proof", "lists:detail"):
        assert client.get(_address(name, rows)).status_code == 404, name
    for name in ("measures:list", "appeals:queue", "lists:list"):
        assert rows.measure.subject.masked not in client.get(_address(name, rows)).content.decode(), name


@pytest.mark.parametrize("name", [name for name, row in PINNED.items() if row not in ((200,) * 9, (302,) * 9)])
def test_nobody_gets_in_without_signing_in(name: str, rows: SimpleNamespace) -> None:
    assert Client().get(_address(name, rows)).status_code in (302, 401)


def test_full_numbers_are_nowhere_unless_asked_for(
    signed_in: Callable[[str], Client], rows: SimpleNamespace, legible: Callable[[Any], str]
) -> None:
    client = signed_in("leader")
    for name in PINNED:
        text = legible(client.get(_address(name, rows)))
        assert "13907110002" not in text, name
        assert "13907110009" not in text, name


def test_the_subscriber_sees_only_the_own_number_and_may_appeal(
    signed_in: Callable[[str], Client], rows: SimpleNamespace, people: Any
) -> None:
    client = signed_in("subscriber")
    assert client.post(reverse("appeals:own"), {"measure": rows.measure.pk}).status_code == 404
    type(rows.measure).objects.update(value=people["subscriber"].number)
    assert client.post(reverse("appeals:own"), {"measure": rows.measure.pk}).status_code == 302
    assert "我是快递员" in client.get(reverse("appeals:mine")).content.decode()


def test_the_public_page_from_code_to_answer(rows: SimpleNamespace, people: Any) -> None:
    """Number and code, why and how, proof, follow the state; data and emergency calls meanwhile (law art. 32)."""
    from fanzha.desk.appeals import actions
    from fanzha.desk.notices.codes import code_of

    client = Client(headers={"accept-language": "zh-CN"})
    assert client.post("/appeal/", {"number": "13907110002", "code": "WRONG"}).status_code == 422
    typed = {"number": "139 0711 0002", "code": code_of(rows.measure)}
    assert client.post("/appeal/", typed)["Location"] == "/appeal/mine/"
    for told in ("短时间内大量呼叫", "实人认证", "证件", "110、119、120、122", "流量", "我是快递员"):
        assert told in client.get("/appeal/mine/").content.decode(), told
    actions.restore(people["leader"], rows.appeal.pk, "已核验")
    assert "已核验" in client.get("/appeal/mine/").content.decode()
    assert client.post("/appeal/mine/", {"statement": "再来"}).status_code == 422


def test_the_lists_show_what_they_count(signed_in: Callable[[str], Client], rows: SimpleNamespace) -> None:
    client = signed_in("leader")
    for name, one in (("measures:list", rows.measure), ("appeals:queue", rows.appeal), ("lists:list", rows.item),
                      ("rollback:list", rows.undo)):  # fmt: skip
        found = client.get(_address(name, rows)).context["rows"]
        assert list(found) == [one], name
        assert found.paginator.count == 1


def test_lists_of_fifty_ask_a_pinned_number_of_queries(
    signed_in: Callable[[str], Client], rows: SimpleNamespace, django_assert_max_num_queries: Any
) -> None:
    from fanzha.desk.measures.models import Measure

    now, keep = timezone.now(), rows.measure
    Measure.objects.bulk_create(
        Measure(network="hb", region="420100", kind="number", value=f"+86139{n:08}", rung="rate", plain="gang",
                basis="法", proposed_at=now, in_force_at=now, days=7, expires=now, state="active", moved_at=now,
                proposed_by=keep.proposed_by)
        for n in range(60)
    )  # fmt: skip
    client = signed_in("leader")
    for name, most in (("measures:list", 14), ("measures:detail", 17), ("appeals:queue", 14), ("lists:list", 15)):
        with django_assert_max_num_queries(most):
            assert client.get(_address(name, rows)).status_code == 200
