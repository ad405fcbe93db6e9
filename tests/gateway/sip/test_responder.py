from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from messages import CALLEE, CALLER, PEER, code_of, header, message
from sham import BLOCKED, SEED, Sham, admission, edges, responder

from fanzha.gateway.live.event import DialogState
from fanzha.gateway.sip.message import Unanswerable, parse
from fanzha.gateway.sip.responder import Reply, Responder
from fanzha.gateway.sip.words import sip_words

EVENT = b"Call-ID: c9\r\nState: terminated\r\nFrom-Tag: a\r\nTo-Tag: b\r\nCaller: +861\r\nCallee: +862\r\nCause: 16\r\n"


def answer(to: Responder, data: bytes, now: float = 0.0) -> bytes:
    """The bytes of the answer that comes."""
    found = to.receive(data, PEER, now)
    if isinstance(found, Coroutine):
        found = asyncio.run(_result(found))
    assert isinstance(found, Reply)
    return found.data


async def _result(found: Coroutine[Any, Any, Reply]) -> Reply:
    return await found


def report(*more: str, body: bytes = EVENT, event: str = "dialog", cseq: str = "1 NOTIFY") -> bytes:
    """A switch's report of a call."""
    lines = (f"Event: {event}", "Content-Type: application/x-fanzha-dialog", *more)
    return message("NOTIFY", "sip:gw.cn", *lines, body=body, cseq=cseq)


@pytest.mark.parametrize(("caller", "code"), [("+8613800000000", 404), (BLOCKED, 603), ("+8617000000002", 302)])
def test_each_verdict_is_said_with_its_code(caller: str, code: int) -> None:
    said = answer(responder(Sham()), message(**{"from": f"<sip:{caller}@gw.cn>;tag=1"}))
    assert code_of(said) == code
    if code == 302:
        assert header(said, "Contact") == [f"<sip:{CALLEE}@127.0.0.1:5070;user=phone>"]
        assert header(said, "P-Fraud-Warning") == ["listed"]


def test_an_answer_finds_its_way_back() -> None:
    """RFC 3261 18.2, RFC 3581: all Vias in order, received and rport filled in; ids, tags and CSeq as they came."""
    data = message("INVITE", "sip:+861@e.cn", "v: SIP/2.0/TCP b.cn;branch=z9hG4bK2, SIP/2.0/UDP c.cn")
    said = answer(responder(Sham()), data)
    assert header(said, "Via") == [
        "SIP/2.0/UDP 127.0.0.1:15060;branch=z9hG4bKa1f3.1;rport=15060;received=127.0.0.1",
        "SIP/2.0/TCP b.cn;branch=z9hG4bK2, SIP/2.0/UDP c.cn",
    ]
    assert header(said, "Call-ID") == ["c1@192.0.2.1"]
    assert header(said, "CSeq") == ["1 INVITE"]
    assert ";tag=fz" in header(said, "To")[0]


def test_without_rport_the_answer_goes_to_the_sent_by_port_of_the_source_address() -> None:
    found = responder(Sham()).receive(message(via="SIP/2.0/UDP 192.0.2.5:5099;branch=z9hG4bK1"), PEER, 0.0)
    assert isinstance(found, Reply)
    assert found.port == 5099
    assert b"192.0.2.5:5099;branch=z9hG4bK1;received=127.0.0.1" in found.data


def test_a_retransmission_gets_the_same_bytes_and_is_asked_once() -> None:
    engine = Sham()
    to = responder(engine)
    assert answer(to, message()) == answer(to, message(), 31.0)
    assert len(engine.asked) == 1
    assert to.counts["retransmission"] == 1


def test_long_after_it_is_a_new_question_with_the_same_tag() -> None:
    engine = Sham()
    to = responder(engine)
    assert answer(to, message()) == answer(to, message(), 65.0)
    assert len(engine.asked) == 2


def test_processes_that_share_the_seed_give_the_same_bytes() -> None:
    assert answer(responder(Sham()), message()) == answer(responder(Sham()), message())
    other = Responder(Sham(), sip_words(), SEED[::-1], admission(), edges())
    assert answer(responder(Sham()), message()) != answer(other, message())


def test_remembered_answers_are_bounded() -> None:
    engine = Sham()
    to = responder(engine)
    most = sip_words().remembered_answers
    for at in range(most + 10):
        answer(to, message(call_id=f"c{at}"))
    assert len(to._recent) <= most
    answer(to, message(call_id=f"c{most}"))
    assert len(engine.asked) == most + 10
    answer(to, message(call_id="c0"))
    assert len(engine.asked) == most + 11


