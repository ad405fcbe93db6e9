from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

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


@pytest.fixture
def collector(home: Path, program: Path) -> Iterator[int]:
    """A running `fanzha hep`; its port."""
    environment = {**os.environ, "FANZHA_HOME": str(home), "FANZHA_LANG": "en"}
    running = subprocess.Popen(
        [str(program), "hep", "--listen", "127.0.0.1:0"], env=environment, stderr=subprocess.PIPE, text=True
    )
    assert running.stderr is not None
    try:
        line = running.stderr.readline()
        assert "mirror on 127.0.0.1:" in line, line + running.stderr.read()
        threading.Thread(target=running.stderr.read, daemon=True).start()
        yield int(line.split(",")[0].rpartition(":")[2])
    finally:
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 0
        running.stderr.close()


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
