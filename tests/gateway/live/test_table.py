from __future__ import annotations

import json

import msgspec
import pytest

from fanzha.gateway.call import Call
from fanzha.gateway.live.causes import causes
from fanzha.gateway.live.event import DialogEvent, DialogState
from fanzha.gateway.live.limits import limits
from fanzha.gateway.live.progress import Progress
from fanzha.gateway.live.reading import InviteReader
from fanzha.gateway.live.record import table_of
from fanzha.gateway.live.table import LiveTable
from fanzha.gateway.verdict import Reason, Verdict
from fanzha.policy.action import Action

SECOND = 1_000_000
ENGINE = bytes((10, 0, 0, 3))


def told(state: DialogState, at: int, cause: str = "") -> DialogEvent:
    return DialogEvent(
        key="one@example", state=state, at=at, from_tag="f1", to_tag="t1", caller="1", callee="2", cause=cause
    )


def test_an_answered_call_is_one_row_though_both_legs_are_seen(desk) -> None:
    wire = desk.wire().invite().later(1).answer("180 Ringing").later(5).answer("200 OK")
    (shown,) = (call.shown() for call in desk.table)
    assert (shown.state, shown.caller, shown.callee) == ("talking", "+8613812345678", "+8613987654321")
    wire.later(60).bye("callee")
    (row,) = desk.rows
    assert row.call_id == "one@example"
    assert row.ended > row.answered > row.started
    assert 4990 < row.ring_ms < 5010
    assert 59_990 < row.talk_ms < 60_010
    assert (row.release_cause, row.released_by, row.clir) == (16, "callee", False)
    assert not list(desk.table)


@pytest.mark.parametrize("twice", [False, True])
def test_repeats_change_nothing(desk, twice: bool) -> None:
    wire = desk.wire()
    for _ in range(2 if twice else 1):
        wire.invite().answer("180 Ringing")
    for _ in range(2 if twice else 1):
        wire.answer("200 OK")
    for _ in range(2 if twice else 1):
        wire.later(0.5).bye("caller")
    wire.invite().answer("200 OK")
    (row,) = desk.rows
    assert row.released_by == "caller"
    assert not list(desk.table)


@pytest.mark.parametrize(
    ("status", "cause", "by"),
    [("486 Busy Here", 17, "callee"), ("480 Temporarily Unavailable", 18, "callee"), ("404 Not Found", 1, "network"),
     ("603 Decline", 21, "callee"), ("603 Network Blocked", 21, "network"), ("608 Rejected", 21, "network"),
     ("503 Service Unavailable", 41, "network"), ("477 Unheard Of", 41, "network")],
)  # fmt: skip
def test_a_refusal_has_its_cause_and_its_author(desk, status: str, cause: int, by: str) -> None:
    desk.wire().invite().later(1).answer("180 Ringing").later(2).answer(status)
    (row,) = desk.rows
    assert (row.release_cause, row.released_by, row.talk_ms, row.answered) == (cause, by, 0, None)
    assert 1990 < row.ring_ms < 2010


def test_a_reason_header_goes_before_the_status(desk) -> None:
    desk.wire().invite().answer("480 Gone", extra='Reason: SIP;cause=480, Q.850;cause=20;text="absent"')
    assert desk.rows[0].release_cause == 20
    other = desk.wire(id="two").invite().answer("200 OK").later(1)
    other.bye("caller", extra="Reason: Q.850;cause=31")
    assert desk.rows[1].release_cause == 31


def test_the_question_to_the_gateway_is_no_answer_to_the_call(desk) -> None:
    """A redirect server's 404 means go on; only what reaches the caller ends a call."""
    wire = desk.wire().invite(to=ENGINE, branch="q1").far("404 Not Found", source=ENGINE, branch="q1")
    wire.invite().answer("180 Ringing").later(3).answer("200 OK").later(9).bye()
    (row,) = desk.rows
    assert 8_990 < row.talk_ms < 9_010


def test_who_gives_up_is_the_caller(desk) -> None:
    desk.wire().invite().answer("180 Ringing").later(20).cancel().answer("487 Request Terminated")
    (row,) = desk.rows
    assert (row.release_cause, row.released_by, row.answered) == (16, "caller", None)


def test_a_cancel_whose_answer_was_lost_ends_all_the_same(desk) -> None:
    wire = desk.wire().invite().answer("180 Ringing").later(20).cancel()
    desk.table.expire(wire.now + 33 * SECOND)
    (row,) = desk.rows
    assert (row.release_cause, row.released_by) == (16, "caller")


def test_forks_are_one_call_and_the_one_that_answers_is_it(desk) -> None:
    wire = desk.wire().invite().invite(branch="e2")
    wire.answer("180 Ringing", ttag="x").answer("180 Ringing", branch="e2", ttag="y")
    wire.far("486 Busy Here", ttag="x").later(4)
    wire.ttag = "y"
    wire.answer("200 OK", branch="e2").later(7).bye("callee")
    (row,) = desk.rows
    assert (row.released_by, row.release_cause) == ("callee", 16)
    assert 6_990 < row.talk_ms < 7_010