def test_ack_is_absorbed_and_keep_alives_are_ignored() -> None:
    to = responder(Sham())
    assert to.receive(message("ACK"), PEER, 0.0) is None
    assert to.receive(b"\r\n\r\n", PEER, 0.0) is None
    assert to.receive(b"\0", PEER, 0.0) is None
    assert to.counts["ack"] == 1


def test_options_tell_a_dispatcher_whether_to_ask_here() -> None:
    engine = Sham()
    assert code_of(answer(responder(engine), message("OPTIONS", "sip:gw.cn"))) == 200
    engine.loaded = False
    assert code_of(answer(responder(engine), message("OPTIONS", "sip:gw.cn"))) == 503


@pytest.mark.parametrize(
    ("method", "code"), [("CANCEL", 200), ("BYE", 405), ("REGISTER", 405), ("MESSAGE", 405), ("FOO", 501)]
)
def test_other_methods(method: str, code: int) -> None:
    said = answer(responder(Sham()), message(method))
    assert code_of(said) == code
    if code != 200:
        assert header(said, "Allow") == ["INVITE, ACK, CANCEL, OPTIONS, NOTIFY"]


LISTED = message(uri="sip:+8613900001234@gw.cn", **{"from": f"<sip:{BLOCKED}@gw.cn>;tag=1"})


@pytest.mark.parametrize(
    "data",
    [
        LISTED.replace(b"\r\n\r\n", b"\r\n: x\r\n\r\n"),
        LISTED.replace(b"\r\n\r\n", b"\r\nno colon\r\n\r\n"),
        LISTED.replace(b"\r\n\r\n", b"\r\nbad name: x\r\n\r\n"),
        LISTED.replace(b"\r\n\r\n", b"\r\nFrom: <sip:+861@h>;tag=2\r\nTo: x\r\ni: other\r\n\r\n"),
        LISTED.replace(b"Via:", b"m: x\r\n" * 2000 + b"Via:"),
        LISTED.replace(b"CSeq: 1 ", b"CSeq: 4000000000 "),
        LISTED.replace(b"\r\n\r\n", b"\r\n\r"),
        LISTED.replace(b"To: <", b'To: "x <'),
        LISTED.replace(b"From: <", b'From: "x <'),
        LISTED.replace(b"@gw.cn SIP", b"@gw$cn SIP"),
        LISTED.replace(b"@gw.cn SIP", b"@gw.cn" + b";a" * 600 + b" SIP"),
    ],
)
def test_no_broken_line_leads_past_the_lists(data: bytes) -> None:
    """What says who calls whom is judged; never refused for its fault, but an edge is told."""
    engine = Sham()
    said = answer(responder(engine), data)
    assert code_of(said) == 400
    assert header(said, "X-Fanzha-Verdict") == ["block 603 Decline"]
    assert [(call.caller, call.callee, bool(call.fault)) for call in engine.asked] == [(BLOCKED, CALLEE, True)]


@pytest.mark.parametrize("lead", [b"\r\n\r\n", b"\r\n", b" \t", b"\n\n"])
def test_line_ends_before_a_question_make_nobody_deaf(lead: bytes) -> None:
    """RFC 3261 7.5. An edge takes silence for a dead engine: five such calls would have opened its breaker for all."""
    assert code_of(answer(responder(Sham()), lead + LISTED)) == 603


def test_a_question_without_what_an_answer_repeats_is_answered_all_the_same() -> None:
    for name in ("From", "To", "Call-ID", "CSeq"):
        assert code_of(answer(responder(Sham()), message(drop=(name,)))) == 400


@pytest.mark.parametrize("from_", ["", '"x', "<<>>", "sip:"])
def test_a_caller_who_cannot_be_read_is_not_one_who_hides(from_: str) -> None:
    """R5 would refuse the hidden one."""
    engine = Sham()
    assert code_of(answer(responder(engine), message(**{"from": from_}))) == 400
    asserted = message("INVITE", "sip:+861@e.cn", f"P-Asserted-Identity: <sip:{CALLER}@e.cn>", **{"from": from_})
    assert code_of(answer(responder(engine), asserted)) == 404
    assert [(call.caller, call.clir) for call in engine.asked] == [(CALLER, False)]


def test_a_reinvite_goes_on_without_being_asked_about() -> None:
    engine = Sham()
    data = message(to=f"<sip:{CALLEE}@e.cn>;tag=9", **{"from": f"<sip:{BLOCKED}@gw.cn>;tag=1"})
    assert code_of(answer(responder(engine), data)) == 404
    assert engine.asked == []


def test_an_unknown_extension_does_not_leave_a_call_unjudged() -> None:
    data = message("INVITE", "sip:+861@e.cn", "Require: anything", **{"from": f"<sip:{BLOCKED}@gw.cn>;tag=1"})
    assert code_of(answer(responder(Sham()), data)) == 603


