"""Decides how HTTP is served within a worker's own event loop: one shared port, bounded heads, nobody may dawdle."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

from uvicorn import Config, Server
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from fanzha.gateway.http.bounds import bounds
from fanzha.gateway.sip.tcp import tcp_socket


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with an end to how long a head may be and how long a request may take to come."""

    begun: float | None = None
    _head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The clock runs until a whole request is there."""
        self.begun = time.monotonic()
        super().connection_made(transport)

    def on_message_begin(self) -> None:
        """A request begins."""
        self._head = 0
        if self.begun is None:
            self.begun = time.monotonic()
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A piece of the path."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self.begun = None
        super().on_message_complete()

    def _count(self, octets: int) -> None:
        self._head += octets
        if self._head > bounds().head_bytes:
            raise ValueError("a head beyond the bound")

    def data_received(self, data: bytes) -> None:
        """Close on whoever sends a head without end."""
        try:
            super().data_received(data)
        except ValueError:
            self.transport.close()


class HttpServer:
    """One worker's HTTP side."""

    def __init__(self, app: Callable[..., Any], host: str, port: int) -> None:
        """Binds at once. Raises OSError where the port cannot be had."""
        self.socket = tcp_socket(host, port)
        config = Config(
            app, http=BoundedProtocol, ws="none", lifespan="off", loop="none", log_config=None, access_log=False,
            server_header=False, date_header=False, limit_concurrency=bounds().at_once, timeout_keep_alive=75,
            timeout_graceful_shutdown=5,
        )  # fmt: skip
        self._server = _Quiet(config)

    async def serve(self) -> None:
        """Until `stop`; what is under way then is finished."""
        await self._server.serve(sockets=[self.socket])

    def stop(self) -> None:
        """Take nothing new."""
        self._server.should_exit = True

    def sweep(self, now: float) -> None:
        """Close connections whose request has not come whole in time. now: seconds of the monotonic clock."""
        for each in list(self._server.server_state.connections):
            begun = getattr(each, "begun", None)
            if begun is not None and now - begun > bounds().request_seconds:
                each.transport.close()


class _Quiet(Server):
    """uvicorn without handlers of its own for signals: the worker has them."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None."""
        yield
