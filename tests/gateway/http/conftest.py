"""A gateway's HTTP side on a free loopback port, with an engine and calls in progress that the test chooses."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # door.py

from door import Client, ShamBack

from fanzha.gateway.http.app import App
from fanzha.gateway.http.reading import Doorkeeper
from fanzha.gateway.http.server import HttpServer
from fanzha.gateway.http.tokens import Scope, Tokens
from fanzha.numbering.text import mask


@pytest.fixture
def back() -> ShamBack:
    """What is behind the door."""
    return ShamBack()


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    """An empty list of tokens."""
    return Tokens(tmp_path / "tokens.json")


@pytest.fixture
def client(back: ShamBack, tokens: Tokens) -> Iterator[Client]:
    """A client with a token for everything, against a server in a thread of its own."""
    door = Doorkeeper(tokens)
    server = HttpServer(App(back, door), "127.0.0.1", 0)
    loop = asyncio.new_event_loop()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(server.serve())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    mask("+8613800000000")  # so that a kernel is compiled before anybody waits for it
    now = time.time_ns() // 1000
    text = tokens.add("test", tuple(Scope), now, now + 10**12)
    made = Client(server.socket.getsockname()[1], text, server, loop, door)
    try:
        yield made
    finally:
        server.stop()
        thread.join(10)
