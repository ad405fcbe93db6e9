"""Decides how connections are kept and ended: bounded in number, in silence and in how slowly a peer may write."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Coroutine
from typing import Any, cast

from fanzha.gateway.sip.framing import Framer
from fanzha.gateway.sip.responder import Reply, Responder
from fanzha.gateway.sip.words import SipWords


class TcpServer:
    """The connections of one process."""

    def __init__(self, responder: Responder, words: SipWords) -> None:
        self.responder = responder
        self.words = words
        self.open: set[Connection] = set()

    def connection(self) -> Connection:
        """A connection to be."""
        return Connection(self)

    def sweep(self, now: float) -> None:
        """Close who has been silent, or left a message half written, for too long. now: seconds of a steady clock."""
        for each in list(self.open):
            if each.overdue(now):
                self.responder.counts["connection_overdue"] += 1
                each.close()

    async def finish(self) -> None:
        """Let answers under way be written, then close."""
        for each in list(self.open):
            await each.finish()
            each.close()


class Connection(asyncio.Protocol):
    """One peer's stream: answers go back on it, in any order."""

    def __init__(self, server: TcpServer) -> None:
        self._server = server
        self._framer = Framer(server.words.message_bytes)
        self._later: set[asyncio.Task[None]] = set()
        self._transport: asyncio.Transport | None = None
        self._source = ("", 0)
        self._heard = self._begun = time.monotonic()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Strangers and those beyond the bound are closed at once."""
        self._transport = transport = cast(asyncio.Transport, transport)
        name = transport.get_extra_info("peername") or ("", 0)
        self._source = (name[0], name[1])
        full = len(self._server.open) >= self._server.words.connections
        if full or not self._server.responder.knows(self._source[0]):
            self._server.responder.counts["connection_refused"] += 1
            transport.abort()
            return
        self._server.open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - however it ended
        """Forget it."""
        self._server.open.discard(self)

    def data_received(self, data: bytes) -> None:
        """Answer every message that is now whole."""
        now = time.monotonic()
        if not self._framer.half:
            self._begun = now
        self._heard = now
        frames = self._framer.feed(data)
        if frames:
            self._begun = now
        for _ in range(self._framer.pings):
            self._write(b"\r\n")
        self._framer.pings = 0
        for frame in frames:
            self._answer(frame, now)
        if self._framer.broken:
            self._server.responder.counts["stream_broken"] += 1
            self.close()

    def pause_writing(self) -> None:
        """A peer that does not read is not read from."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """It reads again."""
        if self._transport is not None:
            self._transport.resume_reading()

    def overdue(self, now: float) -> bool:
        """Whether it has been silent, or half a message old, for too long."""
        words = self._server.words
        slow = self._framer.half and now - self._begun > words.half_message_seconds
        return slow or now - self._heard > words.idle_seconds

    def close(self) -> None:
        """End it once what was written is sent."""
        if self._transport is not None:
            self._transport.close()

    async def finish(self) -> None:
        """Wait for the answers still under way."""
        if self._later:
            await asyncio.wait(self._later, timeout=1)

    def _answer(self, frame: bytes, now: float) -> None:
        answer = self._server.responder.receive(frame, self._source, now)
        if isinstance(answer, Reply):
            self._write(answer.data)
        elif answer is not None:
            task = asyncio.ensure_future(self._wait(answer))
            self._later.add(task)
            task.add_done_callback(self._later.discard)

    async def _wait(self, answer: Coroutine[Any, Any, Reply]) -> None:
        self._write((await answer).data)

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)


def tcp_socket(host: str, port: int) -> socket.socket:
    """A bound, listening socket, shared with the other processes on that port. Raises OSError."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.setblocking(False)
        sock.bind(address)
        sock.listen(1024)
    except OSError:
        sock.close()
        raise
    return sock
