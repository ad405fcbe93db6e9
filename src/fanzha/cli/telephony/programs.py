"""Decides how the demo and benchmarks start our own programs beside them, know when they are ready, and end them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from fanzha.errors import FanzhaError

READY_S = 240.0  # a first start compiles kernels, beside others that do the same
_LEAVE_S = 20.0
_LAST_WORDS = 5
_MOST_WORDS = 10_000  # lines of one program that are kept


class Program:
    """One running `fanzha ...` of some home; the last of what it says is kept."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self._name = arguments[0]
        self._lines: deque[str] = deque(maxlen=_MOST_WORDS)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "fanzha.cli.main", *arguments],
            env={**os.environ, "FANZHA_HOME": str(home), "FANZHA_LANG": "en"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", start_new_session=True,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def said(self, words: str) -> str:
        """The first line with these words, waited for. Raises FanzhaError where it ends or stays silent."""
        until = time.monotonic() + READY_S
        while time.monotonic() < until:
            line = next((line for line in list(self._lines) if words in line), "")
            if line:
                return line
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        raise FanzhaError(f"fanzha {self._name} did not start (未能启动)", hint=self.words())

    def words(self) -> str:
        """Its last words."""
        return f"{self._name}: " + " | ".join(line.strip() for line in list(self._lines)[-_LAST_WORDS:])

    def stop(self) -> None:
        """Ask it to end, and see to it."""
        self._process.terminate()
        try:
            self._process.wait(_LEAVE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            self._lines.extend(lines)


def until(holds: Callable[[], object], otherwise: str, *, hint: str = "", pause_s: float = 0.3) -> None:
    """Wait. Raises FanzhaError where it does not hold in time."""
    end = time.monotonic() + READY_S
    while not holds():
        if time.monotonic() > end:
            raise FanzhaError(otherwise, hint=hint)
        time.sleep(pause_s)


def free_port() -> int:
    """A port of this machine that is free for UDP and TCP just now."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("127.0.0.1", 0))
            port: int = udp.getsockname()[1]
            try:
                tcp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
