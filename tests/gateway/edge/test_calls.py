"""A real Kamailio with our configuration: what becomes of a call, verdict by verdict, what is not asked twice."""

from __future__ import annotations

import socket

import pytest
from kamailio_edge import CONTRACT, INSIDE, INTERNETWORK, Edge, counted
from sip_peers import Call, Phone

OWN = "057188880123"  # in the contract of the trunk at CONTRACT
REASON = 'Q.850;cause=21;text="fraud"'


@pytest.mark.parametrize(
    "go_on", [("404 Not Found", ()), ("503 Service Unavailable", ("X-Fanzha-Verdict: allow", "Retry-After: 0"))]
)
def test_a_call_goes_on_and_the_engine_knows_where_it_came_from(edge: Edge, go_on: tuple[str, tuple[str, ...]]) -> None:
    edge.engine.default = go_on
    before = edge.counts()
    call = edge.call(CONTRACT, OWN)
    answer = call.established()
    asked = edge.engine.asked(call.id)[0]
    assert asked.get("x-fanzha-trunk") == "hangzhou 1"
    assert asked.get("x-fanzha-peer") == f"{CONTRACT}:{edge.phone(CONTRACT).port}"
    assert asked.get("x-fanzha-region") == "330100"
    arrived = edge.core.invites(call.id)
    assert len(arrived) == 1
    assert not [name for name, _ in arrived[0].headers if name.startswith(("x-fanzha", "p-fraud"))]
    call.hang_up(answer)
    assert {k: v for k, v in counted(edge, before).items() if k != "events_sent"} == {"calls": 1, "allowed": 1}


def test_a_label_reaches_the_callee_as_the_engine_worded_it(edge: Edge) -> None:
    alert = "<urn:fanzha:warning>;appearance=2"
    edge.engine.default = ("302 Moved Temporarily", ("P-Fraud-Warning: listed", f"Alert-Info: {alert}"))
    before = edge.counts()
    call = edge.call(INTERNETWORK, "13812340000")
    call.hang_up(call.established())
    arrived = edge.core.invites(call.id)[0]
    assert arrived.all("p-fraud-warning") == ["listed"]
    assert arrived.all("alert-info") == [alert]
    assert counted(edge, before)["labelled"] == 1


def test_a_caller_cannot_write_our_headers(edge: Edge) -> None:
    forged = ["P-Fraud-Warning: none at all", "X-Fanzha-Trunk: core", "X-Fanzha-Peer: 127.0.0.14:5060",
              "x-fanzha-TRUNK: core", "X-FANZHA-INGRESS : local", "X-Fanzha-Region: 110000",
              "p-fraud-warning: none"]  # fmt: skip
    call = edge.call(INTERNETWORK, "13812340000", headers=forged)
    call.hang_up(call.established())
    asked = edge.engine.asked(call.id)[0]
    assert asked.all("x-fanzha-trunk") == ["other network"]
    assert len(asked.all("x-fanzha-peer")) == 1
    assert asked.all("x-fanzha-ingress") == asked.all("x-fanzha-region") == []
    assert asked.all("p-fraud-warning") == []
    assert edge.core.invites(call.id)[0].all("p-fraud-warning") == []


@pytest.mark.parametrize(
    ("line", "headers"),
    [
        ("603 Decline", [f"Reason: {REASON}"]),
        ("603 Network Blocked", ['Reason: Q.850;cause=21;text="v=analytics1;url=https://x.example";location=LN']),
        ("608 Rejected", ["Call-Info: <https://x.example/appeal>;purpose=jwscard"]),
        ("403 Forbidden", [f"Reason: {REASON}"]),
    ],
)
def test_a_refusal_reaches_the_caller_with_its_headers_and_never_the_callee(
    edge: Edge, line: str, headers: list[str]
) -> None:
    edge.engine.default = (line, tuple(headers))
    before = edge.counts()
    call = edge.call(INTERNETWORK, "13812340000")
    refused = call.final()
    assert refused.start == f"SIP/2.0 {line}"
    assert {f"{n}: {v}" for n, v in refused.headers} >= {
        h[0].lower() + h[1:].replace("all-I", "all-i") for h in headers
    }
    assert edge.core.invites(call.id) == []
    assert counted(edge, before) == {"calls": 1, "blocked": 1}


