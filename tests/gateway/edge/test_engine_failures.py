"""Engines that die, hang, dawdle and babble: no call is lost, every unscreened one is counted, plain rules hold."""

from __future__ import annotations

import time

import pytest
from kamailio_edge import CONTRACT, FOREIGN, INTERNETWORK, Edge
from sip_peers import Call, FakeEngine

SETTINGS = {"engine_ms": 250}  # more than the shipped 100: machines that run tests stall
CALLER = "13812340000"
GRACE = 5.0  # seconds; the limit is 312 ms, machines that run tests have other things to do


def count(edge: Edge, *names: str) -> list[int]:
    counts = edge.counts()
    return [counts[name] for name in names]


def place(edge: Edge, number: int) -> list[Call]:
    """Calls that all must be answered, one after another."""
    calls = []
    for _ in range(number):
        call = edge.call(INTERNETWORK, CALLER)
        call.hang_up(call.established())
        calls.append(call)
    return calls


def held(edge: Edge, call: Call) -> float:
    """Seconds from the caller's INVITE to the core's."""
    return edge.core.invites(call.id)[0].at - call.started


@pytest.fixture(autouse=True)
def healthy(edge: Edge) -> None:
    edge.close_breaker()


@pytest.mark.parametrize("hung", [True, False])
def test_an_engine_that_says_nothing_costs_little_then_nothing(edge: Edge, hung: bool) -> None:
    """Hung (SIGSTOP) it answers no OPTIONS either; stuck on calls alone it does."""
    edge.engine.hung, edge.engine.default = hung, None
    before = count(edge, "calls", "unscreened", "breaker_opened")
    calls = place(edge, 12)
    assert max(held(edge, call) for call in calls) < GRACE
    calls_after, unscreened, opened = count(edge, "calls", "unscreened", "breaker_opened")
    assert (calls_after - before[0], unscreened - before[1], opened - before[2]) == (12, 12, 1)
    asked = [call for call in calls if edge.engine.asked(call.id)]
    assert 5 <= len(asked) < 12  # the rest found the breaker open
    edge.engine.reset()
    edge.wait_breaker()
    call = place(edge, 1)[0]
    assert len(edge.engine.asked(call.id)) == 1


@pytest.mark.parametrize(
    "says", [("503 Overloaded", ()), ("503 Overloaded", ("Retry-After: 1",)), ("404 X", ("X-Fanzha-Verdict: none",))]
)
def test_an_engine_that_says_it_cannot_judge_is_no_verdict(edge: Edge, says: tuple[str, tuple[str, ...]]) -> None:
    """Counted as unscreened, and after some in a row not asked: calls must not look judged that were not."""
    edge.engine.default = says
    names = ("allowed", "unscreened", "unscreened_overload", "breaker_opened")
    before = count(edge, *names)
    place(edge, 7)
    allowed, unscreened, overload, opened = (now - then for now, then in zip(count(edge, *names), before, strict=True))
    assert (allowed, unscreened) == (0, 7)
    assert 5 <= overload <= 7
    assert opened <= 1  # none, where a busy machine lets the failures grow old
    edge.engine.reset()


def test_the_first_verdict_closes_the_breaker(edge: Edge) -> None:
    """One call a second finds out: a short stall costs no more than itself."""
    log = edge.folder / "log"
    for _ in range(5):  # on a machine that stalls the failures are forgotten before a call comes
        edge.engine.default = None
        place(edge, 6)
        edge.engine.reset()
        told = log.read_text().count("is answering again")
        while not edge.engine.asked(place(edge, 1)[0].id):
            pass
        if log.read_text().count("is answering again") > told:
            break
    else:
        raise AssertionError("the breaker was never closed by a verdict")
    before = count(edge, "unscreened")
    assert all(edge.engine.asked(call.id) for call in place(edge, 10))
    assert count(edge, "unscreened") == before


def test_an_engine_that_is_killed_and_comes_back(edge: Edge) -> None:
    """A closed port; then a new process on the same one: a restart storm, three times over."""
    for _ in range(3):
        port = edge.engine.port
        edge.engines[0].close()
        place(edge, 8)
        edge.engines[0] = FakeEngine(port=port)
        edge.wait_breaker()
        call = place(edge, 1)[0]
        assert len(edge.engine.asked(call.id)) == 1


