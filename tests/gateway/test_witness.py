"""Every verdict is kept, counted and found again, and no number of anybody's is on the metrics page."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from fanzha.gateway.call import Call
from fanzha.gateway.checks import Weighing
from fanzha.gateway.counters import Counters, sizes
from fanzha.gateway.decide import Live, weigh
from fanzha.gateway.inquiry import Inquiry
from fanzha.gateway.live.event import DialogState
from fanzha.gateway.metrics import Metric
from fanzha.gateway.verdict import Verdict
from fanzha.gateway.verdictlog import verdicts
from fanzha.gateway.witness import MISSING, Witness
from fanzha.policy import Action, Entry, Policy, Subject

NOW = 1_795_000_000_000_000
SMALL = msgspec.structs.replace(sizes(), callers=64, trunks=64, calls=64)
BLOCKED = Entry(id="e", subject=Subject.NUMBER, value="+8613800000001", action=Action.BLOCK, reason="police",
                source="doc", starts=0, expires=NOW * 2)  # fmt: skip
POLICY = Policy(version=3, compiled_at=NOW - 5_000_000, entries=(BLOCKED,))


def judged(witness: Witness, live: Live, key: str, caller: str, policy: Policy | None = POLICY) -> Verdict:
    asked = Inquiry(Call(key=key, caller=caller, callee="+8613900000002", at=NOW), policy, live.reader)
    verdict = weigh(asked, policy, live, live.clock())
    witness.keep(asked, verdict)
    return verdict


def test_what_was_said_is_found_counted_and_recorded(tmp_path: Path) -> None:
    counters = Counters(now=NOW, of=SMALL)
    live, witness = Live(counters=counters), Witness(tmp_path, now=NOW)
    first = judged(witness, live, "a", "+8613800000001")
    judged(witness, live, "b", "+8613800000009")
    witness.event(DialogState.FAILED)
    assert witness.said("a") == [first]
    witness.close()
    assert [path.suffix for path in (tmp_path / "verdicts").glob("verdicts-*")] == [".seg"]
    kept = list(verdicts(tmp_path / "verdicts"))
    assert [(line.call.key, line.caller, line.verdict.action) for line in kept] == [
        ("a", 8613800000001, Action.BLOCK),
        ("b", 8613800000009, Action.ALLOW),
    ]
    page = witness.page(POLICY, counters, NOW)
    for line in (
        'fanzha_verdicts_total{action="block"} 1', 'fanzha_verdicts_total{action="allow"} 1',
        'fanzha_reasons_total{code="police"} 1', 'fanzha_degraded_total{missing="trunk"} 2',
        'fanzha_call_events_total{state="failed"} 1', 'fanzha_verdict_log_total{what="written"} 2',
        "fanzha_decide_seconds_count 2", "fanzha_policy_version 3", "fanzha_policy_age_seconds 5",
        "fanzha_policy_refused_total 0",
        "fanzha_counters_repeats_total 0",
    ):  # fmt: skip
        assert f"\n{line}\n" in page
    assert not re.search(r'(?<!le)="[^"]*\d{3}', page)


def test_a_verdict_that_cannot_be_written_is_counted_and_costs_no_other(tmp_path: Path) -> None:
    live, witness = Live(), Witness(tmp_path, now=NOW)
    asked = Inquiry(Call(key="x", caller=None, callee="1", at=10**30), None, live.reader)
    verdict = msgspec.structs.replace(judged(witness, live, "a", "+8613800000001"), key="x", at=10**30)
    witness.keep(asked, verdict)
    judged(witness, live, "b", "+8613800000001")
    witness.tick(NOW)
    witness.close()
    assert sorted(line.call.key for line in verdicts(tmp_path / "verdicts")) == ["a", "b"]
    assert 'fanzha_verdict_log_total{what="failed"} 1\n' in witness.page(None, None, NOW)


def test_without_a_folder_it_counts_and_keeps_nothing(tmp_path: Path) -> None:
    witness = Witness(None, now=NOW, more=(Metric(name="fanzha_more_total", help="More."),))
    judged(witness, Live(), "a", "+8613800000001", None)
    witness.registry.add("fanzha_more_total")
    witness.tick(NOW)
    page = witness.page(None, None, NOW)
    assert "fanzha_policy_loaded 0\n" in page
    assert "fanzha_more_total 1\n" in page
    assert witness.said("a") == []


def test_a_check_that_fails_has_a_count_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: Weighing) -> str:
        raise ValueError

    from fanzha.gateway import decide

    monkeypatch.setattr(decide, "_ORDER", tuple((check, fails) for check, _ in decide._ORDER))
    witness = Witness(None, now=NOW)
    verdict = judged(witness, Live(), "a", "+8613800000001")
    assert set(verdict.degraded) <= set(MISSING)
    assert 'fanzha_degraded_total{missing="lists.error"} 1\n' in witness.page(None, None, NOW)
