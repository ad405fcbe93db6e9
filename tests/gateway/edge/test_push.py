"""Rules are pushed beside the old ones and take effect at once; a restart of either side loses none (A8)."""

from __future__ import annotations

import signal
import threading
from dataclasses import replace

import msgspec
import pytest
from kamailio_edge import CONTRACT, DAY, INTERNETWORK, TRUNKS, Edge

from fanzha.gateway.edge.counts import status
from fanzha.gateway.edge.pusher import Pushed, Pusher, keep_pushed
from fanzha.gateway.edge.rpc import Rpc, RpcError
from fanzha.gateway.edge.rules import Local, Rules, compile_rules
from fanzha.gateway.edge.rundir import SNAPSHOT
from fanzha.policy.policy import Policy

OWN, NEW = "057188880123", "057166660123"


@pytest.fixture(scope="session")
def wider() -> Rules:
    """The next policy: the contract permits another range, and the old one no more."""
    trunk = msgspec.structs.replace(TRUNKS[0], ranges=((8657166660000, 8657166669999),))
    return compile_rules(Policy(version=8, trunks=(trunk, *TRUNKS[1:])), Local({"branch offices": 3}), DAY)


def passes(edge: Edge, caller: str) -> bool:
    edge.engine.default = ("603 Decline", ())
    return edge.call(CONTRACT, caller).final().code == 603


def test_a_new_policy_takes_effect_and_the_old_can_come_back(edge: Edge, rules: Rules, wider: Rules) -> None:
    pusher = Pusher(edge.rpc)
    assert pusher.push(rules) is Pushed.SAME  # the cold start read it
    assert pusher.push(wider) is Pushed.WHOLE
    assert (passes(edge, NEW), passes(edge, OWN)) == (True, False)
    assert status(edge.rpc).policy_version == 8
    assert pusher.push(rules) is Pushed.CHANGED
    assert (passes(edge, NEW), passes(edge, OWN)) == (False, True)
    assert pusher.push(wider) is Pushed.CHANGED
    assert pusher.push(replace(wider, version=9)) is Pushed.NUMBERED
    assert pusher.push(rules) is Pushed.CHANGED
    assert status(edge.rpc).policy_version == 7


def test_another_pusher_finds_what_the_first_one_left(edge: Edge, rules: Rules) -> None:
    Pusher(edge.rpc).push(rules)
    assert Pusher(edge.rpc).push(rules) is Pushed.SAME


def test_no_call_meets_half_a_policy(edge: Edge, rules: Rules, wider: Rules) -> None:
    """While generations are flipped to and fro, one number is in both contracts' trunk rows and one in neither."""
    pusher = Pusher(edge.rpc)
    stop = threading.Event()

    def flip() -> None:
        for at in range(4):
            pusher.push(wider if at % 2 == 0 else rules)
        stop.set()

    edge.engine.default = ("603 Decline", ())
    thread = threading.Thread(target=flip)
    thread.start()
    try:
        placed = 0
        while not stop.is_set():
            good, bad = edge.call(INTERNETWORK, "13812345678"), edge.call(CONTRACT, "13900000000")
            assert good.final().code == 603
            assert bad.final().code == 403
            placed += 2
    finally:
        thread.join()
    assert placed > 20


def test_rules_are_there_from_the_first_call_after_a_restart_of_the_edge(
    edge: Edge, rules: Rules, wider: Rules
) -> None:
    for how in (signal.SIGTERM, signal.SIGKILL):
        edge.kill(how)
        with pytest.raises(RpcError):
            Pusher(edge.rpc).push(wider)
        edge.start()
        assert (passes(edge, OWN), passes(edge, NEW)) == (True, False)


def test_who_keeps_the_edge_told_tells_it_again_after_its_restart(edge: Edge, rules: Rules, wider: Rules) -> None:
    stop, wanted = threading.Event(), [rules]
    tables = edge.folder / SNAPSHOT
    with Rpc(edge.rpc.address, patience=0.2) as rpc:
        thread = threading.Thread(target=keep_pushed, args=(Pusher(rpc), lambda: wanted[0], tables, stop, 0.1))
        thread.start()
        try:
            wanted[0] = wider
            wait_for(edge, 8)
            edge.kill(signal.SIGKILL)
            wanted[0] = rules  # while the edge is down: the snapshot alone carries it
            edge.start()
            wait_for(edge, 7)
            wanted[0] = wider
            wait_for(edge, 8)
            assert passes(edge, NEW)
        finally:
            stop.set()
            thread.join()
    Pusher(edge.rpc).push(rules)


def wait_for(edge: Edge, version: int) -> None:
    for _ in range(1200):
        if status(edge.rpc).policy_version == version:
            return
        threading.Event().wait(0.05)
    raise AssertionError(f"policy {version} was not pushed")


def test_a_policy_without_peers_is_not_the_same_as_no_policy(edge: Edge, rules: Rules) -> None:
    """Nobody may send any more: refused, not passed on, and undone by the next push."""
    pusher = Pusher(edge.rpc)
    pusher.push(compile_rules(Policy(version=10), Local({}), DAY))
    call = edge.call(CONTRACT, OWN)
    assert call.final().code == 403
    pusher.push(rules)
    assert passes(edge, OWN)