@pytest.mark.parametrize(
    ("said", "name", "value"),
    [
        ("603 Network Blocked", "Reason", REASON),
        ("608 Rejected", "Call-Info", "<https://x.example/appeal>;purpose=jwscard"),
    ],
)
def test_the_listed_are_refused_though_the_engine_calls_their_question_malformed(
    edge: Edge, said: str, name: str, value: str
) -> None:
    edge.engine.default = ("400 Bad Header", (f"X-Fanzha-Verdict: block {said}", f"{name}: {value}"))
    before = edge.counts()
    call = edge.call(INTERNETWORK, "13812340000")
    refused = call.final()
    assert (refused.start, refused.get(name.lower())) == (f"SIP/2.0 {said}", value)
    assert edge.core.invites(call.id) == []
    assert counted(edge, before) == {"calls": 1, "blocked": 1}


@pytest.mark.parametrize("verdict", ["", "block", "block 603", "block 200 OK", "block 999 X", "allow"])
def test_a_malformed_question_without_a_refusal_goes_on_unscreened(edge: Edge, verdict: str) -> None:
    edge.engine.default = ("400 Bad Header", (f"X-Fanzha-Verdict: {verdict}",))
    before = edge.counts()
    call = edge.call(INTERNETWORK, "13812340000")
    call.hang_up(call.established())
    assert counted(edge, before)["unscreened_unread"] == 1


@pytest.mark.parametrize(
    "callee", ["110", "119", "120", "122", "12110", "95110", "0571110", "+86110", "tel:110", "urn:service:sos"]
)
@pytest.mark.parametrize(
    ("host", "caller"), [(CONTRACT, "13900000000"), (CONTRACT, None), (INTERNETWORK, "14212345678")]
)
def test_an_emergency_call_passes_whoever_calls(edge: Edge, callee: str, host: str, caller: str | None) -> None:
    edge.engine.default = ("603 Decline", ())
    before = edge.counts()
    call = edge.call(host, caller, callee, headers=["Privacy: id"])
    call.hang_up(call.established())
    assert edge.engine.asked(call.id) == []
    assert {k: v for k, v in counted(edge, before).items() if k[:5] != "event"} == {"calls": 1, "emergency": 1}


def test_a_number_that_only_looks_like_an_emergency_is_screened(edge: Edge) -> None:
    for callee in ("1101", "01088110110", "1391100110"):
        call = edge.call(INTERNETWORK, "13812340000", callee)
        call.hang_up(call.established())
        assert len(edge.engine.asked(call.id)) == 1


def test_cancel_while_the_verdict_is_pending_leaves_no_ghost_call(edge: Edge) -> None:
    edge.engine.delay = 0.05
    before = edge.counts()
    call = edge.call(INTERNETWORK, "13812340000")
    edge.engine.wait(lambda m: m.method == "INVITE" and m.get("call-id") == call.id)
    call.send("CANCEL")
    assert call.final().code == 487
    assert call.final("CANCEL").code == 200
    assert edge.core.invites(call.id) == []
    assert counted(edge, before) == {"calls": 1, "cancelled": 1}


def test_cancel_while_ringing_ends_the_ringing(edge: Edge) -> None:
    edge.core.ring_only = True
    call = edge.call(INTERNETWORK, "13812340000")
    edge.phone(INTERNETWORK).wait(lambda m: m.code == 180 and m.get("call-id") == call.id)
    call.send("CANCEL")
    assert call.final().code == 487
    edge.core.wait(lambda m: m.method == "CANCEL" and m.get("call-id") == call.id)


