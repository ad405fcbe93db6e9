from __future__ import annotations

from pathlib import Path

from fanzha import signing
from fanzha.gateway.call import Call
from fanzha.gateway.counters import hash_of
from fanzha.gateway.sample import LastCalls
from fanzha.gateway.segment import Line
from fanzha.gateway.verdict import Verdict
from fanzha.gateway.verdictlog import VerdictLog
from fanzha.policy import Action, Entry, PolicyStore, Publisher, Refusal, Subject
from fanzha.policy.limits import limits

NOW, SECOND = 1_795_000_000_000_000, 1_000_000
SECRET = bytes(range(32))


def answer(log: VerdictLog, caller: int) -> None:
    key = f"call-{caller}"
    call = Call(key=key, callee="+8657188880000", at=NOW, caller=f"+{caller}")
    verdict = Verdict(key=key, at=NOW, action=Action.ALLOW, code=404, phrase="Not Found")
    log.append(Line(call=call, verdict=verdict, caller=caller, callee=8657188880000, region=330100), hash_of(key), NOW)


def test_a_policy_is_tried_on_the_calls_that_this_host_answered(tmp_path: Path) -> None:
    assert LastCalls(tmp_path / "none")() == []
    log = VerdictLog(tmp_path / "verdicts", now=NOW)
    for at in range(limits().traffic_sample + 500):
        answer(log, 8613812000000 + at)
    log.tick(NOW + SECOND)
    log.close()
    seen = LastCalls(tmp_path / "verdicts")
    assert len(seen()) == limits().traffic_sample
    assert seen()[-1].region == 330100

    desk = Publisher(tmp_path / "desk", SECRET, clock=lambda: NOW)
    desk.snapshot([])
    wide = Entry(id="wide", subject=Subject.PREFIX, value="+86138120*", action=Action.BLOCK, reason="fraud",
                 source="s", starts=NOW - 1, expires=NOW + SECOND)  # fmt: skip
    desk.delta([wide])
    store = PolicyStore(tmp_path / "kept", {signing.public_key(SECRET)}, seen=seen, clock=lambda: NOW)
    first, second = sorted(desk.store.folder.glob("0*"))
    assert store.take(first).taken
    assert store.take(second).refusal == Refusal.TRAFFIC


def test_a_segment_that_is_none_is_passed_over(tmp_path: Path) -> None:
    log = VerdictLog(tmp_path, now=NOW)
    answer(log, 8613812345678)
    log.close()
    (tmp_path / "verdicts-9999999999999999-ff.3.seg").write_bytes(b"nonsense")
    assert [call.caller for call in LastCalls(tmp_path)()] == [8613812345678]