def test_only_an_edge_is_believed_about_trunk_and_door() -> None:
    """Of a switch that is none, such fields may have been written by whoever dials."""
    engine = Sham()
    to = responder(engine)
    data = message("INVITE", "sip:+861@e.cn", "X-Fanzha-Trunk: t1", "X-Fanzha-Peer: 10.0.0.1", "X-Fanzha-Roaming: yes")
    assert to.receive(data, PEER, 0.0) is not None
    assert to.receive(data, ("192.0.2.1", 5060), 0.0) is not None
    assert [(call.trunk, call.peer, call.roaming) for call in engine.asked] == [
        ("t1", "10.0.0.1", True),
        (None, "192.0.2.1", None),
    ]


@pytest.mark.parametrize("name", ["X-Long", "Via", "From", "P-Asserted-Identity", "Call-ID", "Diversion"])
@pytest.mark.timeout(20)
def test_a_header_of_64_kilobytes_is_answered_quickly_and_stops_nobody(name: str) -> None:
    engine = Sham()
    for filling in (b"a", b"<", b'"', b",", b";a=b", b" ", b"sip:1@h,"):
        line = f"{name}: ".encode() + filling * (64_000 // len(filling)) + b"\r\n"
        data = message("INVITE", "sip:+861@e.cn").replace(b"\r\n", b"\r\n" + line, 1)
        answer = responder(engine).receive(data, PEER, 0.0)
        assert answer is None or code_of(answer.data) in (400, 404)


def test_a_fault_of_ours_stops_no_call() -> None:
    engine = Sham()
    engine.broken = True
    to = responder(engine)
    assert code_of(answer(to, message())) == 404
    assert to.counts["failed"] == 1


def test_a_report_is_passed_on_once_and_answered_200() -> None:
    engine = Sham()
    to = responder(engine)
    assert code_of(answer(to, report())) == 200
    assert code_of(answer(to, report())) == 200
    assert [(event.key, event.state, event.peer) for event in engine.events] == [
        ("c9", DialogState.TERMINATED, "127.0.0.1")
    ]


def test_a_report_that_cannot_be_kept_is_asked_for_again() -> None:
    engine = Sham()
    engine.broken = True
    to = responder(engine)
    assert code_of(answer(to, report())) == 503
    engine.broken = False
    assert code_of(answer(to, report())) == 200
    assert len(engine.events) == 1


def test_a_report_repeated_while_it_is_kept_waits_for_the_one_answer() -> None:
    to = responder(Sham())
    first = to.receive(report(), PEER, 0.0)
    assert isinstance(first, Coroutine)
    assert to.receive(report(), PEER, 0.5) is None
    assert code_of(asyncio.run(_result(first)).data) == 200


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (report(event="presence"), 489),
        (report().replace(b"x-fanzha-dialog", b"dialog-info+xml"), 415),
        (report(body=b"nothing"), 400),
        (report(body=b"Call-ID: x\r\nState: dreaming\r\n"), 400),
    ],
)
def test_reports_that_are_none(data: bytes, code: int) -> None:
    assert code_of(answer(responder(Sham()), data)) == code


@settings(max_examples=400)
@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=8), st.integers(0, 400))
def test_a_mutated_request_never_gets_an_answer_that_stops_a_call(changes: list[tuple[int, int]], cut: int) -> None:
    """Only a sound question about the listed caller may be refused; an answer holds no line of a mutation."""
    data = bytearray(message("INVITE", "sip:+861@e.cn", "P-Asserted-Identity: <tel:+8617000000001>"))
    for at, value in changes:
        data[at % len(data)] = value
    mutated = bytes(data[: len(data) - (cut if cut < 60 else 0)])
    engine = Sham()
    found = responder(engine).receive(mutated, PEER, 0.0)
    if found is None:
        return
    assert isinstance(found, Reply)
    code = code_of(found.data)
    if code == 603:
        assert [(call.caller, call.fault) for call in engine.asked] == [(BLOCKED, None)]
    if code == 400 and header(found.data, "X-Fanzha-Verdict"):
        assert [(call.caller, bool(call.fault)) for call in engine.asked] == [(BLOCKED, True)]
    try:
        echoed = parse(found.data.replace(b"SIP/2.0 ", b"INVITE sip:x@y.cn SIP/2.0\r\nX-Answer: ", 1))
    except Unanswerable:
        pytest.fail("an answer nobody could read")
    assert echoed.first("content-length") == "0"
    assert set(echoed.fields) <= {
        "x-answer", "via", "from", "to", "call-id", "cseq", "contact", "content-length", "allow", "unsupported",
        "accept", "p-fraud-warning", "x-fanzha-verdict", "reason",
    }  # fmt: skip