def test_a_busy_callee_and_one_that_rings_twice_are_told_to_the_caller_as_they_are(edge: Edge) -> None:
    edge.core.final = "486 Busy Here"
    before = edge.counts()
    call = edge.call(INTERNETWORK, "13812340000")
    assert call.final().start == "SIP/2.0 486 Busy Here"
    assert counted(edge, before)["allowed"] == 1
    edge.core.ring_only = True
    call = edge.call(INTERNETWORK, "13812340000")
    invite = edge.core.wait(lambda m: m.method == "INVITE" and m.get("call-id") == call.id)[0]
    contact = [f"Contact: <sip:core@{edge.core.host}:{edge.core.port}>"]
    edge.core.reply(invite, "180 Ringing", contact, tag="fork")  # another branch of a fork behind the core
    rang = edge.phone(INTERNETWORK).wait(lambda m: m.code == 180 and m.get("call-id") == call.id, 2)
    assert {m.get("to").partition("tag=")[2] for m in rang} == {"core", "fork"}
    edge.core.reply(invite, "200 OK", contact, tag="fork")
    call.hang_up(call.established())


def test_a_retransmitted_invite_is_asked_and_counted_once(edge: Edge) -> None:
    edge.engine.delay = 0.05
    before = edge.counts()
    call = edge.call(INTERNETWORK, "13812340000")
    call.send()
    call.send()
    call.hang_up(call.established())
    call.send()
    assert len(edge.engine.asked(call.id)) == 1
    assert len(edge.core.invites(call.id)) == 1
    assert counted(edge, before)["calls"] == 1


def test_what_happens_in_a_call_is_not_screened_again(edge: Edge) -> None:
    call = edge.call(INTERNETWORK, "13812340000")
    answer = call.established()
    edge.engine.default = ("603 Decline", ())
    for cseq, method in enumerate(("INVITE", "UPDATE", "INFO"), 2):
        call.within(method, answer, cseq)
        edge.core.wait(lambda m, method=method: m.method == method and m.get("call-id") == call.id)
    assert len(edge.core.invites(call.id)) == 2
    assert len(edge.engine.asked(call.id)) == 1
    call.within("BYE", answer, 9)
    assert call.final("BYE").code == 200


def test_a_made_up_dialog_leads_nowhere(edge: Edge) -> None:
    """A To tag and a Route to the core would pass by every rule."""
    before = edge.counts()
    phone = edge.phone(INTERNETWORK)
    call = Call(phone, edge.address, "sip:95588@x", "sip:13900000000@x", [])
    route = [f"<sip:127.0.0.1:{edge.port};lr>"]
    to = "To: <sip:13900000000@x>;tag=made-up"
    phone.send(call.request("INVITE", edge.core.uri, to=to, route=route), edge.address)
    assert call.final().code == 488
    stranger = Phone("127.0.0.99")
    try:
        other = Call(stranger, edge.address, "sip:95588@x", "sip:13900000000@x", [])
        stranger.send(other.request("INVITE", edge.core.uri, to=to, route=route), edge.address)
        assert other.final().code == 403
    finally:
        stranger.close()
    assert not edge.core.invites(call.id) + edge.core.invites(other.id)
    assert counted(edge, before) == {"refused_within": 2}


def test_a_stranger_is_refused_whoever_he_calls_and_is_no_call(edge: Edge) -> None:
    before = edge.counts()
    stranger = Phone("127.0.0.98")
    try:
        for callee in ("13900000000", "110"):
            assert stranger.call(edge.address, OWN, callee).final().code == 403
    finally:
        stranger.close()
    assert counted(edge, before) == {"refused_peer": 2}


