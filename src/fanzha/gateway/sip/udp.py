"""Decides how datagrams come to the responder and answers go back: one socket a process, all on the same port."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Coroutine
from typing import Any

from fanzha.gateway.sip.responder import Reply, Responder
from fanzha.gateway.sip.steering import steer

_BUFFER = 4 * 2**20  # octets asked of the kernel; it grants what net.core.rmem_max allows
_LARGEST = 65536
_TOGETHER = 16  # datagrams read before the first is answered: the last of them waits a millisecond
_ROUNDS = 4  # of them, before timers and connections get their turn


class UdpServer:
    """Every datagram is one message. Reads its socket itself: a seventh less CPU than by an asyncio endpoint."""

    def __init__(self, responder: Responder, sock: socket.socket) -> None:
        self._responder = responder
        self._socket = sock
        self._buffer = bytearray(_LARGEST)
        self._view = memoryview(self._buffer)
        self._later: set[asyncio.Task[None]] = set()
        asyncio.get_running_loop().add_reader(sock.fileno(), self._readable)

    async def finish(self) -> None:
        """Wait for the answers still under way."""
        if self._later:
            await asyncio.wait(self._later, timeout=1)

    def close(self) -> None:
        """Answer what has come, and let go of the socket at once: what comes later finds another process."""
        asyncio.get_running_loop().remove_reader(self._socket.fileno())
        while self._readable():
            pass
        self._socket.close()

    def _readable(self) -> bool:
        """Answer what has come, now or when the answer is there; whether there may be more.

        Some are read, then judged, then answered: a processor that goes to and fro for each of them forgets meanwhile
        what it had at hand."""
        for _ in range(_ROUNDS):
            taken = self._taken()
            now = time.monotonic()
            answers = [self._responder.receive(data, (address[0], address[1]), now) for data, address in taken]
            for answer, (_, address) in zip(answers, taken, strict=True):
                if isinstance(answer, Reply):
                    self._send(answer, address)
                elif answer is not None:
                    task = asyncio.ensure_future(self._wait(answer, address))
                    self._later.add(task)
                    task.add_done_callback(self._later.discard)
            if len(taken) < _TOGETHER:
                return False
        return True

    def _taken(self) -> list[tuple[bytes, tuple[Any, ...]]]:
        """Some of the datagrams that wait, with their senders; fewer than _TOGETHER where no more do."""
        found: list[tuple[bytes, tuple[Any, ...]]] = []
        while len(found) < _TOGETHER:
            try:
                size, address = self._socket.recvfrom_into(self._buffer)
            except BlockingIOError:
                break
            except OSError:
                self._responder.counts["undelivered"] += 1  # of an earlier answer: that peer's port is closed
                continue
            found.append((bytes(self._view[:size]), address))
        return found

    def _send(self, answer: Reply, address: tuple[Any, ...]) -> None:
        try:
            self._socket.sendto(answer.data, (address[0], answer.port, *address[2:]))
        except OSError:
            self._responder.counts["undelivered"] += 1  # the peer will ask again

    async def _wait(self, answer: Coroutine[Any, Any, Reply], address: tuple[Any, ...]) -> None:
        self._send(await answer, address)


def udp_socket(host: str, port: int, processes: int) -> socket.socket:
    """A bound socket, shared with the other processes on that port. Raises OSError."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        sock.setblocking(False)
        sock.bind(address)
    except OSError:
        sock.close()
        raise
    if processes > 1:
        steer(sock, processes)
    return sock
