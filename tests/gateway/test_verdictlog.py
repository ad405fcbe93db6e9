"""Verdicts are kept whole, found again, and given up oldest first; a kill or a full disk never spoils the rest."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanzha.errors import StorageError
from fanzha.gateway.call import Call
from fanzha.gateway.counters import hash_of
from fanzha.gateway.segment import MAGIC, Line, frame, lines, whole
from fanzha.gateway.verdict import Reason, Verdict
from fanzha.gateway.verdictlog import VerdictLog, log_limits, segments, verdicts
from fanzha.policy import Action

NOW, SECOND = 1_795_000_000_000_000, 1_000_000
LIMITS = msgspec.structs.replace(log_limits(), segment_bytes=4096, batch_bytes=2048, recent=4)


def line(key: str, at: int = NOW, action: Action = Action.ALLOW) -> Line:
    reason = Reason(code="police", action=action, by="entry:1", zh="公安", en="police")
    verdict = Verdict(key=key, at=at, action=action, code=404, phrase="Not Found", reasons=(reason,))
    return Line(call=Call(key=key, callee="110", at=at, caller="+8613800000001"), verdict=verdict, caller=8613800000001)


def keep(log: VerdictLog, *keys: str, at: int = NOW) -> None:
    for key in keys:
        log.append(line(key, at), hash_of(key), at)


def keys(folder: Path) -> list[str]:
    return [each.call.key for each in verdicts(folder)]


def test_what_is_written_is_read_in_order(tmp_path: Path) -> None:
    log = VerdictLog(tmp_path, now=NOW)
    keep(log, "a", "b")
    assert keys(tmp_path) == []
    log.tick(NOW + SECOND // 10)
    assert keys(tmp_path) == []
    log.tick(NOW + SECOND)
    assert keys(tmp_path) == ["a", "b"]
    assert next(verdicts(tmp_path)) == line("a")
    log.close()
    assert [path.suffix for path in segments(tmp_path, closed=True)] == [".seg"]
    assert log.counts == {"written": 2}


def test_all_that_was_said_about_a_call_is_found_newest_first(tmp_path: Path) -> None:
    old = VerdictLog(tmp_path, now=NOW)
    keep(old, *(f"x{i}" for i in range(2000)), "a")
    old.close()
    log, other = VerdictLog(tmp_path, now=NOW + 1, of=LIMITS), VerdictLog(tmp_path, now=NOW + 2)
    keep(other, "a", at=NOW + 10)
    other.flush()
    keep(log, "a", at=NOW + 20)
    assert [each.verdict.at for each in log.said("a")] == [NOW + 20, NOW + 10, NOW]
    assert [each.verdict.at for each in log.said("a", most=1)] == [NOW + 20]
    keep(log, *(f"y{i}" for i in range(100)))
    assert len(log.said("a")) == 3  # no longer among the recent
    assert log.said("nobody") == []


@given(st.integers(0, 400), st.binary(max_size=40))
@settings(max_examples=60, deadline=None)
def test_a_torn_end_costs_no_more_than_itself(tmp_path_factory: pytest.TempPathFactory, cut: int, junk: bytes) -> None:
    folder = tmp_path_factory.mktemp("log")
    made = [frame(line(key), hash_of(key)) for key in "abc"]
    data = MAGIC + b"".join(made)
    torn = folder / f"verdicts-{NOW}-1.open"
    torn.write_bytes(data[: max(0, len(data) - cut)] + junk)
    left = whole(torn.read_bytes())[1]
    log = VerdictLog(folder, now=NOW + 1)
    assert keys(folder) == list("abc"[:left])
    assert left >= 3 - -(-cut // min(map(len, made)))
    assert log.counts["torn"] <= 1
    keep(log, "later")
    log.close()
    assert keys(folder) == [*"abc"[:left], "later"]


CHILD = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_verdictlog import NOW, VerdictLog, keep
log = VerdictLog(Path(sys.argv[1]), now=NOW)
keep(log, "a", "b")
log.flush()
keep(log, "lost")
os.write(log._file, b"half a frame")
print("kept", flush=True)
sys.stdin.read()
"""


def test_a_killed_process_loses_its_last_batch_and_a_living_one_is_left_alone(tmp_path: Path) -> None:
    arguments = [sys.executable, "-c", CHILD, str(tmp_path), str(Path(__file__).parent)]
    child = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout
        assert child.stdout.readline() == "kept\n"
        here = VerdictLog(tmp_path, now=NOW + 1)
        assert here.counts["torn"] == 0
        assert len(here.said("a")) == 1  # read while the other still writes
    finally:
        child.kill()
        child.communicate()
    after = VerdictLog(tmp_path, now=NOW + 2)
    assert after.counts["torn"] == 1
    assert keys(tmp_path) == ["a", "b"]


def test_segments_are_closed_by_size_and_age_and_empty_ones_never(tmp_path: Path) -> None:
    log = VerdictLog(tmp_path, now=NOW, of=LIMITS)
    log.tick(NOW + 10_000 * SECOND)
    assert segments(tmp_path, closed=True) == []
    keep(log, *map(str, range(60)))
    log.tick(NOW + 1)
    assert len(segments(tmp_path, closed=True)) == 1
    keep(log, "next")
    log.tick(NOW + SECOND)
    log.tick(NOW + 301 * SECOND)
    assert len(segments(tmp_path, closed=True)) == 2


def test_the_oldest_give_way_and_are_counted(tmp_path: Path) -> None:
    small = msgspec.structs.replace(LIMITS, most_bytes=40_000)
    log = VerdictLog(tmp_path, now=NOW, of=small)
    for batch in range(40):
        keep(log, *(f"{batch}-{i}" for i in range(30)))
        log.tick(NOW + (batch + 1) * SECOND)
    log.flush()
    kept = keys(tmp_path)
    assert sum(path.stat().st_size for path in segments(tmp_path)) < 50_000
    assert kept[-1] == "39-29"
    assert log.counts["removed"] + len(kept) == log.counts["written"] == 1200
    keep(log, "last")
    log.tick(NOW + 41 * SECOND)
    log.tick(NOW + 169 * 3600 * SECOND)
    assert keys(tmp_path) == []


def test_a_full_disk_loses_verdicts_and_says_how_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = VerdictLog(tmp_path, now=NOW)
    keep(log, "a")
    log.flush()
    real = os.write
    monkeypatch.setattr(os, "write", lambda file, data: real(file, data[: len(data) // 2]))
    keep(log, "b", "c")
    log.flush()
    monkeypatch.undo()
    keep(log, "d")
    keep(log, "half a pair \ud800")
    log.flush()
    assert keys(tmp_path) == ["a", "d"]
    assert (log.counts["failed"], log.counts["written"]) == (3, 2)


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="verdicts cannot be kept"):
        VerdictLog(tmp_path / "file", now=NOW)


def test_what_is_no_segment_holds_no_lines(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"something else entirely")
    assert list(lines(tmp_path / "x")) == []
