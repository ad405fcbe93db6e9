"""Decides what becomes of each packet a capture agent sends: taken, dull, or set aside, and counted as one of them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

from fanzha.gateway.hep.glance import Glance, glance
from fanzha.gateway.hep.packet import SIP, Fault, Packet, parse

Sink = Callable[[Glance, Packet], None]


class Mirror:
    """Takes packets, hands on the messages that say something of a call.

    counts: `received` = `taken` + `dull` (ACK, 100, OPTIONS ... and what is no SIP) + `aside_...` by fault.
    """

    def __init__(self, sink: Sink, clock_s: int) -> None:
        """clock_s: a time that is further off than this from ours is replaced by ours, and counted `clock`."""
        self._sink = sink
        self._clock = clock_s * 1_000_000
        self._names = {fault: f"aside_{fault.name.lower()}" for fault in Fault}
        self._received = self._taken = self._dull = 0
        self._others: Counter[str] = Counter()

    def take(self, data: bytes | memoryview) -> None:
        """One packet. Never raises for what it holds."""
        self._received += 1
        packet = parse(data)
        if isinstance(packet, Fault):
            self._others[self._names[packet]] += 1
            return
        seen = glance(packet.payload) if packet.kind == SIP else None
        if seen is None:
            self._dull += 1
            return
        now = time.time_ns() // 1000
        if not -self._clock < now - packet.at < self._clock:
            packet = packet._replace(at=now)
            self._others["clock"] += 1
        self._taken += 1
        self._sink(seen, packet)

    def aside(self, name: str) -> None:
        """Something that was no packet at all: from a stranger, or a stream that lost its frame."""
        self._received += 1
        self._others[f"aside_{name}"] += 1

    @property
    def counts(self) -> dict[str, int]:
        """All counters."""
        return {"received": self._received, "taken": self._taken, "dull": self._dull, **self._others}
