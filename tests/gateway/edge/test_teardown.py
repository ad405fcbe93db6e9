"""A call is cut on both legs, every time (kamailio 4169, 4268: the callee's BYE was missing in a third); A4."""

from __future__ import annotations

from collections import Counter

from kamailio_edge import INTERNETWORK, Edge

CALLS = 300


def test_both_legs_of_every_call_are_told(edge: Edge) -> None:
    calls = [edge.call(INTERNETWORK, "13812340000") for _ in range(CALLS)]
    for call in calls:
        call.established()
    edge.rpc.ask_all([("dlg.terminate_dlg", (call.id, call.tag, "core")) for call in calls])
    told = {call.id for call in calls}
    for leg in (edge.phone(INTERNETWORK), edge.core):
        byes = leg.wait(lambda m: m.method == "BYE" and m.get("call-id") in told, CALLS)
        assert Counter(bye.get("call-id") for bye in byes).keys() == told
    ended = edge.engine.wait(lambda m: m.method == "NOTIFY" and "State: terminated" in m.body, CALLS)
    assert len(ended) == CALLS


def test_nothing_is_said_to_a_call_that_is_over(edge: Edge) -> None:
    call = edge.call(INTERNETWORK, "13812340000")
    call.hang_up(call.established())
    before = len(edge.core.messages)
    edge.rpc.ask_all([("dlg.terminate_dlg", (call.id, call.tag, "core"))])
    other = edge.call(INTERNETWORK, "13812340000")
    other.hang_up(other.established())
    assert not [m for m in edge.core.messages[before:] if m.get("call-id") == call.id and m.method == "BYE"]
