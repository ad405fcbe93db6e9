from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from ipaddress import ip_network

import pytest
import uvloop

from fanzha.errors import UsageError
from fanzha.gateway.hep.collector import Collector
from fanzha.gateway.hep.glance import Glance
from fanzha.gateway.hep.mirror import Mirror

Work = Callable[[Collector, int], Awaitable[None]]


def collect(work: Work, **options: object) -> tuple[list[Glance], dict[str, int]]:
    """Run a collector, do the work, and tell what was taken and counted."""
    seen: list[Glance] = []

    async def run() -> dict[str, int]:
        collector = Collector(Mirror(lambda glance, _: seen.append(glance), 300), **options)
        port = await collector.open("127.0.0.1", 0)
        try:
            await work(collector, port)
            return collector.counts
        finally:
            collector.close()

    return seen, uvloop.run(run())


async def until(collector: Collector, received: int) -> None:
    for _ in range(12_000):
        if collector.counts["received"] >= received:
            return
        await asyncio.sleep(0.005)
    raise AssertionError(collector.counts)


def added_up(counts: dict[str, int]) -> bool:
    aside = sum(count for name, count in counts.items() if name.startswith("aside_"))
    return counts["received"] == counts["taken"] + counts["dull"] + aside


def test_udp_takes_every_packet_and_counts_what_it_sets_aside(hep, call) -> None:
    async def work(collector: Collector, port: int) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for n in range(200):
                sender.sendto(hep(call(f"c{n}")), ("127.0.0.1", port))
            sender.sendto(b"\x02\x10rubbish", ("127.0.0.1", port))
            sender.sendto(hep(b"OPTIONS sip:a SIP/2.0\r\n\r\n"), ("127.0.0.1", port))
            sender.sendto(hep(b"{}", kind=100), ("127.0.0.1", port))
            sender.sendto(hep(b"x" * 60_000), ("127.0.0.1", port))
        await until(collector, 204)

    seen, counts = collect(work)
    assert [each.id for each in seen] == [f"c{n}".encode() for n in range(200)]
    assert added_up(counts)
    assert (counts["taken"], counts["dull"], counts["aside_magic"], counts["dropped"]) == (200, 3, 1, 0)
    assert counts["buffer_bytes"] > 0


def test_tcp_takes_packets_however_they_are_cut(hep, call) -> None:
    async def work(collector: Collector, port: int) -> None:
        stream = b"".join(hep(call(f"c{n}")) for n in range(100))
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        for at in range(0, len(stream), 97):
            writer.write(stream[at : at + 97])
            await writer.drain()
        writer.write(hep(call("last"))[:20])
        await writer.drain()
        writer.close()
        await until(collector, 101)

    seen, counts = collect(work)
    assert len(seen) == 100
    assert added_up(counts)
    assert counts["aside_cut"] == 1
    assert counts["streams"] == 0


def test_a_stream_that_loses_its_frame_is_closed(hep, call) -> None:
    async def work(collector: Collector, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(hep(call()) + b"GET / HTTP/1.1\r\n\r\n")
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)
        writer.close()

    seen, counts = collect(work)
    assert (len(seen), counts["aside_frame"]) == (1, 1)
    assert added_up(counts)


def test_strangers_are_not_heard(hep, call) -> None:
    async def work(collector: Collector, port: int) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(hep(call()), ("127.0.0.1", port))
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()
        await until(collector, 2)

    seen, counts = collect(work, agents=[ip_network("10.9.0.0/16")])
    assert seen == []
    assert counts["aside_stranger"] == 2
    assert added_up(counts)


@pytest.mark.parametrize(
    ("address", "agents", "heard"),
    [("::ffff:127.0.0.1", (), True), ("::ffff:10.0.0.1", (), False), ("::ffff:10.0.0.1", ("10.0.0.0/8",), True),
     ("fe80::1%eth0", ("fe80::/10",), True), ("::1", (), True), ("nonsense", ("0.0.0.0/0",), False)],
)  # fmt: skip
def test_an_agent_is_known_however_its_address_is_dressed(address: str, agents: tuple[str, ...], heard: bool) -> None:
    """On [::] an agent with IPv4 is ::ffff:..."""
    collector = Collector(Mirror(lambda *_: None, 300), tuple(map(ip_network, agents)))
    assert collector.heard(address) is heard


def test_a_clock_that_is_far_off_is_not_believed(hep, call) -> None:
    async def work(collector: Collector, port: int) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(hep(call(), at=0), ("127.0.0.1", port))
        await until(collector, 1)

    _, counts = collect(work)
    assert (counts["taken"], counts["clock"]) == (1, 1)


def test_a_taken_port_is_told() -> None:
    async def work(collector: Collector, port: int) -> None:
        with pytest.raises(UsageError, match="--listen"):
            await Collector(Mirror(lambda *_: None, 300)).open("127.0.0.1", port)

    collect(work)


def test_a_port_of_the_systems_choice_is_free_over_both(monkeypatch: pytest.MonkeyPatch) -> None:
    """What UDP gives may be taken over TCP: then another is asked for."""
    true, refused = Collector._bind, iter([OSError(98, "Address already in use")] * 3)

    async def bind(self: Collector, host: str, port: int) -> tuple[socket.socket, int]:
        if error := next(refused, None):
            raise error
        return await true(self, host, port)

    monkeypatch.setattr(Collector, "_bind", bind)

    async def work() -> int:
        collector = Collector(Mirror(lambda *_: None, 300))
        try:
            return await collector.open("127.0.0.1", 0)
        finally:
            collector.close()

    assert uvloop.run(work()) > 0
