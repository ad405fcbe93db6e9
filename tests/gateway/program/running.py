"""A whole `fanzha gateway` as a program of its own, on free loopback ports, ended whatever happens."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fanzha import signing
from fanzha.cli.telephony.programs import free_port
from fanzha.policy import Action
from fanzha.policy.entry import Entry, Subject
from fanzha.policy.publisher import Publisher

SECRET = b"k" * 32
DAY = 86_400_000_000


def now_us() -> int:
    """UTC microseconds."""
    return time.time_ns() // 1000


def listed(id_: str, number: str, action: Action = Action.BLOCK) -> Entry:
    """An entry of the police's list that holds for a day."""
    now = now_us()
    return Entry(
        id=id_, subject=Subject.NUMBER, value=number, action=action, reason="police", source="test",
        starts=now - DAY, expires=now + DAY,
    )  # fmt: skip


def publisher(folder: Path) -> Publisher:
    """The desk whose key the gateways here obey."""
    return Publisher(folder, SECRET)


def until(what: Callable[[], Any], seconds: float = 120.0) -> Any:
    """The first true answer; fails the test when there is none in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not come to pass")


@dataclass
class Gateway:
    """A running gateway, and how to talk to it."""

    process: subprocess.Popen[bytes]
    sip: int
    http: int
    token: str
    log: Path
    socket: socket.socket = field(default_factory=lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))

    def say(self, data: bytes, patience: float = 60.0) -> bytes:
        """The answer to a SIP message, empty if none came."""
        self.socket.settimeout(patience)
        self.socket.sendto(data, ("127.0.0.1", self.sip))
        try:
            return self.socket.recv(65536)
        except TimeoutError:
            return b""

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and decoded answer; (0, None) while nobody listens."""
        connection = http.client.HTTPConnection("127.0.0.1", self.http, timeout=60)
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        try:
            connection.request(method, path, data, {"Authorization": f"Bearer {self.token}"})
            answer = connection.getresponse()
            content = answer.read()
        except OSError:
            return 0, None
        finally:
            connection.close()
        text = content.decode()
        return answer.status, json.loads(text) if text.startswith(("{", "[")) else text

    def ready(self) -> bool:
        """Whether a policy is loaded."""
        return self.ask("GET", "/readyz")[0] == 200

    def workers(self) -> list[int]:
        """Process ids of the children."""
        if self.process.poll() is not None:
            raise AssertionError(f"it ended: {self.log.read_text()}")
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def metric(self, name: str) -> float:
        """One value of the metrics page, 0 if it is not there."""
        lines = self.ask("GET", "/metrics")[1].splitlines()
        return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name} ")), 0.0)

    def stop(self) -> int:
        """End in order; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@contextmanager
def gateway(
    home: Path, *more: str, workers: int = 1, source: Path | None = None, beside: Gateway | None = None
) -> Iterator[Gateway]:
    """Start one, on the ports of another if there is one beside it; end it."""
    environment = os.environ | {"FANZHA_HOME": str(home), "FANZHA_LANG": "en"}
    scopes = ("decide", "explain", "calls", "release", "policy", "metrics")
    command = [sys.executable, "-m", "fanzha.cli.main", "gateway"]
    made = subprocess.run(
        [*command, "token", "add", "test", *(f"--scope={scope}" for scope in scopes)],
        env=environment, capture_output=True, check=True,
    )  # fmt: skip
    sip, http_ = (free_port(), free_port()) if beside is None else (beside.sip, beside.http)
    options = [
        f"--sip=127.0.0.1:{sip}",
        f"--http=127.0.0.1:{http_}",
        f"--workers={workers}",
        f"--policy={home / 'policy'}",
    ]
    options += [f"--trust={signing.public_key(SECRET).hex()}", *([f"--source={source}"] if source else []), *more]
    log = home / "gateway.log"
    with log.open("wb") as out:
        process = subprocess.Popen([*command, *options], env=environment, stdout=out, stderr=subprocess.STDOUT)
    running = Gateway(process, sip, http_, made.stdout.decode().strip(), log)
    try:
        until(lambda: len(running.workers()) >= workers and running.ask("GET", "/healthz")[0] == 200, 120)
        yield running
    finally:
        running.socket.close()
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
