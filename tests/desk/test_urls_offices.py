"""Walks every address of requests, complaints and pushes as every role, in and out of reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

ROLES = ("duty", "analyst", "leader", "station", "regulator", "bank", "clerk", "admin", "stranger", "subscriber")
ROOMS = {"requests", "complaints", "pushes"}
SEES = (200, 200, 200, 200, 200, 403, 403, 403, 200, 403)
EXPORT = (200, 403, 200, 403, 200, 403, 403, 403, 200, 403)
ROW = (200, 200, 200, 404, 200, 403, 403, 403, 404, 403)
FILES = (200, 403, 403, 200, 403, 403, 403, 403, 403, 403)
ACT = (403, 422, 422, 404, 403, 403, 403, 403, 404, 403)
PINNED = {
    "requests:list": SEES,
    "requests:export": EXPORT,
    "requests:referrals_export": EXPORT,
    "requests:detail": ROW,
    "requests:faults": ROW,
    "requests:receipt": ROW,
    "requests:add": FILES,
    "requests:template": FILES,
    "requests:referrals": SEES,
    "pushes:list": SEES,
    "pushes:export": EXPORT,
    "pushes:detail": (200, 404, 200, 404, 200, 403, 403, 403, 404, 403),
    "complaints:export": EXPORT,
    "complaints:list": (200, 200, 200, 403, 200, 403, 403, 403, 200, 403),
    "complaints:detail": (200, 200, 200, 403, 200, 403, 403, 403, 404, 403),
    "complaints:bring": (200, 200, 403, 403, 403, 200, 200, 403, 403, 403),
    "complaints:template": (200, 200, 403, 403, 403, 200, 200, 403, 403, 403),
    "complaints:add": (200, 200, 403, 403, 403, 200, 200, 403, 403, 403),
}
WRITES: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {
    "requests:act": ({"act": "refuse"}, ACT),
    "requests:referral_act": (
        {"act": "send", "channel": "province"},
        (403, 302, 302, 404, 403, 403, 403, 403, 404, 403),
    ),
    "pushes:sign": ({}, (302, 404, 403, 404, 403, 403, 403, 403, 404, 403)),
    "pushes:answer": ({}, (422, 404, 403, 404, 403, 403, 403, 403, 404, 403)),
    "complaints:act": ({"act": "uphold"}, (422, 422, 422, 403, 403, 403, 403, 403, 404, 403)),
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
    from fanzha.desk.complaints.actions import Said, take
    from fanzha.desk.pushes.actions import push_morning
    from fanzha.desk.pushes.models import Push
    from fanzha.desk.requests import actions
    from fanzha.desk.requests.actions import Paper

    monkeypatch.setattr(settings, "HOME", tmp_path)
    paper = Paper("武公协〔2026〕8号", "武汉市公安局", "city")
    made = actions.file_one(people["duty"], "hb", paper, "13907110002")
    actions.accept(people["leader"], made.pk)
    made = actions.approve(people["leader2"], made.pk)
    away = actions.file_one(people["duty"], "hb", paper, "13907310009")
    actions.accept(people["leader"], away.pk)
    ticket = actions.approve(people["leader2"], away.pk).referrals.get()
    type(ticket).objects.update(region="420100")
    said, _fresh = take(people["duty"], "hb", Said("13907110006", "13607110006"))
    make_alert("p1", value="+8613907110005", region="420100")
    push_morning(datetime(2026, 11, 16, 9, tzinfo=ZoneInfo("Asia/Shanghai")))
    push = Push.objects.get()
    return SimpleNamespace(request=made, ticket=ticket, complaint=said, push=push)


def _address(name: str, rows: SimpleNamespace) -> str:
    arguments = {
        "requests:detail": rows.request.pk, "requests:act": rows.request.pk, "requests:faults": rows.request.pk,
        "requests:receipt": rows.request.pk, "requests:referral_act": rows.ticket.pk,
        "pushes:detail": rows.push.pk, "pushes:sign": rows.push.pk, "pushes:answer": rows.push.pk,
        "complaints:detail": rows.complaint.pk, "complaints:act": rows.complaint.pk,
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
        assert client.get(_address(name, rows)).status_code in (403, 405), name
        assert client.post(_address(name, rows), body).status_code == statuses[at], name


def test_another_city_looks_as_if_it_were_not_there(signed_in: Callable[[str], Client], rows: SimpleNamespace) -> None:
    for row in vars(rows).values():
        type(row).objects.update(region="420500")
    client = signed_in("analyst")
    for name in PINNED.keys() | WRITES.keys():
        if "/0" not in _address(name, rows) and any(part.isdigit() for part in _address(name, rows).split("/")):
            ask = client.post if name in WRITES else client.get
            assert ask(_address(name, rows), {"act": "refuse"}).status_code == 404, name
    assert "武公协" not in client.get(reverse("requests:list")).content.decode()


@pytest.mark.parametrize("name", [*PINNED, *WRITES])
def test_nobody_gets_in_without_signing_in(name: str, rows: SimpleNamespace) -> None:
    assert Client().get(_address(name, rows)).status_code == 302


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_full_numbers_are_nowhere(
    language: str, signed_in: Callable[[str], Client], rows: SimpleNamespace, legible: Callable[[Any], str]
) -> None:
    client = signed_in("leader")
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    for name in PINNED:
        text = legible(client.get(_address(name, rows)))
        assert "13907110002" not in text, name
        for number in ("13907310009", "13907110006", "13607110006", "13907110005"):
            assert number not in text, name


def test_a_request_is_filed_on_the_page(signed_in: Callable[[str], Client], rows: SimpleNamespace) -> None:
    client = signed_in("duty")
    said = {"network": "hb", "document": "文1", "issuer": "武汉市公安局", "authority": "city", "kind": "shutdown",
            "urgency": "fast", "number": "13907110008"}  # fmt: skip
    answer = client.post(reverse("requests:add"), said)
    assert answer.status_code == 302
    assert "待核文书" in client.get(answer["Location"]).content.decode()
    assert client.post(reverse("requests:add"), {**said, "number": "110"}).status_code == 422
    both = client.post(reverse("requests:add"), {**said, "file": SimpleUploadedFile("一批<b>.xlsx", b"x")})
    assert both.status_code == 422
    assert "一批&lt;b&gt;.xlsx" in both.content.decode()
    assert client.post(reverse("requests:add"), {**said, "network": "hn"}).status_code == 403


def test_a_complaint_is_taken_in_by_who_may_not_see_it(signed_in: Callable[[str], Client], rows: Any) -> None:
    client = signed_in("clerk")
    said = {"network": "hb", "number": "13907110007", "complainant": "13607110001", "kind": "fraud", "way": "shop"}
    answer = client.post(reverse("complaints:add"), said)
    assert "受理编号" in answer.content.decode()
    assert client.post(reverse("complaints:add"), {**said, "number": "x"}).status_code == 422
    assert client.post(reverse("complaints:add"), {**said, "network": "hn"}).status_code == 403


def test_alert_and_number_show_their_complaints(signed_in: Callable[[str], Client], rows: Any, make_alert: Any) -> None:
    alert = make_alert("a1", value="+8613907110006", region="420100")
    client = signed_in("leader")
    for address in (reverse("alerts:detail", args=["a1"]), reverse("entities:page", args=[alert.subject.token])):
        assert "1 人（满 3 人提高分值）" in client.get(address).content.decode()


def test_pages_ask_a_pinned_number_of_queries(
    signed_in: Callable[[str], Client], rows: SimpleNamespace, django_assert_max_num_queries: Any
) -> None:
    client = signed_in("leader")
    for name, most in (
        ("requests:list", 15),
        ("requests:detail", 16),
        ("requests:referrals", 14),
        ("pushes:list", 14),
        ("pushes:detail", 15),
        ("complaints:list", 14),
        ("complaints:detail", 15),
    ):
        with django_assert_max_num_queries(most):
            assert client.get(_address(name, rows)).status_code == 200
