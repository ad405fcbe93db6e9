"""What the gateway said reaches the lake once, with its reasons, however often it is taken in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread
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


KILLED = "import sys; from pathlib import Path; from fanzha.gateway.verdictrows import take_in; "
KILLED += "from fanzha.records.lake import Lake; home = Path(sys.argv[1]); take_in(home / 'log', Lake(home), 'home')"


def test_two_who_take_in_at_once_and_one_who_is_killed_over_it_store_each_line_once(tmp_path: Path) -> None:
    """The desk's timer and `fanzha verdicts store`, while segments are written and closed."""
    folder, over = tmp_path / "log", Event()

    def keep_taking(unclosed_s: float | None) -> None:
        intake = None
        with Lake(tmp_path) as lake:
            while not over.is_set():
                intake = intake if intake and unclosed_s == 0 else Intake(folder, "home", unclosed_s=unclosed_s)
                intake.turn(lake)
                over.wait(0.005)  # the other's turn

    VerdictLog(folder, now=NOW).close()
    with Lake(tmp_path):
        pass
    takers = [Thread(target=keep_taking, args=(unclosed_s,)) for unclosed_s in (0, None)]
    for taker in takers:
        taker.start()
    try:
        for at in range(12):
            log = VerdictLog(folder, now=NOW + at)
            for key in range(4 * at, 4 * at + 4):
                log.append(line(f"{key}", None), hash_of(f"{key}"), NOW)
                log.flush()
                over.wait(0.005)
            log.close()
    finally:
        over.set()
        for taker in takers:
            taker.join()
    log = VerdictLog(folder, now=NOW + 100)
    log.append(line("last", None), hash_of("last"), NOW)
    log.close()
    environment = os.environ | {"FANZHA_FAILPOINT": "parts-renamed"}
    assert subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], env=environment, check=False).returncode == -9
    with Lake(tmp_path) as lake:
        take_in(folder, lake, "home")
        found = [row["key"] for row in stored_verdicts(lake, network="home").to_pylist()]
    assert sorted(found) == sorted([*map(str, range(48)), "last"])
