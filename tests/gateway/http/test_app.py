from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from door import BLOCKED, Client, ShamBack, ShamLive, store

from fanzha.gateway.http.asking import Door
from fanzha.gateway.http.bounds import bounds
from fanzha.gateway.http.openapi import PATHS
from fanzha.gateway.http.tokens import Scope, Tokens
from fanzha.records.contract import Ingress

CALL = {"key": "k1", "caller": BLOCKED, "callee": "+8613900001234"}


def test_one_call_gets_its_verdict_with_reasons(client: Client, back: ShamBack) -> None:
    status, said, _ = client.ask("POST", "/v1/decide", {**CALL, "clir": True, "trunk": "t1", "serving_region": 330100})
    assert status == 200
    assert (said["key"], said["action"], said["code"], said["reasons"][0]["zh"]) == ("k1", 4, 603, "公安")
    assert (back.asked[0].clir, back.asked[0].trunk, back.asked[0].serving_region) == (True, "t1", 330100)


def test_a_batch_keeps_its_order(client: Client) -> None:
    calls = [{"key": f"k{at}", "callee": "+861", "caller": BLOCKED if at % 2 else None} for at in range(5)]
    status, said, _ = client.ask("POST", "/v1/decide", {"calls": calls})
    assert status == 200
    assert [(each["key"], each["action"]) for each in said["verdicts"]] == [(f"k{at}", 4 * (at % 2)) for at in range(5)]


def test_the_moment_may_be_told_and_is_now_else(client: Client, back: ShamBack) -> None:
    client.ask("POST", "/v1/decide", {**CALL, "at": 1_700_000_000_000_000})
    before = time.time_ns() // 1000
    client.ask("POST", "/v1/decide", CALL)
    assert back.asked[0].at == 1_700_000_000_000_000
    assert before <= back.asked[1].at <= time.time_ns() // 1000


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        (b"", ""),
        (b"{", ""),
        (b"[]", ""),
        (b'{"key":"a"}', ""),
        (b'{"key":"","callee":"1"}', "$.key"),
        (b'{"key":"a","callee":"1","at":"now"}', "$.at"),
        (b'{"key":"a","callee":"1","ingress":"moon"}', "$.ingress"),
        (b'{"key":"a","callee":"1","at":12}', "$.at"),  # what no counter, record or calendar holds
        (b'{"key":"a","callee":"1","at":%d}' % 10**18, "$.at"),
        (b'{"key":"a","callee":"1","at":%d}' % 10**30, "$.at"),
        (b'{"key":"a\\ud800","callee":"1"}', ""),
        (b'{"key":"a","callee":"1","colour":1}', ""),
        (b'{"calls":[{"key":"a","callee":"1"},{"key":"b"}]}', "$.calls[1]"),
        (b'{"key":"\xff","callee":"1"}', ""),
        (b"[" * 100_000, ""),
    ],
)
def test_a_bad_body_is_told_with_its_place_in_both_languages(
    client: Client, back: ShamBack, raw: bytes, where: str
) -> None:
    status, said, _ = client.ask("POST", "/v1/decide", raw=raw)
    assert status == 400
    assert said["error"]["where"] == where
    assert all(said["error"][part][lang] for part in ("what", "hint") for lang in ("zh", "en"))
    assert back.asked == []


def test_what_a_field_holds_steers_no_terminal(client: Client, back: ShamBack) -> None:
    client.ask("POST", "/v1/decide", {**CALL, "callee": "1\x1b[31m", "trunk": "专线\n"})
    assert (back.asked[0].callee, back.asked[0].trunk) == ("1\\x1b[31m", "专线\\x0a")


def test_a_long_batch_lets_others_have_their_turn(client: Client, back: ShamBack) -> None:
    """Or a switch that asks over SIP would go on unscreened meanwhile."""
    calls = [{"key": f"{at}", "callee": "+8613900001234"} for at in range(bounds().batch)]
    seen: list[int] = []

    def look() -> None:
        seen.append(len(back.asked))
        if len(back.asked) < len(calls):
            client.loop.call_soon(look)

    client.loop.call_soon_threadsafe(look)
    status, said, _ = client.ask("POST", "/v1/decide", {"calls": calls})
    assert (status, [each["key"] for each in said["verdicts"]]) == (200, [call["key"] for call in calls])
    assert len(set(seen)) > len(calls) // bounds().turn_calls // 2


