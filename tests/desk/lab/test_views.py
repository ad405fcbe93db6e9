"""The laboratory's pages: who may see and do what, the editor's verdict with its line, and what a step measured."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fanzha.desk.lab import actions, shadowing
from fanzha.desk.lab.models import Hit, Version

ROLES = ("duty", "analyst", "leader", "regulator", "bank", "clerk", "admin", "stranger", "subscriber")
SEEN = (200, 200, 200, 200, 403, 403, 403, 404, 403)
DRAFTED = (403, 200, 200, 403, 403, 403, 403, 404, 403)


@pytest.mark.parametrize("at", range(len(ROLES)), ids=ROLES)
def test_who_sees_what(at: int, signed_in: Callable[[str], Client], draft: Any) -> None:
    found = draft()
    client, network = signed_in(ROLES[at]), {"network": "hb"}
    assert client.get(reverse("lab:list"), network).status_code == SEEN[at]
    assert client.get(reverse("lab:rule", args=["own.busy"]), network).status_code == SEEN[at]
    assert client.get(reverse("lab:version", args=[found.pk])).status_code == SEEN[at]
    assert client.get(reverse("lab:new"), network).status_code == DRAFTED[at]
    assert client.get(reverse("lab:edit", args=[found.pk])).status_code == DRAFTED[at]
    checked = client.post(reverse("lab:check"), {"text": found.text}).status_code
    assert checked == (200 if DRAFTED[at] == 404 else DRAFTED[at])
    acted = client.post(reverse("lab:act", args=[found.pk]), {"act": "review"}).status_code
    assert acted == (403, 403, 302, 403, 403, 403, 403, 404, 403)[at]
    budget = client.post(reverse("lab:budget", args=[found.pk]), {"measures": "5", "reason": "r"}).status_code
    assert budget == (403, 403, 302, 403, 403, 403, 403, 404, 403)[at]


def test_the_editor_says_what_is_wrong_and_on_which_line(signed_in: Callable[[str], Client], draft: Any) -> None:
    client, text = signed_in("analyst"), draft().text
    fine = client.post(reverse("lab:check"), {"text": text}).content.decode()
    assert "可以运行" in fine
    assert "out_1h &gt; 20" in fine
    for old, new, line, said in (
        ("out_1h > 20", "out_9h > 20", 10, "没有字段 out_9h"),
        ("family: volume", "family: loud", 6, "loud"),
        ("scheme: mass_dialling", "scheme: mass_dialing", 1, "mass_dialling"),
        ("minimum: 10", "minimum: ten", 12, "这里应为 `int`"),
    ):
        wrong = client.post(reverse("lab:check"), {"text": text.replace(old, new)}).content.decode()
        assert f'data-line="{line}"' in wrong
        assert said in wrong
    for text in ("", "- x", "a: [", "x" * 30_000, "rules: []"):
        assert "wrong" in client.post(reverse("lab:check"), {"text": text}).content.decode()
    answer = client.post(reverse("lab:new"), {"text": "scheme: nothing", "network": "hb"})
    assert answer.status_code == 422
    assert client.get(reverse("lab:new"), {"network": "elsewhere"}).status_code == 404


def test_a_title_is_text_whatever_is_in_it(signed_in: Callable[[str], Client], draft: Any) -> None:
    found, client = draft(change=("一小时二十个呼叫且少有接听", "'<script>alert(1)</script>'")), signed_in("leader")
    for address in (
        reverse("lab:list"),
        reverse("lab:rule", args=["own.busy"]),
        reverse("lab:version", args=[found.pk]),
    ):
        page = client.get(address, {"network": "hb"}).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


def test_a_draft_is_written_changed_and_compared(signed_in: Callable[[str], Client], draft: Any) -> None:
    live = draft("live")
    client = signed_in("analyst")
    page = client.get(reverse("lab:new"), {"network": "hb", "from": live.pk}).content.decode()
    assert "own.busy" in page
    text = live.text.replace("> 20", "> 45")
    answer = client.post(reverse("lab:new"), {"network": "hb", "text": text, "note": "抬高门限"}, follow=True)
    made = Version.objects.get(rule="own.busy", version=2)
    page = answer.content.decode()
    assert '<span class="new">    when: out_1h &gt; 45' in page
    assert '<span class="gone">    when: out_1h &gt; 20' in page
    client.post(reverse("lab:edit", args=[made.pk]), {"text": made.text.replace("> 45", "> 50"), "note": "再抬"})
    assert "> 50" in Version.objects.get(pk=made.pk).text
    history = client.get(reverse("lab:rule", args=["own.busy"])).content.decode()
    assert history.index("v2") < history.index("v1")


def test_what_a_shadow_did_is_shown_masked_and_counted(
    signed_in: Callable[[str], Client], draft: Any, home: Path, house: Any, make_alert: Any
) -> None:
    found = draft("shadow")
    outbox = home / "watch" / "hb" / "outbox.sqlite"
    outbox.parent.mkdir(parents=True)
    now = timezone.now().isoformat()
    with sqlite3.connect(outbox) as db:
        db.execute("create table hits (n integer primary key, id text, body text)")
        for n, (value, band, already) in enumerate(
            [("+8613907110001", "verify", 0.0), ("+8613907110002", "none", 0.0), ("+8613907110003", "verify", 72.0)] * 2
        ):
            body = {
                "id": f"h{value}", "rule": "own.busy", "version": 1, "at": now, "score": 72.0, "already": already,
                "entity": {"network": "hb", "kind": "number", "value": value}, "band": band, "measure": "verify",
                "evidence": [], "records": [],
            }  # fmt: skip
            db.execute("insert into hits (id, body) values (?, ?)", (body["id"], json.dumps(body)))
            assert n < 6
    db.close()
    make_alert("old", value="+8613907110001", state="dismissed")
    assert shadowing.turn(timezone.now()) == 6
    assert shadowing.turn(timezone.now()) == 0
    assert Hit.objects.count() == 3
    page = signed_in("leader").get(reverse("lab:version", args=[found.pk])).content.decode()
    assert "+8613907110001" not in page
    for words in ("<b>3</b><span>会命中的对象", "<b>1</b><span>其中会新产生预警", "<b>1</b><span>其中已研判误报"):
        assert words in page
    stepped = actions.step(Version.objects.get(pk=found.pk).moved_by, found.pk, "share1", reason="看过")
    page = signed_in("leader").get(reverse("lab:version", args=[stepped.pk])).content.decode()
    assert "命中 3" in page  # what the former step measured stays on record
    assert "1 %" in page


def test_a_trip_is_told_on_every_page(signed_in: Callable[[str], Client], draft: Any) -> None:
    found = draft("live")
    client = signed_in("regulator")
    assert "规则跳闸" not in client.get(reverse("alerts:list")).content.decode()
    actions.trip(found, actions.Trip.MEASURES, {}, timezone.now())
    for name in ("alerts:list", "measures:list", "lab:list"):
        page = client.get(reverse(name)).content.decode()
        assert "规则跳闸" in page
        assert "own.busy@1" in page
    assert "规则跳闸" not in signed_in("clerk").get(reverse("measures:list")).content.decode()


def test_the_page_leads_back_in_one_act(signed_in: Callable[[str], Client], draft: Any, make_alert: Any) -> None:
    """Going back asks for the rollback of what the version did; another leader finds it on the same page."""
    from fanzha.desk.measures.actions import Wish, propose_by_rule

    found = draft("live")
    alert = make_alert("a", rule=found.name)
    propose_by_rule(alert, Wish("label"))
    leader = signed_in("leader")
    address = reverse("lab:version", args=[found.pk])
    assert "1 条生效的提请回滚" in leader.get(address).content.decode()
    sent = {"act": "roll_back", "reason": "误伤", "undo": "1"}
    page = leader.post(reverse("lab:act", args=[found.pk]), sent, follow=True).content.decode()
    assert "已提请撤销这一版做的 1 条处置" in page
    assert "上一步量出" in page
    assert "已提请撤销" not in signed_in("analyst").get(address).content.decode()
    assert "去批准" in signed_in("leader2").get(address).content.decode()
    undo = reverse("lab:undo", args=[found.pk])
    assert leader.post(undo, {"reason": " "}).status_code == 422
    assert [signed_in(name).post(undo, {"reason": "x"}).status_code for name in ("analyst", "stranger")] == [403, 404]


def test_a_slider_is_answered_from_the_sample(
    signed_in: Callable[[str], Client], draft: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a sample the thresholds can still be moved, and it is said what is missing; with one it is asked."""
    from types import SimpleNamespace

    from fanzha.desk.lab import sampling
    from fanzha.detection.backtest.sample import Answer, Answered
    from fanzha.detection.backtest.spread import Quantile, Spread

    client, asked = signed_in("analyst"), {"text": draft().text, "network": "hb"}
    page = client.post(reverse("lab:estimate"), asked).content.decode()
    assert "还没有上周样本" in page
    assert 'data-leaf="out_1h &gt; 20"' in page
    device = asked | {"text": asked["text"].replace("on: out", "entity: device")}
    assert "样本只抽号码" in client.post(reverse("lab:estimate"), device).content.decode()
    spread = Spread("out_1h", "呼出", "calls", "calls", "peak", 1.0, [Quantile(0.5, 1.0), Quantile(0.99, 14.0)], [])
    point = Answered(None, 37.0, 30.0, 44.0, 35, None)
    answer = Answer("2026-11-15T00:00:00Z", "2026-11-22T00:00:00Z", 9000, 0.01, [point])
    fraud = msgspec.structs.replace(answer, points=[msgspec.structs.replace(point, fraud=21.0)])
    asks = SimpleNamespace(made=SimpleNamespace(fields=[spread]), ask=lambda _rule, known: fraud if known else answer)
    made = sampling.place_of(Path(sampling.settings.HOME), "hb", sampling.EntityKind.NUMBER) / "made.json"
    made.parent.mkdir(parents=True)
    made.touch()
    monkeypatch.setattr(sampling, "_sample", lambda *_: asks)
    page = client.post(reverse("lab:estimate"), asked).content.decode()
    assert "约 37 个对象（九成五区间 30–44）" in page
    assert "约漏 1.0 % 的命中" in page
    assert "已知涉诈" not in page  # nobody has said anything yet
    assert "out_1h: 50% ≤ 1, 99% ≤ 14" in page
    row = {"kind": "number", "value": "+8613800138000", "at": "2026-11-22T08:00:00+08:00", "fraud": True}
    known = Path(sampling.settings.HOME) / "outcomes" / "hb.jsonl"
    known.parent.mkdir()
    known.write_bytes(msgspec.json.encode(row | {"source": "police"}) + b"\n")
    page = client.post(reverse("lab:estimate"), asked).content.decode()
    assert "其中已知涉诈约 21 个" in page
