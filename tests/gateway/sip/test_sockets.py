"""UDP, TCP and the spreading over processes, over real loopback sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest
from messages import code_of, message
from sham import SEED, Sham, admission, edges, responder

from fanzha.gateway.sip.admission import Admission, read_networks
from fanzha.gateway.sip.responder import Responder
from fanzha.gateway.sip.tcp import TcpServer, tcp_socket
from fanzha.gateway.sip.udp import UdpServer, udp_socket
from fanzha.gateway.sip.words import SipWords, sip_words


@asynccontextmanager
async def tcp(words: SipWords | None = None) -> AsyncIterator[tuple[TcpServer, int]]:
    """A TCP server on a free port."""
    server = TcpServer(Responder(Sham(), sip_words(), SEED, admission(), edges()), words or sip_words())
    sock = tcp_socket("127.0.0.1", 0)
    listening = await asyncio.get_running_loop().create_server(server.connection, sock=sock)
    try:
        yield server, sock.getsockname()[1]
    finally:
        listening.close()
        await server.finish()


async def answer_of(reader: asyncio.StreamReader) -> bytes:
    """The next answer on a stream: its head, since ours have no body."""
    return await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)


def test_a_datagram_is_answered_where_it_came_from() -> None:
    async def run() -> set[int]:
        sock = udp_socket("127.0.0.1", 0, 1)
        loop = asyncio.get_running_loop()
        server = UdpServer(responder(Sham()), sock)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.bind(("127.0.0.1", 0))
            client.setblocking(False)
            await loop.sock_sendto(client, report, sock.getsockname())
            await loop.sock_sendto(client, message(), sock.getsockname())
            found = {code_of(await asyncio.wait_for(loop.sock_recv(client, 65536), 5)) for _ in range(2)}
        await server.finish()
        server.close()
        return found

    lines = ("Event: dialog", "Content-Type: application/x-fanzha-dialog")
    report = message("NOTIFY", "sip:gw.cn", *lines, body=b"Call-ID: c9\r\nState: confirmed\r\n")
    assert asyncio.run(run()) == {200, 404}


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_all_that_wait_are_answered_over_either_ip(host: str) -> None:
    """More at once than are read together, each by the process that got it, none twice."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    via = (
        f"SIP/2.0/UDP [{host}]:9;rport;branch=z9hG4bK" if ":" in host else f"SIP/2.0/UDP {host}:9;rport;branch=z9hG4bK"
    )

    async def run() -> list[bytes]:
        sock = udp_socket(host, 0, 1)
        loop = asyncio.get_running_loop()
        with socket.socket(family, socket.SOCK_DGRAM) as client:
            client.bind((host, 0))
            client.setblocking(False)
            for at in range(50):
                client.sendto(message(call_id=f"c{at}", via=f"{via}{at}"), sock.getsockname())
            server = UdpServer(Responder(Sham(), sip_words(), SEED, everybody, edges()), sock)
            found = [await asyncio.wait_for(loop.sock_recv(client, 65536), 60) for _ in range(50)]
        server.close()
        return found

    everybody = Admission(read_networks([host]), sip_words())
    try:
        found = asyncio.run(run())
    except OSError as error:
        pytest.skip(f"this machine has no {host}: {error}")
    assert {code_of(answer) for answer in found} == {404}
    assert len({answer.partition(b"Call-ID: ")[2].partition(b"\r\n")[0] for answer in found}) == 50
    assert all(b";received=" + host.encode() in answer for answer in found)


def test_datagrams_are_spread_and_a_retransmission_finds_the_same_process() -> None:
    """An edge asks from one address and port; both processes must have work, and each call only one of them."""
    first = udp_socket("127.0.0.1", 0, 2)
    port = first.getsockname()[1]
    with first, udp_socket("127.0.0.1", port, 2) as second, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        where: list[set[int]] = []
        for at in range(60):
            data = message(uri=f"sip:+86139{at * 7919:08d}@127.0.0.1:5070")
            for _ in range(2):
                client.sendto(data, ("127.0.0.1", port))
            where.append(set())
            for index, sock in enumerate((first, second)):
                while received(sock):
                    where[-1].add(index)
    assert all(len(each) == 1 for each in where)
    assert 10 <= sum(each == {0} for each in where) <= 50


def received(sock: socket.socket) -> bytes:
    """One datagram that is there, else nothing."""
    try:
        return sock.recv(65536)
    except BlockingIOError:
        return b""


def test_a_stream_is_answered_message_by_message_and_pings_are_ponged() -> None:
    async def run() -> list[bytes]:
        async with tcp() as (_, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            data = message(via="SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK1")
            writer.write(b"\r\n\r\n" + data[:100])
            await writer.drain()
            pong = await asyncio.wait_for(reader.readexactly(2), 5)
            writer.write(data[100:] + message("OPTIONS", "sip:gw.cn"))
            found = [pong, await answer_of(reader), await answer_of(reader)]
            writer.close()
            await writer.wait_closed()
            return found

    pong, first, second = asyncio.run(run())
    assert (pong, code_of(first), code_of(second)) == (b"\r\n", 404, 200)


def test_a_stream_that_cannot_be_cut_is_answered_once_and_closed() -> None:
    """RFC 4475 3.1.2.3: where the next message begins nobody knows; the head of this one says who calls whom."""

    async def run() -> tuple[bytes, bytes]:
        async with tcp() as (_, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(message(content_length="-1"))
            found = await answer_of(reader), await asyncio.wait_for(reader.read(), 5)
            writer.close()
            return found

    answer, rest = asyncio.run(run())
    assert (code_of(answer), rest) == (404, b"")


def test_who_writes_half_a_message_and_no_more_is_closed() -> None:
    async def run() -> tuple[int, bytes]:
        async with tcp() as (server, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(message()[:50])
            await writer.drain()
            while not any(each._framer.half for each in server.open):
                await asyncio.sleep(0.01)
            (connection,) = server.open
            server.sweep(connection._begun + sip_words().half_message_seconds - 1)
            kept = len(server.open)
            server.sweep(connection._begun + sip_words().half_message_seconds + 1)
            rest = await asyncio.wait_for(reader.read(), 5)
            writer.close()
            return kept, rest

    assert asyncio.run(run()) == (1, b"")


def test_connections_are_bounded() -> None:
    async def run() -> tuple[bytes, int]:
        async with tcp(msgspec.structs.replace(sip_words(), connections=1)) as (server, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(message())
            await answer_of(reader)
            late, beyond = await asyncio.open_connection("127.0.0.1", port)
            try:
                rest = await asyncio.wait_for(late.read(), 5)
            except ConnectionResetError:
                rest = b""
            beyond.close()
            writer.close()
            return rest, server.responder.counts["connection_refused"]

    assert asyncio.run(run()) == (b"", 1)
