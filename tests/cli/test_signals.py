"""Whoever stops the program, and however, finds it stopped in order."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def start(program: Path, tmp_path: Path) -> Iterator:
    """Start the program and stop whatever is left of it in the end."""
    running: list[subprocess.Popen] = []

    def begin(*arguments: object, **more) -> subprocess.Popen:
        environment = {**os.environ, "FANZHA_HOME": str(tmp_path / "home"), "FANZHA_LANG": "en"}
        running.append(subprocess.Popen([str(program), *map(str, arguments)], env=environment, **more))
        return running[-1]

    # Who runs the tests may ignore Ctrl-C, as a shell's background does; a program started then would ignore it too.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield begin
    signal.signal(signal.SIGINT, before)
    for process in running:
        process.kill()
        process.wait()


def test_a_watcher_ends_in_order_when_told_to(start, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    process = start("watch", tmp_path / "in", stderr=subprocess.PIPE, encoding="utf-8")
    assert "watching" in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in said
    assert "stopped" in said


def test_ctrl_c_ends_other_work_with_130(start, tmp_path: Path) -> None:
    process = start(
        "world", tmp_path / "w", "--subscribers", 300_000, "--days", 30, stderr=subprocess.PIPE, encoding="utf-8"
    )
    made = tmp_path / "w" / "subscribers.parquet"
    while not made.exists() and process.poll() is None:
        select.select([], [], [], 0.1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said


def _until(master: int, said: bytes, words: bytes) -> bytes:
    """What is said on the terminal, up to these words."""
    while words not in said:
        said += os.read(master, 65536)
    return said


def test_on_a_terminal_the_demo_starts_everything_and_serves_until_ctrl_c(start) -> None:
    """Address and five logins are told when the desk answers; the report's page lies beside it, and nothing else."""
    ours, theirs = pty.openpty()
    process = start(
        *("demo", "--subscribers", 1000, "--days", 1, "--gangs", 3, "--no-calls", "--port", 0),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    said = _until(ours, b"", b"Ctrl-C ends")
    report, desk = (found.decode() for found in re.findall(rb"http://127\.0\.0\.1:\d+/", said))
    for name in (b"duty ", b"analyst ", b"leader ", b"regulator ", b"subscriber "):
        assert name in said
    with urllib.request.urlopen(report) as answer:
        assert answer.read().startswith(b"<!doctype html>")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(report + "alerts.jsonl")
    refused.value.close()
    with urllib.request.urlopen(desk + "healthz", timeout=30) as answer:
        assert b"alive" in answer.read()
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 0
    os.close(ours)


def test_a_reader_who_goes_away_is_no_error(program: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", f"'{program}' rules list --json | head -1"],
        env={**os.environ, "FANZHA_HOME": str(tmp_path / "home")},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert done.stdout == "[\n"
    assert done.stderr == ""


@pytest.mark.parametrize(("where", "code"), [(">&-", 0), (">&- 2>&-", 0), (">/dev/full", 5)])
def test_an_output_that_takes_nothing_is_told_at_most(program: Path, tmp_path: Path, where: str, code: int) -> None:
    done = subprocess.run(
        ["bash", "-c", f"'{program}' rules list {where}"],
        env={**os.environ, "FANZHA_HOME": str(tmp_path / "home"), "FANZHA_LANG": "en"},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert done.returncode == code
    assert "Exception" not in done.stderr
    assert "internal error" not in done.stderr