def test_a_flood_from_a_stranger_is_soon_not_answered(edge: Edge) -> None:
    before = edge.counts()
    stranger = Phone("127.0.0.97")
    try:
        for _ in range(400):
            stranger.call(edge.address, OWN)
        own = edge.call(CONTRACT, OWN)
        own.hang_up(own.established())
        answered = {m.get("call-id") for m in stranger.messages}
        assert 1 <= len(answered) < 200
    finally:
        stranger.close()
    assert counted(edge, before)["calls"] == 1


def test_a_long_invite_over_tcp_is_screened(edge: Edge) -> None:
    call = Call(
        edge.phone(INTERNETWORK), edge.address, "sip:13812340000@x", "sip:13900000000@x", ["X-Long: " + "y" * 3000]
    )
    with socket.create_connection(edge.address, timeout=60, source_address=(INTERNETWORK, 0)) as wire:
        wire.sendall(call.request("INVITE", call.callee).replace("SIP/2.0/UDP", "SIP/2.0/TCP").encode())
        said = b""
        while b"SIP/2.0 200" not in said:
            said += wire.recv(65536)
    assert len(edge.engine.asked(call.id)) == 1
    assert len(edge.core.invites(call.id)) == 1


def test_a_body_of_any_size_leaves_no_call_unscreened(edge: Edge) -> None:
    """The engine reads no body, and is sent none; the callee's side gets it as it was."""
    before = edge.counts()

    def body(call: Call, size: int) -> str:
        head = f"Content-Type: application/x\r\nContent-Length: {size}"
        return call.request("INVITE", call.callee).replace("Content-Length: 0", head) + "b" * size

    phone = edge.phone(INTERNETWORK)
    long, huge = (Call(phone, edge.address, "sip:13812340000@x", "sip:13900000000@x", []) for _ in range(2))
    with socket.create_connection(edge.address, timeout=60, source_address=(INTERNETWORK, 0)) as wire:
        wire.sendall(body(long, 9_000).replace("SIP/2.0/UDP", "SIP/2.0/TCP").encode())
        said = b""
        while b"SIP/2.0 200" not in said:
            said += wire.recv(65536)
    assert edge.core.invites(long.id)[0].body == "b" * 9_000
    phone.send(body(huge, 64_900), edge.address)
    huge.final()
    for call in (long, huge):
        asked = edge.engine.asked(call.id)[0]
        assert (asked.body, asked.get("content-length")) == ("", "0")
    assert edge.counts()["unscreened"] == before["unscreened"]


def test_the_asserted_number_counts_and_tel_uris_are_read(edge: Edge) -> None:
    refused = edge.call(CONTRACT, OWN, asserted="sip:+8613900000001@x").final()
    assert (refused.code, refused.get("reason")) == (403, 'Q.850;cause=21;text="A8"')
    for asserted in (
        "tel:+8657188880123",
        "sip:0571-8888-0123@x",
        "tel:88880123;phone-context=+86571",
        "sip:%2B8657188880123@x",
    ):
        call = edge.call(CONTRACT, "13900000001", asserted=asserted)
        call.hang_up(call.established())


def test_of_two_asserted_identities_the_telephone_number_counts(edge: Edge) -> None:
    two = ["P-Asserted-Identity: <sip:reception@x>, <tel:+8657188880123>"]
    lines = ["P-Asserted-Identity: <sip:reception@x>", "P-Asserted-Identity: <tel:057188880123;phone-context=+86>"]
    for headers in (two, lines):
        call = edge.call(CONTRACT, "13900000001", headers=headers)
        call.hang_up(call.established())


