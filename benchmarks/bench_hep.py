"""Decides how many mirrored packets a second one process takes: received, parsed, followed as calls, and written down.

Limits (issue 3): at least 40,000 packets a second; none lost over TCP, nor over UDP where net.core.rmem_max gives a
buffer of 4 MB; else the drops are counted and shown. The packets are those of whole calls as an edge mirrors them: both
legs, thirteen a call. The reference is the same stream received and thrown away.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from fanzha.gateway.live.remote import RemoteCalls
from fanzha.gateway.live.service import CONTROL, LiveService
from limit import kept, reached
from memory import peak_gb

CALLS, RATES, SECONDS = 20_000, (20_000, 40_000, 50_000), 4
LEAST_A_SECOND, BUFFER = 40_000, 4_000_000
SDP = (
    "v=0\r\no=u 53655765 2353687637 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\n"
    "m=audio 6000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
)


def chunk(kind: int, data: bytes) -> bytes:
    """One HEP chunk."""
    return struct.pack("!HHH", 0, kind, 6 + len(data)) + data


def packet(message: bytes) -> bytes:
    """A message as Kamailio's siptrace sends it."""
    now = time.time_ns() // 1000
    body = b"".join(
        (chunk(1, b"\2"), chunk(2, b"\x11"), chunk(3, b"\n\0\0\1"), chunk(4, b"\n\0\0\2"), chunk(7, b"\x13\xc4"),
         chunk(8, b"\x13\xc4"), chunk(9, struct.pack("!I", now // 1_000_000)),
         chunk(10, struct.pack("!I", now % 1_000_000)), chunk(11, b"\1"), chunk(12, b"\0\0\0\xc9"), chunk(15, message))
    )  # fmt: skip
    return b"HEP3" + struct.pack("!H", 6 + len(body)) + body


def sip(first: str, cseq: str, vias: str, call: str, answered: bool, body: str = "") -> bytes:
    """One message."""
    tag = f";tag=t{call}" if answered else ""
    lines = [first, *(f"Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK{via}{call};rport" for via in vias)]
    lines += [f"From: <sip:8613{call}@10.0.0.1:5060>;tag=f{call}", f"To: <sip:8615{call}@10.0.0.2:5060>{tag}"]
    lines += [f"Call-ID: {call}-53655765@10.0.0.1", f"CSeq: {cseq}", "Contact: <sip:x@10.0.0.1:5060>"]
    lines += [f"P-Asserted-Identity: <sip:8613{call}@carrier.example>", "Max-Forwards: 70"]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", body]).encode()


def calls(first: int, count: int) -> Iterator[bytes]:
    """The packets of whole calls, thirteen each."""
    for number in range(first, first + count):
        call = f"{number:09d}"
        invite = f"INVITE sip:8615{call}@10.0.0.2 SIP/2.0"
        yield packet(sip(invite, "1 INVITE", "a", call, False, SDP))
        yield packet(sip("SIP/2.0 100 trying -- your call is important to us", "1 INVITE", "a", call, False))
        yield packet(sip(invite, "1 INVITE", "ba", call, False, SDP))
        for status, body in (("180 Ringing", ""), ("200 OK", SDP)):
            for vias in ("ba", "a"):
                yield packet(sip(f"SIP/2.0 {status}", "1 INVITE", vias, call, True, body))
        for method, cseq in (("ACK", "1 ACK"), ("BYE", "2 BYE")):
            for vias in ("d", "ed"):
                yield packet(sip(f"{method} sip:x@10.0.0.3 SIP/2.0", cseq, vias, call, True))
        for vias in ("ed", "d"):
            yield packet(sip("SIP/2.0 200 OK", "2 BYE", vias, call, True))


class Collector:
    """A collector in a process of its own."""

    def __init__(self, kind: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="fzbench"))
        self._running = subprocess.Popen(
            [sys.executable, __file__, kind, str(self.folder)], stdout=subprocess.PIPE, text=True
        )
        assert self._running.stdout is not None
        self.port = int(self._running.stdout.readline())

    def cpu(self) -> float:
        """CPU seconds spent so far."""
        fields = Path(f"/proc/{self._running.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_mb(self) -> float:
        """Peak memory."""
        return peak_gb(self._running.pid) * 1000

    def counts(self) -> dict[str, int]:
        """What it has counted."""

        async def ask() -> dict[str, int]:
            remote = RemoteCalls(self.folder / CONTROL)
            try:
                return await remote.counts()
            finally:
                await remote.close()

        return asyncio.run(ask())

    def settled(self) -> dict[str, int]:
        """Its counts once it has nothing left to receive."""
        before = -1
        while (counts := self.counts())["received"] != before:
            before = counts["received"]
            time.sleep(0.3)
        return counts

    def end(self) -> None:
        """Stop it."""
        self._running.terminate()
        self._running.wait()
        shutil.rmtree(self.folder)


def over_tcp(port: int, packets: list[bytes]) -> float:
    """Send as fast as they are taken, until the other side has closed; the seconds."""
    begun = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port)) as sender:
        for at in range(0, len(packets), 256):
            sender.sendall(b"".join(packets[at : at + 256]))
    return time.perf_counter() - begun


