"""A worker's engine: every call is counted once, freed by its end, kept, and found again."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from unittest.mock import MagicMock

import msgspec
import pytest

from fanzha.errors import StorageError
from fanzha.gateway.call import Call
from fanzha.gateway.counters import COUNTERS, Counters, hash_of, sizes
from fanzha.gateway.host import Host
from fanzha.gateway.live.event import DialogEvent, DialogState
from fanzha.gateway.live.remote import RemoteCalls
from fanzha.gateway.witness import Witness
from fanzha.policy import Action

SMALL = msgspec.structs.replace(sizes(), callers=64, trunks=64, calls=64)
ALICE, BOB = "13812345678", "057188880001"
YEAR = 365 * 86_400_000_000


def now() -> int:
    return time.time_ns() // 1000


@pytest.fixture
def counters() -> Counters:
    return Counters(now=now(), of=SMALL)


@pytest.fixture
def host(tmp_path: Path, counters: Counters) -> Host:
    return Host(None, counters, witness=Witness(tmp_path, now=now()))


def ask(host: Host, key: str, at: int | None = None, caller: str = ALICE) -> Action:
    call = Call(key=key, caller=caller, callee=BOB, at=at or now(), ingress="local", trunk="line")
    return host.ask(call).action


def values(counters: Counters, caller: int = 8613812345678) -> dict[str, int]:
    found = counters.look(caller, hash_of("line"), 8657188880001, hash_of("next"), now()).values
    return dict(zip(COUNTERS, found, strict=False))


def told(host: Host, key: str, state: DialogState) -> None:
    asyncio.run(host.seen(DialogEvent(key=key, state=state, at=now())))


def test_calls_are_counted_once_and_freed_by_cancel_and_busy_and_hang_up(host: Host, counters: Counters) -> None:
    counters.heard(now())
    for key in ("cancelled", "busy", "talked", "talked"):
        assert ask(host, key) is Action.ALLOW
    assert values(counters) | {"duration": 0} == dict.fromkeys(COUNTERS, 4) | {"passed_per_minute": 3, "duration": 0}
    told(host, "cancelled", DialogState.FAILED)
    told(host, "busy", DialogState.FAILED)
    told(host, "talked", DialogState.CONFIRMED)
    assert values(counters)["concurrent"] == 2
    told(host, "talked", DialogState.TERMINATED)
    told(host, "talked", DialogState.TERMINATED)
    assert values(counters)["concurrent"] == 1
    page = host.metrics()
    assert 'fanzha_verdicts_total{action="allow"} 4\n' in page
    assert "fanzha_counters_repeats_total 1\n" in page
    assert "fanzha_counters_ended_total 3\n" in page
    assert 'fanzha_call_events_total{state="failed"} 2\n' in page


def test_a_call_is_counted_out_though_nobody_keeps_its_end(host: Host, counters: Counters, tmp_path: Path) -> None:
    counters.heard(now())
    assert ask(host, "a") is Action.ALLOW
    before = values(counters)["concurrent"]
    host.live = RemoteCalls(tmp_path / "nobody.sock")
    for _ in range(2):
        with pytest.raises(StorageError):
            told(host, "a", DialogState.TERMINATED)
    assert values(counters)["concurrent"] == before - 1


def test_a_refused_call_takes_nothing_up(host: Host, counters: Counters) -> None:
    counters.heard(now())
    assert ask(host, "false", caller="1381234567") is Action.BLOCK
    assert host.said("false")[0].reasons[0].code == "R3"
    trunk = counters.look(1, hash_of("line"), 1, 1, now()).values[6:]
    assert dict(zip(COUNTERS, trunk, strict=True))["concurrent"] == 1
    assert dict(zip(COUNTERS, trunk, strict=True))["per_minute"] == 2


@pytest.mark.parametrize("wrong", [YEAR, -YEAR, 2**61])
def test_a_switch_whose_clock_is_wrong_is_counted_by_ours(host: Host, counters: Counters, wrong: int) -> None:
    assert ask(host, "a", at=max(1, now() + wrong)) is Action.ALLOW
    assert values(counters)["per_minute"] == 2


def test_one_caller_is_forgotten_however_it_is_written(host: Host, counters: Counters) -> None:
    ask(host, "a")
    ask(host, "b", caller="13912345678")
    assert host.forget("+86 138 1234 5678")
    assert not host.forget("anonymous")
    assert values(counters)["total"] == 1
    assert values(counters, 8613912345678)["total"] == 2


def test_what_was_said_outlives_the_process(host: Host, tmp_path: Path) -> None:
    ask(host, "a")
    asyncio.run(host.close())
    later = Host(None, None, witness=Witness(tmp_path, now=now()))
    assert [verdict.key for verdict in later.said("a")] == ["a"]
    assert later.said("b") == []
    assert not later.ready()


def test_a_verdict_that_cannot_be_told_on_is_a_verdict_all_the_same(host: Host, counters: Counters) -> None:
    host.live = MagicMock()
    host.live.asked.side_effect = UnicodeEncodeError("utf-8", "\udc97", 0, 1, "surrogates not allowed")
    assert host.ask(Call(key="k", caller="0095588", callee=BOB, at=now(), ingress="local")).action is Action.BLOCK
    assert host.said("k")
