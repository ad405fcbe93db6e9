"""Decides how datagrams come to the responder and answers go back: one socket a process, all on the same port."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Coroutine
from typing import Any, cast

from fanzha.gateway.sip.responder import Reply, Responder
from fanzha.gateway.sip.steering import steer

_BUFFER = 4 * 2**20  # octets asked of the kernel; it grants what net.core.rmem_max allows


class UdpServer(asyncio.DatagramProtocol):
    """Every datagram is one message."""

    def __init__(self, responder: Responder) -> None:
        self._responder = responder
        self._later: set[asyncio.Task[None]] = set()
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """Answer now, or when the answer is there."""
        answer = self._responder.receive(data, (addr[0], addr[1]), time.monotonic())
        if isinstance(answer, Reply):
            self._send(answer, addr)
        elif answer is not None:
            task = asyncio.ensure_future(self._wait(answer, addr))
            self._later.add(task)
            task.add_done_callback(self._later.discard)

    def error_received(self, exc: Exception) -> None:  # noqa: ARG002 - a peer's port is closed: nothing to do about it
        """Count what the network says could not be delivered."""
        self._responder.counts["undelivered"] += 1

    async def finish(self) -> None:
        """Wait for the answers still under way."""
        if self._later:
            await asyncio.wait(self._later, timeout=1)

    def close(self) -> None:
        """Let go of the socket."""
        if self._transport is not None:
            self._transport.close()

    def _send(self, answer: Reply, addr: tuple[Any, ...]) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(answer.data, (addr[0], answer.port, *addr[2:]))

    async def _wait(self, answer: Coroutine[Any, Any, Reply], addr: tuple[Any, ...]) -> None:
        self._send(await answer, addr)


def udp_socket(host: str, port: int, processes: int) -> socket.socket:
    """A bound socket, shared with the other processes on that port. Raises OSError."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    sock.setblocking(False)
    sock.bind(address)
    if processes > 1:
        steer(sock, processes)
    return sock
