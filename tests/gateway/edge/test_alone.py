"""An edge with no engine at all: plain rules, emergency calls, and every other call on and counted as unscreened."""

from __future__ import annotations

from kamailio_edge import CONTRACT, INTERNETWORK, Edge

SETTINGS = {"engines": 0}


def test_plain_rules_hold_and_the_rest_goes_on_unscreened(edge: Edge) -> None:
    before = edge.counts()
    for host, caller, callee, code in (
        (CONTRACT, "13900000000", "13800138000", 403),
        (CONTRACT, "13900000000", "110", 200),
        (INTERNETWORK, "13812340000", "13800138000", 200),
    ):
        call = edge.call(host, caller, callee)
        final = call.final()
        assert final.code == code
        if code == 200:
            call.within("ACK", final, cseq=1)
            call.hang_up(final)
    after = edge.counts()
    changed = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    assert {k: v for k, v in changed.items() if "events" not in k} == {
        "calls": 3, "hard": 1, "hard_A8": 1, "emergency": 1, "unscreened": 1, "unscreened_alone": 1,
    }  # fmt: skip
