"""A call is cut on both legs, every time (kamailio 4169, 4268: the callee's BYE was missing in a third); A4."""

from __future__ import annotations

import time
from collections.abc import Callable

from kamailio_edge import INTERNETWORK, Edge

CALLS = 300


def test_both_legs_of_every_call_are_told(edge: Edge) -> None:
    before = edge.counts()["events_unsent"]
    calls = []
    for _ in range(0, CALLS, 20):  # the caller, the engine and the core of this test are one Python
        some = [edge.call(INTERNETWORK, "13812340000") for _ in range(20)]
        for call in some:
            call.established()
        calls += some
    edge.rpc.ask_all([("dlg.terminate_dlg", (call.id, call.tag, "core")) for call in calls])
    told = {call.id for call in calls}
    for leg in (edge.phone(INTERNETWORK), edge.core):
        until(lambda leg=leg: {m.get("call-id") for m in leg.messages if m.method == "BYE"} >= told)
    # Events are not sent to an engine that the breaker has given up.
    until(lambda: len(ended(edge)) >= CALLS - (edge.counts()["events_unsent"] - before))


def ended(edge: Edge) -> set[str]:
    """Call-IDs of which the engine was told the end."""
    told = [m.body for m in edge.engine.messages if m.method == "NOTIFY" and "State: terminated" in m.body]
    return {body.partition("Call-ID: ")[2].partition("\r")[0] for body in told}


def until(true: Callable[[], bool]) -> None:
    """Retransmissions mend what a busy machine loses; nothing here takes a second on an idle one."""
    for _ in range(1200):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("not every leg was told")


def test_nothing_is_said_to_a_call_that_is_over(edge: Edge) -> None:
    call = edge.call(INTERNETWORK, "13812340000")
    call.hang_up(call.established())
    before = len(edge.core.messages)
    edge.rpc.ask_all([("dlg.terminate_dlg", (call.id, call.tag, "core"))])
    other = edge.call(INTERNETWORK, "13812340000")
    other.hang_up(other.established())
    assert not [m for m in edge.core.messages[before:] if m.get("call-id") == call.id and m.method == "BYE"]
