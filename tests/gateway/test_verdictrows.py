"""What the gateway said reaches the lake once, with its reasons, however often it is taken in."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

from fanzha.gateway.call import Call
from fanzha.gateway.counters import hash_of
from fanzha.gateway.segment import Line
from fanzha.gateway.verdict import Reason, Verdict
from fanzha.gateway.verdictlog import VerdictLog, segments
from fanzha.gateway.verdictrows import Intake, take_in
from fanzha.policy import Action
from fanzha.records.lake import Lake
from fanzha.records.merging import merge_due
from fanzha.records.verdicts import stored_verdicts

NOW = 1_795_000_000_000_000


def line(key: str, caller: str | None) -> Line:
    why = (Reason(code="R5", action=Action.BLOCK, zh="隐藏", en="hidden"),)
    verdict = Verdict(key=key, at=NOW, action=Action.BLOCK, code=403, phrase="Forbidden", reasons=why,
                      degraded=("trunk",), policy_version=9, micros=2**40)  # fmt: skip
    return Line(call=Call(key=key, caller=caller, callee="110", at=NOW), verdict=verdict, callee=86110, ingress=4)


def test_closed_segments_are_taken_in_once(tmp_path: Path) -> None:
    log = VerdictLog(tmp_path / "log", now=NOW)
    log.append(line("a", None), hash_of("a"), NOW)
    with Lake(tmp_path) as lake:
        log.flush()
        assert take_in(tmp_path / "log", lake, "home") == 0  # still open
        log.close()
        assert take_in(tmp_path / "log", lake, "home") == 1
        with patch("fanzha.gateway.verdictrows.since", side_effect=AssertionError("read again")):
            assert take_in(tmp_path / "log", lake, "home") == 0
        assert take_in(tmp_path / "log", lake, "other") == 1
        found = stored_verdicts(lake, network="home").to_pylist()
    assert len(segments(tmp_path / "log")) == 1
    assert [(row["key"], row["caller"], row["callee"], row["callee_raw"]) for row in found] == [
        ("a", None, 86110, "110")
    ]
    assert found[0]["reasons"] == [{"code": "R5", "action": 4, "by": ""}]
    assert (found[0]["degraded"], found[0]["policy_version"], found[0]["code"]) == (["trunk"], 9, 403)


def test_what_an_open_segment_holds_is_taken_in_time_and_once(tmp_path: Path) -> None:
    """A list's owner sees within a minute whom it stops; the gateway does nothing more for that."""
    folder = tmp_path / "log"
    log = VerdictLog(folder, now=NOW)
    with Lake(tmp_path) as lake:
        intake = Intake(folder, "home", unclosed_s=0)
        assert intake.turn(lake) == 0
        for at, key in enumerate("abc"):
            log.append(line(key, None), hash_of(key), NOW)
            log.flush()
            assert (intake.turn(lake), intake.turn(lake)) == (1, 0)
            if at == 1:
                merge_due(lake, everything=True)  # and though the parts it came in are one now
                intake = Intake(folder, "home", unclosed_s=0)  # another process goes on
        log.append(line("d", None), hash_of("d"), NOW)
        log.close()
        assert (intake.turn(lake), take_in(folder, lake, "home")) == (1, 0)
        assert sorted(row["key"] for row in stored_verdicts(lake, network="home").to_pylist()) == [*"abcd"]
        log = VerdictLog(folder, now=NOW + 1)
        log.append(line("e", None), hash_of("e"), NOW)
        log.flush()
        assert intake.turn(lake) == 1
        log.close()  # and nothing came after
        assert (intake.turn(lake), take_in(folder, lake, "home")) == (0, 0)
