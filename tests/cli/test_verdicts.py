from __future__ import annotations

import json
from pathlib import Path

from fanzha.gateway.call import Call
from fanzha.gateway.counters import hash_of
from fanzha.gateway.segment import Line
from fanzha.gateway.verdict import Reason, Verdict
from fanzha.gateway.verdictlog import VerdictLog
from fanzha.policy import Action

NOW = 1_795_000_000_000_000
LISTS = """
source: test
as_of: 2026-11-22
entries:
  - {number: "13812345678", action: block, reason: police, source: case 7, expires: 2030-01-31, starts: 2026-01-01}
"""
CALLS = """caller,callee,started,ended,ingress
13812345678,13700000001,2026-11-01 08:00:00,2026-11-01 08:01:00,local
13812345678,110,2026-11-01 08:05:00,2026-11-01 08:06:00,local
13912345678,13700000001,2026-11-02 08:00:00,2026-11-02 08:01:00,local
"""


def test_why_an_answer_was_given_and_its_record(run, tmp_path: Path) -> None:
    folder = tmp_path / "home" / "gateway" / "verdicts"
    why = (Reason(code="police", action=Action.BLOCK, by="entry:e1", zh="公安机关通报涉案号码", en="by the police"),)
    verdict = Verdict(key="a@b", at=NOW, action=Action.BLOCK, code=603, phrase="Decline", reasons=why,
                      degraded=("trunk",), policy_version=4, micros=31)  # fmt: skip
    call = Call(key="a@b", caller="+8613812345678", callee="95588", at=NOW, fault="Bad Header Line")
    log = VerdictLog(folder, now=NOW)
    log.append(Line(call=call, verdict=verdict, caller=8613812345678, callee=8695588), hash_of("a@b"), NOW)
    log.flush()
    shown = run("verdicts", "show", "a@b").stdout
    for word in (
        "BLOCK",
        "603",
        "138****5678",
        "95588",
        "by the police",
        "entry:e1",
        "trunk",
        "policy 4",
        "broke SIP: Bad Header",
    ):
        assert word in shown
    assert "13812345678" not in shown
    assert "公安机关通报涉案号码" in run("verdicts", "show", "a@b", lang="zh").stdout
    assert json.loads(run("verdicts", "show", "a@b", "--json").stdout)[0]["verdict"]["code"] == 603
    assert "no verdict" in run("verdicts", "show", "other").stdout
    log.close()
    assert json.loads(run("verdicts", "store", "--json").stdout) == {"stored": 1, "network": "default"}
    assert "0 verdicts stored" in run("verdicts", "store").stdout


def test_a_policy_is_tried_on_the_past(run, tmp_path: Path) -> None:
    none = run("verdicts", "try")
    assert none.returncode == 7
    assert "there is no policy" in none.stderr
    (tmp_path / "lists.yaml").write_text(LISTS, encoding="utf-8")
    (tmp_path / "calls.csv").write_text(CALLS, encoding="utf-8")
    assert run("policy", "build", tmp_path / "lists.yaml").returncode == 0
    assert "no calls" in run("verdicts", "try").stdout
    assert run("import", tmp_path / "calls.csv").returncode == 0
    found = json.loads(run("verdicts", "try", "--json").stdout)
    assert found["actions"] == {"block": 1, "allow": 2}
    assert found["most_stopped"] == [{"caller": "13812345678", "calls": 1}]
    assert {"code": "emergency", "action": "allow", "calls": 1} in found["reasons"]
    shown = run("verdicts", "try", "--to", "2026-11-01").stdout
    assert "2 calls" in shown
    assert "138****5678" in shown
    assert "13812345678" not in shown