def test_a_forwarded_call_says_by_whom(desk) -> None:
    desk.wire(more="Diversion: <tel:+8613700000000>;reason=no-answer").invite().answer("486 Busy Here")
    assert desk.rows[0].forwarded_from == "+8613700000000"


def test_a_hidden_caller_is_hidden_and_known(desk) -> None:
    """CLIR (A7): the asserted number is kept, and that it was hidden."""
    desk.wire(more="P-Asserted-Identity: <tel:+8613711112222>\r\nPrivacy: id").invite().answer("486 Busy Here")
    assert (desk.rows[0].caller, desk.rows[0].clir) == ("+8613711112222", True)


def test_a_challenged_attempt_goes_on(desk) -> None:
    wire = desk.wire().invite().near("407 Proxy Authentication Required")
    wire.cseq, wire.branch = 2, "b2"
    wire.later(1).invite().answer("200 OK").later(3).bye()
    (row,) = desk.rows
    assert 2_990 < row.talk_ms < 3_010


def test_a_challenge_that_is_not_met_is_a_refusal(desk) -> None:
    wire = desk.wire().invite().near("407 Proxy Authentication Required")
    desk.table.expire(wire.now + 33 * SECOND)
    assert (desk.rows[0].release_cause, desk.rows[0].released_by) == (21, "network")


def test_a_re_invite_is_part_of_the_call(desk) -> None:
    wire = desk.wire().invite().answer("200 OK").later(5)
    wire.sent(b"\n\0\0\4", b"\n\0\0\2", "INVITE sip:x@h SIP/2.0", "1 INVITE", ["r"], ftag="t1", ttag="f1")
    wire.sent(b"\n\0\0\2", b"\n\0\0\4", "SIP/2.0 488 No", "1 INVITE", ["r"], ftag="t1", ttag="f1")
    assert len(desk.table) == 1
    wire.later(5).bye()
    assert len(desk.rows) == 1


def test_a_lost_bye_leaves_the_end_unknown(desk) -> None:
    wire = desk.wire().invite().answer("200 OK")
    desk.table.expire(wire.now + (limits().talk_s - 1) * SECOND)
    assert len(desk.table) == 1
    desk.table.expire(wire.now + (limits().talk_s + 1) * SECOND)
    (row,) = desk.rows
    assert row.answered
    assert (row.ended, row.talk_ms, row.release_cause, row.released_by) == (None, None, None, None)


def test_a_lost_answer_is_known_from_the_other_leg(desk) -> None:
    desk.wire().invite().far("200 OK").later(6).bye()
    assert 5_990 < desk.rows[0].talk_ms < 6_010


def test_both_legs_ended_from_the_middle_is_the_network(desk) -> None:
    desk.wire().invite().answer("200 OK").later(6).bye("edge")
    (row,) = desk.rows
    assert row.released_by == "network"


def test_an_answer_mirrored_before_its_bye_ends_the_leg_all_the_same(desk) -> None:
    """Two processes of an edge mirror: a third of a millisecond apart, either may be first."""
    wire = desk.wire().invite().answer("200 OK").later(6)
    edge, caller, callee = (bytes((10, 0, 0, last)) for last in (2, 1, 4))
    for leg, pair in ((caller, {"ftag": "t1", "ttag": "f1"}), (callee, {"ftag": "f1", "ttag": "t1"})):
        wire.sent(leg, edge, "SIP/2.0 200 OK", "2 BYE", ["y"], **pair)
        wire.sent(edge, leg, "BYE sip:x@h SIP/2.0", "2 BYE", ["y"], **pair)
    ended = desk.table.ended("one@example")
    assert ended is not None
    assert all(bye.done for bye in ended.byes.values())
    assert [row.released_by for row in desk.rows] == ["network"]


def test_a_call_id_used_again_is_another_call(desk) -> None:
    """Else whoever repeats one Call-ID would be counted once (issue 3, bad input)."""
    desk.wire(branch="b1").invite().answer("486 Busy Here")
    desk.wire(branch="b2").later(1).invite().answer("486 Busy Here")
    wire = desk.wire(branch="b3").later(1000)
    desk.table.expire(wire.now)
    wire.invite().answer("486 Busy Here")
    assert len(desk.rows) == 3
    assert desk.rows[0].call_id == "one@example"


def test_two_calls_under_one_call_id_at_once_are_two(desk) -> None:
    one = desk.wire().invite().answer("200 OK")
    other = desk.wire(ftag="f2", ttag="t2", branch="b9").invite(branch="e9").answer("200 OK", branch="e9")
    one.later(3).bye()
    other.later(5).bye()
    assert len(desk.rows) == 2
    assert {round(row.talk_ms, -3) for row in desk.rows} == {3000, 5000}


