"""What no form of ours sends: each is refused in words, on either engine, and nobody's page fails ever after."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fanzha.desk.organisations.models import User
from fanzha.desk.pushes.actions import push_morning, sign
from fanzha.desk.pushes.models import Push

_DIGITS = "9" * 5000


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "HOME", tmp_path)
    return tmp_path


def test_numbers_that_are_none_or_too_long(people: Any, signed_in: Callable[[str], Client], make_alert: Any) -> None:
    me, duty = signed_in("subscriber"), signed_in("duty")
    assert {me.post(reverse("appeals:own"), {"measure": each}).status_code for each in ("", "x", "9" * 30)} == {404}
    make_alert("a1")
    push_morning(datetime(2026, 11, 16, 9, tzinfo=UTC))
    push = sign(people["duty"], Push.objects.get().pk)
    answer = reverse("pushes:answer", args=[push.pk])
    for rank in (_DIGITS, "9" * 6, "²", "-1"):
        said = urlencode({f"answer-{rank}": "true", "told": "x"})
        sent = duty.post(answer, said, content_type="application/x-www-form-urlencoded")
        assert sent.status_code in (302, 422)
    assert not push.ranked.exclude(answer="").exists()


def test_times_at_the_ends_of_the_calendar(signed_in: Callable[[str], Client], people: Any) -> None:
    leader, analyst = signed_in("leader"), signed_in("analyst")
    about = {"network": "hb", "rule": "mass.hour", "version": "3", "why": "x", "propose": "1"}
    for since, until in (("0001-01-01T00:00", "2026-11-22T00:00"), ("2026-01-01T00:00", "9999-12-31T23:59")):
        answer = leader.post(reverse("rollback:list"), {**about, "since": since, "until": until})
        assert answer.status_code == 422
    item = {"network": "hb", "kind": "number", "value": "13907110009", "reason": "police", "document": "文"}
    for more in ({"starts": "9999-12-31"}, {"starts": "0001-01-01"}, {"expires": "9999-12-31"}):
        assert analyst.post(reverse("lists:add", args=["block"]), {**item, **more}).status_code == 422
    file = "举报编号,被举报号码,举报人号码,举报时间\nJB1,13907110006,13607110006,0001-01-01 00:00\n"
    said = {"network": "hb", "file": SimpleUploadedFile("a.csv", file.encode()), "way": "12321", "bring": "1"}
    answer = signed_in("duty").post(reverse("complaints:bring"), said)
    assert answer.status_code == 200
    assert "举报时间无法识别" in answer.content.decode()


def test_a_seat_in_no_region_does_not_spoil_the_pages_of_who_gets_it(
    people: Any, house: SimpleNamespace, signed_in: Callable[[str], Client]
) -> None:
    admin = signed_in("admin")
    about = {"act": "seat", "office": str(house.operator.pk), "role": "analyst", "reason": "x"}
    address = reverse("people:act", args=[people["analyst"].pk])
    for region in ("42abc", "42" + "0" * 300, "42\n"):
        assert admin.post(address, {**about, "region": region}).status_code == 422
    assert User.objects.get(pk=people["analyst"].pk).proposed_seats.count() == 0


def test_words_without_end(signed_in: Callable[[str], Client], people: Any, make_alert: Any) -> None:
    long, alert = "长" * 3000, make_alert("a1")
    duty = signed_in("duty")
    assert duty.post(reverse("entities:search"), {"what": long, "kind": "cell"}).status_code == 422
    assert duty.post(reverse("masking:ask", args=[alert.subject.token]), {"reason": long}).status_code == 422
    key = {"name": "x", "why": long, "days": "30", "scope": "alerts.read"}
    assert duty.post(reverse("keys:ask"), key).status_code == 422
    refused = duty.post(reverse("supervision:assign", args=["alert", alert.pk]), {"to": "", "reason": long})
    assert "最多 300 字" in refused.content.decode()
    assert duty.post(reverse("login:change"), {"current": long, "new": long, "again": long}).status_code == 422
    for at in range(51):
        kept = duty.post(reverse("alerts:keep_view"), {"name": f"视图 {at}", "query": "state=open"})
    assert kept.status_code == 422
    assert people["duty"].alert_views.count() == 50


def test_a_form_of_the_language_leads_to_a_path_of_ours_or_home(client: Client, db: None) -> None:
    for wanted, onward in (("/login/?next=/audit/", "/login/?next=/audit/"), ("audit", "/"), ("a:b", "/"), ("²", "/")):
        assert client.post(reverse("pages:language"), {"language": "en", "next": wanted})["Location"] == onward


def test_over_rest(people: Any, make_alert: Any) -> None:
    from fanzha.desk.api.actions import add_key
    from fanzha.desk.api.choices import Scope

    make_alert("a1")
    _key, secret = add_key(None, people["leader"], "key of a test", Scope.values, 30)
    client = Client(headers={"authorization": f"Bearer {secret}"})
    item = {"network": "hb", "value": "13907110009", "reason": "police", "document": "文"}
    undo = {"network": "hb", "rule": "mass.hour", "version": 3, "since": "2026-01-01T00:00:00Z", "reason": "x"}
    asked = [
        client.get("/api/alerts?since=0001-01-01T00:00:00"),
        client.get("/api/alerts?since=9999-12-31T23:59:59-14:00"),
        *(
            client.post("/api/" + place, said, content_type="application/json", headers={"Idempotency-Key": "k" * 8})
            for place, said in (
                ("lists/block", {**item, "expires": "2027-01-01T00:00:00"}),
                ("rollbacks", {**undo, "until": "9999-12-31T23:59:59Z"}),
                ("alerts/a1/dismiss", {"why": "business", "reason": "\ud800"}),
            )
        ),
    ]
    assert [answer.status_code for answer in asked] == [422] * len(asked)
    deep = client.post("/api/entities/search", "[" * 100_000, content_type="application/json")
    assert deep.status_code == 400


def test_a_session_key_that_is_none(db: None) -> None:
    client = Client()
    for key in ('"\\000aaaaaaaaaaaa"', "a" * 10_000, '"é"'):
        client.cookies[settings.SESSION_COOKIE_NAME] = "x"
        client.cookies[settings.SESSION_COOKIE_NAME].set(settings.SESSION_COOKIE_NAME, key, key)
        assert client.get("/alerts/").status_code == 302


@pytest.mark.parametrize("demo", [False, True])
def test_a_host_that_is_not_ours_is_refused_and_is_in_no_link(
    client: Client, db: None, demo: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "DEMO", demo)
    for said in ({}, {"headers": {"referer": "http://evil.example/"}}):
        for answer in (client.get("/", HTTP_HOST="evil.example", **said), client.post("/", HTTP_HOST="a b", **said)):
            assert answer.status_code == 400
            assert b"evil.example" not in answer.content


def test_the_way_back_is_kept_by_the_form_and_not_in_a_session_of_nobody(client: Client, db: None) -> None:
    from django.contrib.sessions.models import Session

    page = client.get(reverse("login:password"), {"next": '/audit/?a="><script>'}).content.decode()
    assert 'name="next" value="/audit/?a=&quot;&gt;&lt;script&gt;"' in page
    assert not Session.objects.exists()


def test_an_appeal_opened_here_is_not_seen_by_who_knew_the_session_before(
    people: Any, make_alert: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fanzha.desk.measures.actions import Wish, propose
    from fanzha.desk.notices.codes import code_of

    alert = make_alert(score=90.0)
    alert.body["rules"].append({**alert.body["rules"][0], "family": "device"})
    alert.save()
    measure = propose(people["analyst"], Wish("outgoing_stop"), alert=alert)
    victim, other = Client(), Client()
    planted = victim.session
    planted["x"] = 1
    planted.save()
    victim.cookies[settings.SESSION_COOKIE_NAME] = other.cookies[settings.SESSION_COOKIE_NAME] = planted.session_key
    said = {"number": "13907110002", "code": code_of(measure)}
    assert victim.post(reverse("appeals:door"), said)["Location"] == reverse("appeals:mine")
    assert victim.get(reverse("appeals:mine")).status_code == 200
    assert other.get(reverse("appeals:mine")).status_code == 302


def test_a_gateway_counts_within_reason(db: None) -> None:
    from fanzha.desk.enforcement.actions import add_gateway

    _made, token = add_gateway(None, "gw1", "hb", timezone.now() + timedelta(days=1))
    head, base = {"Authorization": f"Bearer {token}"}, "/v1/policy"
    count = {"entry": "measure:1", "day": "2026-11-22", "action": "block", "calls": 1, "last": 1}
    for wrong in ({"last": 10**18}, {"calls": -1}, {"calls": 2**63}, {"entry": "x" * 81}, {"entry": "a\x00"}):
        sent = {"begin": 0, "end": 5, "counts": [{**count, **wrong}]}
        answer = Client().post(f"{base}/counts", sent, content_type="application/json", headers=head)
        assert answer.status_code == 400, wrong
    assert Client().get(f"{base}/after/{2**70}", headers=head).status_code == 400