def test_engines_are_told_how_calls_begin_and_end(edge: Edge) -> None:
    """All but emergency calls, of which they were not asked; nor does that count as an event nobody was told."""
    before = edge.counts()
    emergency = edge.call(INSIDE, "13812340000", "110")
    emergency.hang_up(emergency.established())
    call = edge.call(INSIDE, "13812340000", "13912345678")
    call.hang_up(call.established())

    def told(state: str) -> str:
        wanted = (call.id, f"State: {state}")
        return edge.engine.wait(lambda m: m.method == "NOTIFY" and all(w in m.body for w in wanted))[0].body

    for state in ("confirmed", "terminated"):
        said = dict(line.split(": ", 1) for line in told(state).split("\r\n") if line)
        assert said["Caller"] == "13812340000"
        assert said["Callee"] == "13912345678"
        assert said["From-Tag"] == call.tag
        assert said["To-Tag"] == "core"
    edge.core.final = "486 Busy Here"
    busy = edge.call(INSIDE, "13812340000")
    assert busy.final().code == 486
    body = edge.engine.wait(lambda m: m.method == "NOTIFY" and busy.id in m.body)[0].body
    assert "State: failed" in body
    assert "486" in body
    edge.engine.default = ("603 Decline", ())
    refused = edge.call(INSIDE, "13812340000")
    assert refused.final().code == 603
    notified = [m.body for m in edge.engine.messages if m.method == "NOTIFY"]
    assert not [body for body in notified if refused.id in body or emergency.id in body]
    assert "events_unsent" not in counted(edge, before)


def test_escapes_that_stand_for_no_letter_lead_past_nothing(edge: Edge) -> None:
    before = edge.counts()
    for at in range(12):  # enough to meet every worker after it has seen a call to 110
        emergency = edge.call(INTERNETWORK, "13812340000", "110")
        emergency.hang_up(emergency.established())
        caller = ("sip:13912340001%00@x", "sip:%E5%BC%A0@x", "sip:13912340001%0d%0a@x", "13812340000")[at % 4]
        call = edge.call(INTERNETWORK, caller, "sip:13900000000%00@h" if at % 2 else "13900000000")
        call.final()
        assert len(edge.engine.asked(call.id)) == 1, (caller, at)
    after = edge.counts()
    assert after["emergency"] - before["emergency"] == 12
    assert after["unscreened"] == before["unscreened"]


def test_the_engine_is_shown_what_it_reads_and_the_callee_all_of_it(edge: Edge) -> None:
    kept = ["Privacy: none", "Diversion: <sip:1@x>", "History-Info: <sip:1@x>;index=1"]
    call = edge.call(INTERNETWORK, "13812340000", headers=[*kept, "Subject: hello\x01", "Supported: timer"])
    call.hang_up(call.established())
    question, invite = edge.engine.asked(call.id)[0], edge.core.invites(call.id)[0]
    assert {name for name, _ in invite.headers} >= {"subject", "supported", "privacy", "diversion", "history-info"}
    assert not {"subject", "supported"} & {name for name, _ in question.headers}
    assert {"privacy", "diversion", "history-info", "contact"} <= {name for name, _ in question.headers}


def test_trunks_may_have_next_hops_of_their_own(edge: Edge) -> None:
    call = edge.call("127.0.0.200", "13812340000")
    call.hang_up(call.established())
    assert len(edge.second_core.invites(call.id)) == 1
    assert edge.core.invites(call.id) == []


def test_the_next_of_the_next_hops_is_tried(edge: Edge) -> None:
    """The last test of this module: its edge keeps the second next hop."""
    edge.rpc.ask("dispatcher.add", 2, edge.second_core.uri, 0)
    edge.core.final = "503 Service Unavailable"
    before = edge.counts()
    for _ in range(4):
        call = edge.call(INTERNETWORK, "13812340000")
        call.hang_up(call.established())
        assert len(edge.second_core.invites(call.id)) == 1
    assert 1 <= counted(edge, before)["next_hop_failed"] <= 4
    assert counted(edge, before)["calls"] == 4
    for final in ("503 Service Unavailable", "486 Busy Here", "404 Not Found", "603 Decline"):
        edge.core.final = edge.second_core.final = final
        assert edge.call(INTERNETWORK, "13812340000").final().start == (
            f"SIP/2.0 {final}" if final[:3] != "503" else "SIP/2.0 503 Next Hop Failed"
        )
