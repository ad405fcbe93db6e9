"""Two engines: a caller is always asked of the same one while it lives, and of the other when it does not."""

from __future__ import annotations

import time

from kamailio_edge import INTERNETWORK, Edge
from sip_peers import Call, FakeEngine, Message

from fanzha.gateway.edge.counts import status

SETTINGS = {"engines": 2, "engine_ms": 250}
CALLERS = [f"1381234{n:04}" for n in range(24)]


def place(edge: Edge) -> list[Call]:
    calls = [edge.call(INTERNETWORK, caller) for caller in CALLERS]
    for call in calls:
        call.hang_up(call.established())
    return calls


def asked(engine: FakeEngine) -> set[str]:
    return {m.get("call-id") for m in engine.messages if m.method == "INVITE"}


def wait_for_silence(edge: Edge, engine: FakeEngine) -> None:
    """Until OPTIONS have told that this engine is dead."""
    for _ in range(600):
        if not status(edge.rpc).engines[engine.uri]:
            return
        time.sleep(0.1)
    raise AssertionError("a dead engine was not noticed")


def test_a_caller_stays_with_its_engine_and_moves_when_that_is_dead(edge: Edge) -> None:
    edge.wait_breaker()
    first, second = place(edge), place(edge)
    left = [call.id in asked(edge.engines[0]) for call in first]
    assert left == [call.id in asked(edge.engines[0]) for call in second]
    assert 0 < sum(left) < len(CALLERS)
    dead = edge.engines[0]
    dead.hung, dead.default = True, None
    place(edge)  # finds out; then OPTIONS do
    wait_for_silence(edge, dead)
    before = edge.counts()
    calls = place(edge)
    after = edge.counts()
    assert all(call.id in asked(edge.engines[1]) for call in calls)
    assert after["unscreened"] == before["unscreened"]
    assert after["allowed"] - before["allowed"] == len(CALLERS)
    dead.reset()
    edge.wait_breaker()
    assert [call.id in asked(dead) for call in place(edge)] == left


def test_the_end_of_a_call_is_told_to_the_other_engine_when_its_own_is_dead(edge: Edge) -> None:
    """They count together, and one collector follows their calls: a call whose end nobody hears would never end."""
    edge.wait_breaker()
    calls = [edge.call(INTERNETWORK, caller) for caller in CALLERS]
    answers = [call.established() for call in calls]
    dead, other = edge.engines
    other.wait(lambda m: m.method == "NOTIFY" and "State: confirmed" in m.body)
    dead.hung = True
    wait_for_silence(edge, dead)
    for call, answer in zip(calls, answers, strict=True):
        call.hang_up(answer)

    def ends(message: Message) -> bool:
        return message.method == "NOTIFY" and "State: terminated" in message.body

    told = {m.body.partition("Call-ID: ")[2].partition("\r")[0] for m in other.wait(ends, len(CALLERS))}
    assert told == {call.id for call in calls}
    dead.reset()
    edge.wait_breaker()


def test_with_both_dead_nothing_is_lost(edge: Edge) -> None:
    edge.wait_breaker()
    for engine in edge.engines:
        engine.hung, engine.default = True, None
    before = edge.counts()
    place(edge)
    place(edge)
    after = edge.counts()
    assert after["unscreened"] - before["unscreened"] == 2 * len(CALLERS)
    assert after["unscreened_breaker"] > before["unscreened_breaker"]
    for engine in edge.engines:
        engine.reset()
    edge.wait_breaker()