def test_what_begins_in_the_middle_is_counted_and_no_call(desk) -> None:
    desk.wire().bye()
    assert desk.rows == []
    assert desk.table.counts["orphan"] == 4


def test_reports_alone_make_records(desk) -> None:
    """An edge without mirroring: started when it was reported as answered."""
    desk.table.reported(told(DialogState.CONFIRMED, 10 * SECOND))
    desk.table.reported(told(DialogState.TERMINATED, 70 * SECOND, "Q.850;cause=16"))
    desk.table.reported(told(DialogState.TERMINATED, 71 * SECOND))
    (row,) = desk.rows
    assert (row.talk_ms, row.release_cause, row.ring_ms, row.released_by) == (60_000, 16, None, None)
    desk.table.reported(msgspec.structs.replace(told(DialogState.FAILED, 99 * SECOND, "486"), key="two"))
    assert (desk.rows[1].release_cause, desk.rows[1].talk_ms) == (17, 0)


def test_reports_and_signalling_are_one_call(desk) -> None:
    wire = desk.wire().invite().answer("200 OK")
    desk.table.reported(told(DialogState.CONFIRMED, wire.now))
    wire.later(8)
    desk.table.reported(told(DialogState.TERMINATED, wire.now))
    wire.bye("caller")
    (row,) = desk.rows
    assert row.released_by == "caller"
    assert 7_990 < row.talk_ms < 8_010


def verdict(key: str, action: Action, at: int) -> Verdict:
    reason = Reason(code="police", action=action)
    return Verdict(
        key=key, at=at, action=action, code=608, phrase="Rejected", reasons=(reason,), degraded=("policy.age",)
    )


def test_a_verdict_shows_with_its_call_whichever_comes_first(desk) -> None:
    wire = desk.wire()
    call = Call(key="one@example", callee="2", at=wire.now)
    desk.table.asked(call, verdict("one@example", Action.LABEL, wire.now))
    wire.invite()
    (shown,) = (each.shown() for each in desk.table)
    assert (shown.verdict, shown.flags, shown.sources) == ("LABEL", ("police", "degraded:policy.age"), ("hep", "asked"))
    later = desk.wire(id="two").invite()
    desk.table.asked(Call(key="two", callee="2", at=later.now), verdict("two", Action.BLOCK, later.now))
    later.answer("486 Busy Here")
    assert desk.rows[0].released_by == "network"


def test_a_refusal_mirrored_before_its_verdict_is_the_networks_all_the_same(desk) -> None:
    wire = desk.wire().invite(to=ENGINE, branch="q1").far("603 Decline", source=ENGINE, branch="q1").near("603 Decline")
    assert desk.rows[0].released_by == "callee"
    desk.table.asked(Call(key="one@example", callee="2", at=wire.now), verdict("one@example", Action.BLOCK, wire.now))
    assert desk.rows[0].released_by == "network"


def test_a_verdict_alone_is_never_a_record(desk) -> None:
    desk.table.asked(Call(key="x", callee="2", at=0), verdict("x", Action.BLOCK, 0))
    desk.table.expire(10 * SECOND)
    assert desk.rows == []
    assert len(desk.table) == 0


def test_a_flood_displaces_attempts_only(desk) -> None:
    small = msgspec.structs.replace(limits(), ringing=10, closed=20)
    desk.table = LiveTable(small, causes(), InviteReader(), desk.told.append)
    desk.wire(id="talk").invite().answer("200 OK")
    for n in range(100):
        desk.wire(id=f"flood{n}").invite()
    assert len(desk.table) == 11
    assert desk.table.find("talk")
    assert len(desk.rows) == 90
    assert desk.table.counts["overflow"] == 90


def test_a_number_of_bytes_that_are_no_text_can_be_shown_saved_and_written(desk) -> None:
    wire = desk.wire(caller="%ff%fe" + "9" * 400, callee="%ed%a0%80").invite().answer("200 OK")
    (call,) = desk.table
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(call), type=Progress) == call
    assert len(json.loads(msgspec.json.encode(call.shown()))["caller"]) == 128
    wire.bye()
    assert table_of(desk.rows).num_rows == 1


def test_trunk_and_ingress_come_from_the_address(desk) -> None:
    where = {"10.0.0.1:5060": ("T7", "international", 330100)}
    desk.table = LiveTable(limits(), causes(), InviteReader(), desk.told.append, lambda peer: where[peer])
    desk.wire(more="X-Fanzha-Trunk: FORGED\r\nX-Fanzha-Peer: 9.9.9.9").invite().answer("486 Busy Here")
    row = desk.rows[0]
    assert (row.trunk, row.ingress, row.serving_region) == ("T7", "international", 330100)