def over_udp(port: int, packets: list[bytes], rate: int) -> int:
    """Send at a steady rate for some seconds; how many."""
    sent, begun = 0, time.perf_counter()
    wanted = min(rate * SECONDS, len(packets))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        while sent < wanted:
            due = min(wanted, int((time.perf_counter() - begun) * rate))
            for data in packets[sent:due]:
                sender.sendto(data, ("127.0.0.1", port))
            sent = max(sent, due)
            time.sleep(0.0005)
    return sent


def tcp() -> None:
    """The rate over TCP, beside receiving alone."""
    packets = list(calls(1, CALLS))
    spent = {}
    for kind in ("discard", "serve"):
        collector = Collector(kind)
        over_tcp(collector.port, packets[:2600])
        time.sleep(1)
        before, begun = collector.cpu(), time.perf_counter()
        over_tcp(collector.port, packets)
        counts = collector.settled() if kind == "serve" else {}
        wall = time.perf_counter() - begun
        time.sleep(0.5)
        spent[kind] = (collector.cpu() - before) / len(packets)
        if kind == "serve":
            lost = len(packets) + 2600 - counts["received"]
            aside = counts["received"] - counts["taken"] - counts["dull"]
            print(f"TCP: {len(packets):,} packets of {CALLS:,} calls, {aside} set aside")
            print(f"     lost {kept(lost, 0, digits=0)}")
            each = f"{spent[kind] * 1e6:.1f} us each, {wall:.1f} s wall"
            print(f"     packets a CPU-second {reached(1 / spent[kind], LEAST_A_SECOND)} ({each})")
            print(f"     {counts['records_rows']:,} records so far, peak {collector.peak_mb():.0f} MB")
        collector.end()
    print(
        f"     receiving alone: {spent['discard'] * 1e6:.1f} us a packet, ratio {spent['serve'] / spent['discard']:.1f}"
    )


def udp() -> None:
    """What is lost over UDP at steady rates."""
    limit = int(Path("/proc/sys/net/core/rmem_max").read_text())
    collector = Collector("serve")
    first = 10_000_000
    for rate in RATES:
        packets = list(calls(first, rate * SECONDS // 13 + 1))
        first += len(packets)
        before = collector.settled()
        cpu = collector.cpu()
        sent = over_udp(collector.port, packets, rate)
        counts = collector.settled()
        got = counts["received"] - before["received"]
        told = counts["dropped"] - before["dropped"]
        print(
            f"UDP at {rate:,}/s, buffer {counts['buffer_bytes']:,} (rmem_max {limit:,}): {sent:,} sent, "
            f"{sent - got} lost, {told} told as dropped, {(collector.cpu() - cpu) / max(got, 1) * 1e6:.1f} us a packet"
        )
        if counts["buffer_bytes"] >= BUFFER and rate <= LEAST_A_SECOND:
            print(f"    lost {kept(sent - got, 0, digits=0)}")
        else:
            print(f"    lost and not told {kept(abs(sent - got - told), 0, digits=0)}")
    collector.end()


async def serve(folder: Path) -> None:
    """The collector."""
    await LiveService(folder).run("127.0.0.1", 0, lambda port: print(port, flush=True))


async def discard() -> None:
    """Receives and throws away."""

    class Discard(asyncio.Protocol):
        def data_received(self, data: bytes) -> None:
            """Nothing."""

    server = await asyncio.get_running_loop().create_server(Discard, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    if len(sys.argv) == 1:
        tcp()
        udp()
    else:
        import uvloop

        uvloop.run(serve(Path(sys.argv[2])) if sys.argv[1] == "serve" else discard())
