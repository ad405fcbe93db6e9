from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from fanzha.errors import StorageError
from fanzha.gateway.live.event import DialogEvent, DialogState
from fanzha.gateway.live.remote import RemoteCalls
from fanzha.gateway.live.service import CONTROL, FOLDER

INVITE = (
    "{first}\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z1\r\nFrom: <sip:+8613812345678@a>;tag=f\r\n"
    "To: <sip:{callee}@b>{tag}\r\nCall-ID: {name}\r\nCSeq: 1 INVITE\r\nContact: <sip:x@10.0.0.1>\r\n\r\n"
)


def hep(payload: str) -> bytes:
    body = b"".join(
        kind.to_bytes(4, "big") + (6 + len(data)).to_bytes(2, "big") + data
        for kind, data in ((3, b"\n\0\0\1"), (4, b"\n\0\0\2"), (11, b"\1"), (15, payload.encode()))
    )
    return b"HEP3" + (6 + len(body)).to_bytes(2, "big") + body


@pytest.fixture
def home() -> Iterator[Path]:
    """Short: a socket's path has little room."""
    import shutil
    import tempfile

    place = Path(tempfile.mkdtemp(prefix="fz"))
    yield place
    shutil.rmtree(place)


KEPT: dict[int, threading.Thread] = {}  # who reads the log of each, so that it never fills


def ended(running: subprocess.Popen[str], how: int) -> int:
    """Its exit code, once it has ended so."""
    running.send_signal(how)
    code = running.wait(20)
    KEPT.pop(running.pid).join()
    assert running.stderr is not None
    running.stderr.close()
    return code


def start_hep(home: Path, program: Path) -> tuple[subprocess.Popen[str], int]:
    """A running `fanzha hep` and its port."""
    environment = {**os.environ, "FANZHA_HOME": str(home), "FANZHA_LANG": "en"}
    running = subprocess.Popen(
        [str(program), "hep", "--listen", "127.0.0.1:0"], env=environment, stderr=subprocess.PIPE, text=True
    )
    assert running.stderr is not None
    line = running.stderr.readline()
    assert "mirror on 127.0.0.1:" in line, line + running.stderr.read()
    KEPT[running.pid] = threading.Thread(target=running.stderr.read, daemon=True)
    KEPT[running.pid].start()
    return running, int(line.split(",")[0].rpartition(":")[2])


@pytest.fixture
def collector(home: Path, program: Path) -> Iterator[int]:
    """The port of a running `fanzha hep`."""
    running, port = start_hep(home, program)
    try:
        yield port
    finally:
        assert ended(running, signal.SIGTERM) == 0


def send(port: int, callee: str = "+8613987654321", name: str = "c1@a") -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for first, tag in ((f"INVITE sip:{callee}@b SIP/2.0", ""), ("SIP/2.0 200 OK", ";tag=t")):
            packet = hep(INVITE.format(first=first, callee=callee, tag=tag, name=name))
            sender.sendto(packet, ("127.0.0.1", port))


def test_calls_in_progress_are_shown_masked_and_not_cut_without_a_reason(collector: int, home: Path, fanzha) -> None:
    send(collector)
    send(collector, callee="110", name="c2@a")
    for _ in range(50):
        shown = json.loads(fanzha(home, "calls", "--json").stdout)
        if len(shown) == 2:
            break
        time.sleep(0.1)
    (first, second) = shown
    assert (first["caller"], first["state"]) == ("+86138****5678", "talking")
    assert second["callee"] == "110"
    assert json.loads(fanzha(home, "calls", "--json", "--full").stdout)[0]["caller"] == "+8613812345678"
    text = fanzha(home, "calls").stdout
    assert "+86138****5678" in text
    assert "8613812345678" not in text
    assert "13812345678" not in fanzha(home, "calls", lang="zh").stdout
    assert json.loads(fanzha(home, "calls", "--counts", "--json").stdout)["taken"] == 4
    assert fanzha(home, "calls", "--release", "c1@a").returncode == 2
    emergency = fanzha(home, "calls", "--release", "c2@a", "--reason", "test")
    assert emergency.returncode == 1
    assert "emergency" in emergency.stderr
    other = fanzha(home, "calls", "--release", "c1@a", "--reason", "test")
    assert "no switch" in other.stderr
    assert fanzha(home, "calls", "--release", "nobody", "--reason", "test").returncode == 1


def test_no_call_id_steers_the_terminal_or_ends_the_table(collector: int, home: Path, fanzha) -> None:
    """RFC 3261 lets one hold brackets, slashes and colons."""
    send(collector, name="[/b]:100:@a")
    for _ in range(50):
        shown = fanzha(home, "calls")
        if "100" in shown.stdout:
            break
        time.sleep(0.1)
    assert "[/b]:100:@a" in shown.stdout, shown.stderr


def test_no_end_that_was_acknowledged_is_lost_by_kill_9(home: Path, program: Path) -> None:
    """As a gateway's worker reports ends; killed in the middle, started again, killed again."""
    told: list[str] = []

    async def report(turn: int, running: subprocess.Popen[str]) -> None:
        remote = RemoteCalls(home / FOLDER / CONTROL)
        try:
            for n in range(10_000):
                name = f"{turn}-{n}"
                now = time.time_ns() // 1000
                for state in (DialogState.CONFIRMED, DialogState.TERMINATED):
                    await remote.seen(DialogEvent(key=name, state=state, at=now, caller="13812345678", callee="95588"))
                told.append(name)
                if n == 150 + 40 * turn:
                    running.kill()
        except StorageError:
            pass
        finally:
            await remote.close()

    for turn in range(2):
        running, _ = start_hep(home, program)
        asyncio.run(report(turn, running))
        assert ended(running, signal.SIGKILL) < 0
    running, _ = start_hep(home, program)
    assert ended(running, signal.SIGTERM) == 0
    files = (home / FOLDER / "records").glob("*.parquet")
    found = [name for path in files for name in pq.read_table(path)["call_id"].to_pylist()]
    assert len(told) > 300
    assert set(told) <= set(found)
    assert len(found) == len(set(found))


def test_without_a_collector_it_says_what_to_start(home: Path, fanzha) -> None:
    done = fanzha(home, "calls")
    assert done.returncode == 5
    assert "fanzha hep" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "wrong",
    [
        ["--listen", "nowhere"],
        ["--agent", "x"],
        ["--switch", "telnet:1"],
        ["--trust", "zz"],
        ["--listen", "203.0.113.1:0"],
    ],
)
def test_a_wrong_start_is_told(home: Path, fanzha, wrong: list[str]) -> None:
    done = fanzha(home, "hep", *wrong)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