def test_what_is_no_http_and_what_is_too_much_is_told_as_everything_else(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(data: bytes) -> tuple[bytes, str]:
        with socket.create_connection(("127.0.0.1", client.port), timeout=60) as peer:
            peer.sendall(data)
            head, _, body = b"".join(iter(lambda: peer.recv(65536), b"")).partition(b"\r\n\r\n")
        return head.split(b" ")[1], json.loads(body)["error"]["code"]

    assert said(b"\x16\x03\x01\x00\xa5\r\n\r\n") == (b"400", "no_http")
    few = msgspec.structs.replace(bounds(), at_once=0)
    monkeypatch.setattr("fanzha.gateway.http.server.bounds", lambda: few)
    assert said(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n") == (b"503", "full")


def test_who_holds_all_connections_and_asks_nothing_keeps_nobody_from_asking(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one idle longest gives way: that never asked, that rests between two requests, that is half through one."""
    few = msgspec.structs.replace(bounds(), at_once=3)
    monkeypatch.setattr("fanzha.gateway.http.server.bounds", lambda: few)
    whole = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    held: list[socket.socket] = []

    def answered(peer: socket.socket) -> bytes:
        said = b""
        while not said.endswith(b"}"):
            said += peer.recv(65536)
        return said

    try:
        for sent in (b"", whole, whole + whole[:9], whole, whole, whole):
            held.append(socket.create_connection(("127.0.0.1", client.port), timeout=60))
            held[-1].sendall(sent)
            assert not sent or answered(held[-1]).startswith(b"HTTP/1.1 200")
        assert [each.recv(1) for each in held[:3]] == [b""] * 3
        for each in held[3:]:
            each.sendall(whole)
            assert answered(each).startswith(b"HTTP/1.1 200")
    finally:
        for each in held:
            each.close()
    assert client.server.counts["idle_closed"] == 3


def test_every_door_there_is_may_be_named() -> None:
    assert set(get_args(Door)) == {door.name.lower() for door in Ingress}


def test_bodies_and_batches_are_bounded(client: Client, back: ShamBack) -> None:
    assert client.ask("POST", "/v1/decide", raw=b" " * (bounds().body_bytes + 1))[0] == 413
    calls = [{"key": "k", "callee": "1"}] * (bounds().batch + 1)
    status, said, _ = client.ask("POST", "/v1/decide", {"calls": calls})
    assert (status, said["error"]["where"]) == (413, "calls")
    assert back.asked == []


def test_no_token_none_of_ours_and_one_without_the_scope(client: Client, tokens: Tokens) -> None:
    status, said, headers = client.ask("POST", "/v1/decide", CALL, token="")
    assert (status, headers["www-authenticate"]) == (401, "Bearer")
    assert "fanzha gateway token add" in said["error"]["hint"]["en"]
    assert client.ask("POST", "/v1/decide", CALL, token="fz_000000000000_" + "A" * 43)[0] == 401
    now = time.time_ns() // 1000
    other = tokens.add("metrics only", (Scope.METRICS,), now, now + 10**12)
    assert client.ask("POST", "/v1/decide", CALL, token=other)[0] == 403
    assert client.ask("GET", "/metrics", token=other)[0] == 200


def test_a_revoked_token_opens_nothing_once_the_tokens_are_read_anew(client: Client, tokens: Tokens) -> None:
    assert client.ask("POST", "/v1/decide", CALL)[0] == 200
    tokens.revoke(client.token.split("_")[1], time.time_ns() // 1000)
    client.door.forget()
    assert client.ask("POST", "/v1/decide", CALL)[0] == 401


@pytest.mark.parametrize("path", [each.path for each in PATHS if each.scope is not None])
def test_every_path_with_a_scope_asks_for_a_token(client: Client, path: str) -> None:
    method = next(each.method for each in PATHS if each.path == path).upper()
    assert client.ask(method, path.replace("{key}", "k"), raw=b"{}" if method == "POST" else None, token="")[0] == 401


def test_a_fault_of_ours_is_told_without_its_inside(client: Client, back: ShamBack) -> None:
    back.broken = True
    status, said, _ = client.ask("POST", "/v1/decide", CALL)
    assert (status, said["error"]["code"]) == (500, "internal")
    assert "secret" not in json.dumps(said)


def test_why_a_call_was_refused(client: Client) -> None:
    status, said, _ = client.ask("GET", "/v1/explain/known-1@10.0.0.1")
    assert (status, said["verdicts"][0]["reasons"][0]["code"]) == (200, "police")
    assert client.ask("GET", "/v1/explain/known%2Fslash")[1]["key"] == "known/slash"
    assert client.ask("GET", "/v1/explain/nobody")[0] == 404


def test_without_live_calls_the_answer_says_what_to_start(client: Client) -> None:
    for method, path in (("GET", "/v1/calls"), ("POST", "/v1/calls/c1/release")):
        status, said, _ = client.ask(method, path, {"why": "x"} if method == "POST" else None)
        assert (status, said["error"]["code"]) == (501, "no_live_calls")


def test_calls_in_progress_are_masked_unless_asked_for_whole(client: Client, back: ShamBack) -> None:
    back.live = ShamLive()
    assert client.ask("GET", "/v1/calls")[1]["calls"][0]["caller"] == "+86138****5678"
    told = client.ask("GET", "/v1/calls?numbers=full")[1]
    assert [each["caller"] for each in told["calls"]] == ["+8613812345678"]


def test_a_tear_down_says_who_and_why_and_what_became_of_it(client: Client, back: ShamBack) -> None:
    back.live = live = ShamLive()
    status, said, _ = client.ask("POST", "/v1/calls/c%2F1@x/release", {"why": "victim on the line"})
    assert (status, said["result"]) == (200, "released")
    (found,) = live.released
    assert found[0] == "c/1@x"
    assert found[1].endswith("(test)")
    assert found[2] == "victim on the line"
    assert client.ask("POST", "/v1/calls/sos/release", {"why": "x"})[0] == 409
    assert client.ask("POST", "/v1/calls/c1/release", {})[0] == 400


def test_one_callers_counters_are_set_to_nothing(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "fanzha.gateway.http"):
        client.ask("POST", "/v1/counters/forget", {"caller": "138-1234-5678"})
    assert "138-****-5678" in caplog.text
    assert "1234" not in caplog.text
    for caller, known in (("+8617000000001", True), ("+8613912345678", False)):
        assert client.ask("POST", "/v1/counters/forget", {"caller": caller})[:2] == (200, {"forgotten": known})
    assert client.ask("POST", "/v1/counters/forget", {"all": True})[0] == 400


def test_policy_is_told_and_pushed(client: Client, back: ShamBack, tmp_path: Path) -> None:
    assert client.ask("GET", "/v1/policy")[0] == 503
    back.store = store(tmp_path / "policy")
    status, said, _ = client.ask("GET", "/v1/policy")
    assert (status, said["version"], said["age_seconds"]) == (200, 0, None)
    assert client.ask("POST", "/v1/policy", raw=b"good" * 100_000)[1]["taken"] is True
    assert back.pushed == [b"good" * 100_000]
    status, said, _ = client.ask("POST", "/v1/policy", raw=b"bad")
    assert (status, said["refusal"]) == (409, "signature")
    assert list((tmp_path / "policy").glob(".pushed*")) == []


def test_alive_at_once_and_ready_once_a_policy_is_there(client: Client, back: ShamBack) -> None:
    back.loaded = False
    assert client.ask("GET", "/healthz", token="")[0] == 200
    assert client.ask("GET", "/readyz", token="")[0] == 503
    back.loaded = True
    assert client.ask("GET", "/readyz", token="")[0] == 200


def test_unknown_paths_and_methods_are_told_as_everything_else(client: Client) -> None:
    status, said, _ = client.ask("GET", "/nowhere")
    assert (status, said["error"]["code"]) == (404, "not_found")
    status, said, headers = client.ask("GET", "/v1/decide")
    assert (status, said["error"]["code"], headers["allow"]) == (405, "not_allowed", "POST")
    assert client.ask("DELETE", "/v1/policy")[1]["error"]["code"] == "not_allowed"


def test_it_describes_itself_and_asks_nobody_else(client: Client) -> None:
    _, described, _ = client.ask("GET", "/openapi.json", token="")
    assert set(described["paths"]) == {each.path for each in PATHS}
    text = json.dumps(described)
    for reference in {part.split('"')[0] for part in text.split('"$ref": "#/components/schemas/')[1:]}:
        assert reference in described["components"]["schemas"]
    _, page, headers = client.ask("GET", "/docs", token="")
    assert all(each.path in page for each in PATHS)
    assert "http" not in page.replace("http://127.0.0.1:8080", "")
    assert "<script" not in page
    assert "default-src 'none'" in headers["content-security-policy"]


def test_a_head_without_end_and_a_request_that_dawdles_are_cut_off(client: Client) -> None:
    for line in (b"X: " + b"a" * 1000 + b"\r\n", b"a" * 1000):
        with socket.create_connection(("127.0.0.1", client.port), timeout=60) as peer:
            peer.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: ")
            rest = b"open"
            try:
                for _ in range(5000):
                    peer.sendall(line)
                rest = peer.recv(100)
            except ConnectionError:
                rest = b""
        assert rest == b""
    with socket.create_connection(("127.0.0.1", client.port), timeout=60) as peer:
        peer.sendall(b"POST /v1/decide HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        deadline = time.monotonic() + bounds().request_seconds + 1
        while client.ask("GET", "/healthz")[0] != 200:
            pass
        client.loop.call_soon_threadsafe(client.server.sweep, deadline)
        try:
            rest = peer.recv(100)
        except ConnectionError:
            rest = b""
    assert not rest.startswith(b"HTTP/1.1 200")
