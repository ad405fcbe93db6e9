"""Decides how mirrored packets are received: UDP with a buffer as large as the host allows, TCP framed, from whom."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import cast

from fanzha.errors import UsageError
from fanzha.gateway.hep.drops import host_drops, socket_drops
from fanzha.gateway.hep.mirror import Mirror
from fanzha.gateway.hep.packet import HEAD, MAX_BYTES, total

BUFFER = 8_388_608  # asked of the kernel, which gives at most net.core.rmem_max
_AT_ONCE = 512  # datagrams read before timers and connections get their turn
_CONNECTIONS = 256
_TRIES = 20  # at a port of the system's choice: free over UDP, it may be taken over TCP
_REMEMBERED = 4096  # addresses whose standing is known

Network = IPv4Network | IPv6Network


class Collector:
    """One UDP and one TCP socket on the same address, feeding one Mirror."""

    def __init__(self, mirror: Mirror, agents: Sequence[Network] = ()) -> None:
        """agents: who is heard; empty: only this host."""
        self._mirror, self._agents = mirror, agents
        self._known: dict[str, bool] = {}
        self._buffer = bytearray(MAX_BYTES)
        self._view = memoryview(self._buffer)
        self._udp: socket.socket | None = None
        self._server: asyncio.Server | None = None
        self._streams: set[asyncio.Transport] = set()
        self._host_before = 0
        self.buffer_bytes = 0

    async def open(self, host: str, port: int) -> int:
        """Listen on both; the port (port 0 asks the system for one). Raises UsageError where that cannot be."""
        for left in reversed(range(1 if port else _TRIES)):
            try:
                udp, chosen = await self._bind(host, port)
                break
            except OSError as error:
                self.close()
                if not left:
                    raise UsageError(
                        f"cannot listen for mirrored packets on {host}:{port}: {error.strerror or error}",
                        hint="another process may have it; choose another with --listen",
                    ) from error
        self.buffer_bytes = udp.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2  # Linux tells it doubled
        self._host_before = host_drops()
        asyncio.get_running_loop().add_reader(udp.fileno(), self._readable)
        return chosen

    async def _bind(self, host: str, port: int) -> tuple[socket.socket, int]:
        self._udp = udp = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        udp.setblocking(False)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        udp.bind((host, port))
        chosen: int = udp.getsockname()[1]
        self._server = await asyncio.get_running_loop().create_server(lambda: _Stream(self), host, chosen)
        return udp, chosen

    def close(self) -> None:
        """Stop listening, and drop every connection."""
        if self._udp is not None:
            asyncio.get_running_loop().remove_reader(self._udp.fileno())
            self._udp.close()
            self._udp = None
        if self._server is not None:
            self._server.close()
        for stream in tuple(self._streams):
            stream.abort()

    def heard(self, address: str) -> bool:
        """Whether packets of this address are taken."""
        known = self._known.get(address)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[address] = self._is_agent(address)
        return known

    def _is_agent(self, address: str) -> bool:
        try:
            found = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        plain = getattr(found, "ipv4_mapped", None) or found  # as IPv4 looks to a socket on [::]
        return any(plain in network for network in self._agents) if self._agents else plain.is_loopback

    def _readable(self) -> None:
        receiver, buffer, view, take = self._udp, self._buffer, self._view, self._mirror.take
        assert receiver is not None
        for _ in range(_AT_ONCE):
            try:
                size, address = receiver.recvfrom_into(buffer)
            except (BlockingIOError, InterruptedError):
                return
            if self.heard(address[0]):
                take(view[:size])
            else:
                self._mirror.aside("stranger")

    @property
    def counts(self) -> dict[str, int]:
        """What was received and what was lost: `dropped` by our own socket, `dropped_host` by all of this host."""
        own = socket_drops(self._udp) if self._udp is not None else 0
        lost = {"dropped": own, "dropped_host": max(0, host_drops() - self._host_before)}
        return {**self._mirror.counts, **lost, "buffer_bytes": self.buffer_bytes, "streams": len(self._streams)}

    def admit(self, stream: asyncio.Transport) -> bool:
        """Whether a connection may stay."""
        address = stream.get_extra_info("peername")
        if len(self._streams) >= _CONNECTIONS or not address or not self.heard(address[0]):
            self._mirror.aside("stranger")
            stream.abort()
            return False
        self._streams.add(stream)
        return True

    def leave(self, stream: asyncio.Transport) -> None:
        """A connection has ended."""
        self._streams.discard(stream)

    def stream_bytes(self, data: bytes) -> bytes | None:
        """Take every whole packet; the rest, or None where the frame is lost."""
        at = 0
        while len(data) - at >= HEAD:
            size = total(data[at : at + HEAD])
            if size == 0:
                self._mirror.aside("frame")
                return None
            if len(data) - at < size:
                break
            self._mirror.take(data[at : at + size])
            at += size
        return data[at:]

    def stream_cut(self) -> None:
        """A connection ended within a packet."""
        self._mirror.aside("cut")


class _Stream(asyncio.Protocol):
    """One TCP connection of a capture agent. It holds at most one packet that is not yet whole."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._rest = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        stream = cast(asyncio.Transport, transport)  # uvloop's is none by class
        if self._collector.admit(stream):
            self._transport = stream

    def data_received(self, data: bytes) -> None:
        if self._transport is None:
            return
        rest = self._collector.stream_bytes(self._rest + data)
        if rest is None:
            self._transport.abort()
        else:
            self._rest = rest

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the base class's name
        if self._transport is not None:
            if self._rest:
                self._collector.stream_cut()
            self._collector.leave(self._transport)
