from __future__ import annotations

import json
import socket
import threading
import time
from pathlib import Path

import pytest

from fanzha.cli.telephony.exchange import SOCKET, serve
from fanzha.socketpath import short_name


def _connect(asking: socket.socket, path: Path) -> None:
    with short_name(path) as name:
        asking.connect(name)


def _wait_for(path: Path) -> None:
    """Until somebody listens there."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with socket.socket(socket.AF_UNIX) as asking:
            try:
                _connect(asking, path)
            except (FileNotFoundError, ConnectionRefusedError):
                time.sleep(0.01)
                continue
            asking.sendall(b"\n")
            asking.recv(1000)
            return


@pytest.mark.parametrize("deep", ["", "d" * 120])
def test_nonsense_is_answered_and_nobody_else_may_ask(tmp_path: Path, deep: str) -> None:
    home = tmp_path / deep
    ended = threading.Event()
    thread = threading.Thread(target=serve, args=(home, ("127.0.0.1", 9), ended.is_set))
    thread.start()
    try:
        _wait_for(home / SOCKET)
        for said in (b"hello\n", b"[]\n", b'{"caller": "1"}\n'):
            with socket.socket(socket.AF_UNIX) as asking:
                asking.settimeout(60)
                _connect(asking, home / SOCKET)
                asking.sendall(said)
                assert "error" in json.loads(asking.recv(1000))
        assert (home / SOCKET).stat().st_mode & 0o077 == 0
    finally:
        ended.set()
        thread.join()
    assert not (home / SOCKET).exists()