@pytest.mark.parametrize(("delay", "outcome"), [(0.005, [4, 0]), (0.02, [4, 0]), (0.6, [0, 4])])
def test_a_slow_engine_is_waited_for_until_the_limit(edge: Edge, delay: float, outcome: list[int]) -> None:
    found = []
    while outcome not in found and len(found) < 10:  # a machine that stalls makes an engine slower than it is
        edge.engine.delay = delay
        before = count(edge, "allowed", "unscreened_timeout")
        calls = place(edge, 4)
        found.append([b - a for a, b in zip(before, count(edge, "allowed", "unscreened_timeout"), strict=True)])
        assert max(held(edge, call) for call in calls) < GRACE
        edge.engine.reset()
        time.sleep(delay)  # answers that come too late find no call
        assert [len(edge.core.invites(call.id)) for call in calls] == [1] * 4
    assert outcome in found, found


@pytest.mark.parametrize(
    "answer",
    [
        ("100 Trying", ()),
        ("180 Ringing", ()),
        ("200 OK", ("Contact: <sip:evil@127.0.0.1>",)),
        ("401 Unauthorized", ()),
        ("486 Busy Here", ()),
        ("500 Server Error", ()),
        ("301 Moved Permanently", ("Contact: <sip:evil@127.0.0.1>",)),
        b"\x00\xff garbage",
        b"SIP/2.0 603 Decline\r\nVia: nonsense\r\n\r\n",
        b"SIP/2.0 999 What\r\n\r\n",
        None,
    ],
    ids=str,
)
def test_what_is_no_verdict_lets_the_call_go_on_unscreened(edge: Edge, answer: tuple[str, tuple[str, ...]]) -> None:
    edge.engine.default = answer
    before = count(edge, "unscreened", "allowed", "blocked")
    call = place(edge, 1)[0]
    assert len(edge.core.invites(call.id)) == 1
    after = count(edge, "unscreened", "allowed", "blocked")
    assert [b - a for a, b in zip(before, after, strict=True)] == [1, 0, 0]


def test_a_question_that_cannot_be_read_shuts_the_engine_off_for_nobody(edge: Edge) -> None:
    edge.engine.default = ("400 Bad Header Name", ())
    before = count(edge, "unscreened_unread", "breaker_opened")
    place(edge, 8)
    edge.engine.reset()
    assert len(edge.engine.asked(place(edge, 1)[0].id)) == 1
    after = count(edge, "unscreened_unread", "breaker_opened")
    assert [b - a for a, b in zip(before, after, strict=True)] == [8, 0]


def test_plain_rules_and_emergency_calls_need_no_engine(edge: Edge) -> None:
    edge.engine.hung = True
    for host, caller in ((CONTRACT, "13900000000"), (FOREIGN, "13812345678"), (INTERNETWORK, "14212345678")):
        refused = edge.call(host, caller)
        assert refused.final().code == 403
        assert edge.core.invites(refused.id) == []
        emergency = edge.call(host, caller, "110")
        emergency.hang_up(emergency.established())
    own = edge.call(CONTRACT, "057188880123")
    own.hang_up(own.established())


def test_cancel_while_a_dead_engine_is_waited_for(edge: Edge) -> None:
    edge.engine.default = None
    before = count(edge, "cancelled", "unscreened")
    call = edge.call(INTERNETWORK, CALLER)
    edge.engine.wait(lambda m: m.method == "INVITE" and m.get("call-id") == call.id)
    call.send("CANCEL")
    assert call.final().code == 487
    assert edge.core.invites(call.id) == []
    assert [b - a for a, b in zip(before, count(edge, "cancelled", "unscreened"), strict=True)] == [1, 0]


def test_events_are_not_sent_to_an_engine_that_is_given_up(edge: Edge) -> None:
    edge.engine.default, edge.engine.hung = None, True
    place(edge, 8)
    before = count(edge, "events_unsent")
    place(edge, 3)
    assert count(edge, "events_unsent")[0] - before[0] >= 3
