"""Decides how HTTP is served within a worker's own event loop: one shared port, bounded heads, nobody may dawdle.

Beyond the bound of connections the one that has been idle longest is closed: who holds a thousand and asks nothing
keeps nobody who asks from being served.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from uvicorn import Config, Server
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from fanzha.gateway.http.app import App
from fanzha.gateway.http.bounds import bounds
from fanzha.gateway.http.express import Asked, express
from fanzha.gateway.http.fault import NO_HTTP
from fanzha.gateway.sip.tcp import tcp_socket

_KEEP_ALIVE_S = 75


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with an end to how long a head may be and how long a request may take to come."""

    begun: float | None = None
    rested: float | None = None
    _head = _unread = 0
    _reading = _in_head = False

    def __init__(self, *given: Any, express: Callable[[Asked], bytes], full: Any, idle: Idle, **named: Any) -> None:
        """express: answers requests that need no more than `express` reads of them. full: those beyond the bound.
        idle: connections of the worker on which no whole request is being answered."""
        super().__init__(*given, **named)
        self._express = express
        self._ours = self.app
        self._full = full
        self._idle = idle

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The clock runs until a whole request is there."""
        self.begun = time.monotonic()
        super().connection_made(transport)
        if len(self.connections) > bounds().at_once:
            self._idle.close_one()
        self._idle.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._idle.drop(self)
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """The answer to a request is on its way; there may be one more here already."""
        super().on_response_complete()
        if self.cycle.response_complete:
            self._idle.add(self)

    def on_message_begin(self) -> None:
        """A request begins."""
        self._head, self._unread, self._reading, self._in_head = 0, -1, True, True
        if self.begun is None:
            self.begun = time.monotonic()
            if self.cycle is None or self.cycle.response_complete:
                self._idle.add(self)
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A piece of the path."""
        self._count(len(url))
        super().on_url(url)

    def on_headers_complete(self) -> None:
        """Whom it is given to: where too much is under way, to one who says so."""
        self._in_head = False
        self.app = self._full if self._crowded else self._ours
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - the words of uvicorn, which logs them
        """Say that this is no HTTP, as every other failure is said."""
        body = NO_HTTP.body()
        head = b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: %d\r\n" % len(body)
        self.transport.write(head + b"connection: close\r\n\r\n" + body)
        self.transport.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self.begun, self._reading = None, False
        self._idle.drop(self)
        super().on_message_complete()

    def _count(self, octets: int) -> None:
        self._head += octets
        if self._head > bounds().head_bytes:
            raise ValueError("a head beyond the bound")

    def data_received(self, data: bytes) -> None:
        """Answer, and close on whoever sends a head without end."""
        if self._free and (asked := express(data, bounds().head_bytes, bounds().express_bytes)) is not None:
            self._unset_keepalive_if_required()
            self.begun, self.rested = None, time.monotonic()
            self._idle.add(self)
            self.transport.write(self._express(asked))
            return
        self.rested = None
        try:
            super().data_received(data)
            self._watch(len(data))
        except ValueError:
            self.transport.close()

    def _watch(self, octets: int) -> None:
        """The parser tells of a header when it is whole: of one without end only what has come can be counted."""
        if self._in_head:  # what came with its beginning may be of those before it
            self._unread = 0 if self._unread < 0 else self._unread + octets
            if self._unread > bounds().head_bytes:
                raise ValueError("a head beyond the bound")

    @property
    def _free(self) -> bool:
        """Whether no request is under way here, the peer reads its answers, and the worker is not full."""
        answered = not self._reading and (self.cycle is None or self.cycle.response_complete)
        return answered and not self.flow.write_paused and not self._crowded

    @property
    def _crowded(self) -> bool:
        """Whether the worker has as many connections or requests as it may."""
        return len(self.connections) > bounds().at_once or len(self.tasks) > bounds().at_once


class Idle:
    """Connections on which nothing is being answered, by since when: since they came, or the last answer, or a request
    began that is not whole."""

    def __init__(self, counts: Counter[str]) -> None:
        """counts: `idle_closed`, how many were closed to make room."""
        self._counts = counts
        self._since: dict[BoundedProtocol, None] = {}

    def add(self, connection: BoundedProtocol) -> None:
        """Idle from now on."""
        self.drop(connection)
        self._since[connection] = None

    def drop(self, connection: BoundedProtocol) -> None:
        """Not idle, or not there, any more."""
        self._since.pop(connection, None)

    def close_one(self) -> None:
        """Close the one that has been idle longest, if any is."""
        longest = next(iter(self._since), None)
        if longest is not None:
            self.drop(longest)
            longest.connections.discard(longest)
            longest.transport.abort()  # what its peer has not read by now would hold it open
            self._counts["idle_closed"] += 1


class HttpServer:
    """One worker's HTTP side."""

    def __init__(self, app: App, host: str, port: int) -> None:
        """Binds at once. Raises OSError where the port cannot be had."""
        self.socket = tcp_socket(host, port)
        self.counts = app.counts
        protocol: Any = partial(BoundedProtocol, express=app.express, full=app.full, idle=Idle(app.counts))
        config = Config(
            app, http=protocol, ws="none", lifespan="off", loop="none", log_config=None, access_log=False,
            server_header=False, date_header=False,
            timeout_keep_alive=_KEEP_ALIVE_S, timeout_graceful_shutdown=5,
        )  # fmt: skip
        self._server = _Quiet(config)

    async def serve(self) -> None:
        """Until `stop`; what is under way then is finished."""
        await self._server.serve(sockets=[self.socket])

    def stop(self) -> None:
        """Take nothing new."""
        self._server.should_exit = True

    def sweep(self, now: float) -> None:
        """Close connections whose request has not come whole in time, or none for long. now: seconds of the monotonic
        clock."""
        for each in list(self._server.server_state.connections):
            begun, rested = getattr(each, "begun", None), getattr(each, "rested", None)
            slow = begun is not None and now - begun > bounds().request_seconds
            if slow or (rested is not None and now - rested > _KEEP_ALIVE_S):
                each.transport.close()


class _Quiet(Server):
    """uvicorn without handlers of its own for signals: the worker has them."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None."""
        yield
