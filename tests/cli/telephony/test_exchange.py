from __future__ import annotations

import json
import socket
import threading
import time
from pathlib import Path

import pytest

from fanzha.cli.telephony.exchange import SOCKET, serve
from fanzha.errors import UsageError


def _wait_for(path: Path) -> None:
    """Until somebody listens there."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with socket.socket(socket.AF_UNIX) as asking:
            try:
                asking.connect(str(path))
            except (FileNotFoundError, ConnectionRefusedError):
                time.sleep(0.01)
                continue
            asking.sendall(b"\n")
            asking.recv(1000)
            return


def test_nonsense_is_answered_and_nobody_else_may_ask(tmp_path: Path) -> None:
    ended = threading.Event()
    thread = threading.Thread(target=serve, args=(tmp_path, ("127.0.0.1", 9), ended.is_set))
    thread.start()
    try:
        _wait_for(tmp_path / SOCKET)
        for said in (b"hello\n", b"[]\n", b'{"caller": "1"}\n'):
            with socket.socket(socket.AF_UNIX) as asking:
                asking.settimeout(60)
                asking.connect(str(tmp_path / SOCKET))
                asking.sendall(said)
                assert "error" in json.loads(asking.recv(1000))
        assert (tmp_path / SOCKET).stat().st_mode & 0o077 == 0
    finally:
        ended.set()
        thread.join()
    assert not (tmp_path / SOCKET).exists()


def test_a_home_too_deep_for_a_socket_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        serve(tmp_path / ("d" * 120), ("127.0.0.1", 9), lambda: True)
