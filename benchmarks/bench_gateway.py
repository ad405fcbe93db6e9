"""Decides whether the gateway answers fast enough on one core, over SIP and over HTTP, with a province's lists.

Limits: 12,000 SIP and 12,000 HTTP decisions a second on one core, with 1 M listed numbers, 5,000 trunk contracts and
the full rule set. The server has one core and a closed-loop client the other. On a busy machine the rate is the
client's and the neighbours' as much as ours: the CPU time of the server for one request is the steadier figure. The
reference, in the same run: the same server with a verdict that costs nothing.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import selectors
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import uvloop

from bench_decide import calls
from bench_policy import SECRET, listed, trunks
from fanzha import signing
from fanzha.gateway.call import Call
from fanzha.gateway.counters import Counters
from fanzha.gateway.host import Host
from fanzha.gateway.http.app import App
from fanzha.gateway.http.back import Back
from fanzha.gateway.http.reading import Doorkeeper
from fanzha.gateway.http.server import HttpServer
from fanzha.gateway.http.tokens import Scope, Tokens
from fanzha.gateway.live.event import DialogEvent
from fanzha.gateway.sip.admission import Admission, read_networks
from fanzha.gateway.sip.responder import Responder
from fanzha.gateway.sip.udp import UdpServer, udp_socket
from fanzha.gateway.sip.words import sip_words
from fanzha.gateway.verdict import Verdict
from fanzha.gateway.witness import Witness
from fanzha.gateway.worker import settle
from fanzha.policy import Action, PolicyStore, Publisher
from fanzha.policy.store import Receipt
from memory import peak_gb

LISTED, REQUESTS, ROUNDS, ALONE = 1_000_000, 60_000, 12, 2_000
SIP_WINDOW, HTTP_CONNECTIONS = 64, 32
LIMIT_US = 1e6 / 12_000


class Trivial(Back):
    """Lets every call go on, and keeps nothing."""

    def ask(self, call: Call) -> Verdict:
        """The same for everybody."""
        return Verdict(key=call.key, at=call.at, action=Action.ALLOW, code=404, phrase="Not Found")

    async def seen(self, event: DialogEvent) -> None:
        """Not asked here."""

    def ready(self) -> bool:
        """Always."""
        return True

    def said(self, key: str) -> list[Verdict]:  # noqa: ARG002 - nothing is kept
        """Nothing is kept."""
        return []

    async def take(self, message: Path) -> Receipt:
        """Not asked here."""
        raise NotImplementedError

    def forget(self, caller: str) -> bool:  # noqa: ARG002 - nothing is counted
        """Nothing is counted."""
        return False

    def metrics(self) -> str:
        """Nothing is counted."""
        return ""


def real(folder: Path) -> Host:
    """The gateway's own engine: policy from disk, counters, verdicts written down."""
    now = time.time_ns() // 1000
    store = PolicyStore(folder / "policy", {signing.public_key(SECRET)})
    store.load()
    counters = Counters(now=now)
    host = Host(store, counters, witness=Witness(folder, now=now))
    host.rehearse()
    counters.populate()
    return host


async def serve(back: Back, sip: int, http: HttpServer) -> None:
    """Both doors, until killed."""
    admission = Admission(read_networks(["127.0.0.0/8"]), msgspec.structs.replace(sip_words(), address_rate=10**9))
    responder = Responder(back, sip_words(), SECRET, admission, admission.known)
    UdpServer(responder, udp_socket("127.0.0.1", sip, 1))
    serving = asyncio.create_task(http.serve())
    while True:
        await asyncio.sleep(0.2)
        if isinstance(back, Host):
            back.sweep()
        assert not serving.done()


def server(made: Callable[[Path], Back], folder: Path, ports: multiprocessing.Queue[tuple[int, int]]) -> None:
    """The process under test, on the first core."""
    os.sched_setaffinity(0, {0})
    back = made(folder)
    http = HttpServer(App(back, Doorkeeper(Tokens(folder / "tokens.json"))), "127.0.0.1", 0)
    with socket.socket(type=socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        sip = free.getsockname()[1]

    settle()

    async def main() -> None:
        asyncio.get_running_loop().call_later(0.2, ports.put, (sip, http.socket.getsockname()[1]))
        await serve(back, sip, http)

    uvloop.run(main())


def invites(made: list[Call]) -> list[bytes]:
    """The same calls as an edge asks about them."""
    text = (
        "INVITE sip:{callee}@127.0.0.1:5070;user=phone SIP/2.0\r\nRecord-Route: <sip:127.0.0.1:15060;ftag=1;lr>\r\n"
        "Via: SIP/2.0/UDP 127.0.0.1:15060;rport;branch=z9hG4bK{at:06x}.1b2c3d4e.0\r\n"
        "Via: SIP/2.0/UDP 192.0.2.7:5060;received=192.0.2.7;branch=z9hG4bK-{at}-1-0\r\n"
        "From: <sip:{caller}@192.0.2.7:5060>;tag={at}SIPpTag001\r\nTo: <sip:{callee}@127.0.0.1:15060>\r\n"
        "Call-ID: {at}-{run}@192.0.2.7\r\nCSeq: 1 INVITE\r\nContact: <sip:sbc@192.0.2.7:5060>\r\nMax-Forwards: 69\r\n"
        "P-Asserted-Identity: <sip:{caller}@192.0.2.7>\r\nX-Fanzha-Peer: {peer}:5060\r\n{ingress}"
        "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE\r\nSupported: 100rel, timer\r\nUser-Agent: sbc 1.2\r\n"
        "Content-Length: 0\r\n\r\n"
    )
    run = time.time_ns()
    return [
        text.format(
            at=at, run=run, callee=call.callee, caller=call.caller, peer=call.peer,
            ingress=f"X-Fanzha-Ingress: {call.ingress}\r\n" if call.ingress else "",
        ).encode()
        for at, call in enumerate(made)
    ]  # fmt: skip


def posts(made: list[Call], token: str) -> list[bytes]:
    """The same calls as a softswitch asks about them over HTTP."""
    run = time.time_ns()
    found = []
    for at, call in enumerate(made):
        row = {"key": f"{at}-{run}", "caller": call.caller, "callee": call.callee, "peer": call.peer}
        body = msgspec.json.encode(row | ({"ingress": call.ingress} if call.ingress else {}))
        head = f"Host: x\r\nAuthorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
        found.append(b"POST /v1/decide HTTP/1.1\r\n" + head.encode() + body)
    return found


def over_sip(port: int, messages: list[bytes], window: int) -> list[float]:
    """Ask with so many under way; seconds of each answer (exact with a window of one)."""
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", port))
        client.settimeout(5)
        taken, sent = [], 0
        clock = time.perf_counter
        while len(taken) < len(messages):
            while sent < len(messages) and sent - len(taken) < window:
                begun = clock()
                client.send(messages[sent])
                sent += 1
            client.recv(4096)
            taken.append(clock() - begun)
    return taken


def over_http(port: int, messages: list[bytes], connections: int) -> list[float]:
    """As `over_sip`, one request under way on each connection."""
    clock, taken, chosen = time.perf_counter, [], selectors.DefaultSelector()
    rest = iter(messages)
    clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(connections)]
    for client in clients:
        chosen.register(client, selectors.EVENT_READ)
        client.send(next(rest))
    begun = clock()
    while len(taken) < len(messages):
        for key, _ in chosen.select():
            answer = key.fileobj.recv(65536)
            assert answer.startswith(b"HTTP/1.1 200"), answer[:200]
            while not answer.endswith(b"}"):
                answer += key.fileobj.recv(65536)
            taken.append(clock() - begun)
            begun = clock()
            if (message := next(rest, None)) is not None:
                key.fileobj.send(message)
    for client in clients:
        client.close()
    return taken


def cpu_s(pid: int) -> float:
    """CPU time of a process so far."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def measure(name: str, pid: int, ask: Callable[[int, list[bytes], int], list[float]], port: int, window: int,
            make: Callable[[list[Call]], list[bytes]], made: list[Call]) -> float:  # fmt: skip
    """Warm up, measure round by round under load, then alone; print; CPU microseconds a request in the best round."""
    ask(port, make(made[:2000]), window)
    rounds, size = [], len(made) // ROUNDS
    for start in range(0, size * ROUNDS, size):
        messages = make(made[start : start + size])
        before, started = cpu_s(pid), time.perf_counter()
        ask(port, messages, window)
        rounds.append(((cpu_s(pid) - before) / size * 1e6, size / (time.perf_counter() - started)))
    alone = sorted(ask(port, make(made[:ALONE]), 1))
    p50, p99 = alone[len(alone) // 2] * 1e3, alone[len(alone) * 99 // 100] * 1e3
    least, middle = min(rounds)[0], sorted(rounds)[ROUNDS // 2][0]
    print(
        f"{name:16} {least:6.1f} us CPU each in the best of {ROUNDS} rounds ({1e6 / least:,.0f} a second a core), "
        f"{middle:.1f} in the middle one; {max(rate for _, rate in rounds):,.0f} a second at most, "
        f"one at a time {p50:.2f} ms, p99 {p99:.2f} ms",
        flush=True,
    )
    return least


def run(name: str, made: Callable[[Path], Back], folder: Path, token: str, asked: list[Call]) -> tuple[float, float]:
    """One server, both doors."""
    ports: multiprocessing.Queue[tuple[int, int]] = multiprocessing.Queue()
    process = multiprocessing.Process(target=server, args=(made, folder, ports))
    process.start()
    try:
        sip, http = ports.get(timeout=180)
        pid = process.pid or 0
        first = measure(f"{name} SIP", pid, over_sip, sip, SIP_WINDOW, invites, asked)
        second = measure(
            f"{name} HTTP", pid, over_http, http, HTTP_CONNECTIONS, lambda calls: posts(calls, token), asked
        )
        print(f"{name:14} peak memory of the server {peak_gb(pid):.2f} GB", flush=True)
    finally:
        process.kill()
        process.join()
    return first, second


def main() -> None:
    """Measure both engines, and print their ratio."""
    asked = calls(REQUESTS)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        Publisher(folder / "policy", SECRET).snapshot(listed(LISTED), trunks=trunks())
        now = time.time_ns() // 1000
        token = Tokens(folder / "tokens.json").add("bench", (Scope.DECIDE,), now, now + 10**12)
        os.sched_setaffinity(0, {os.cpu_count() - 1 if os.cpu_count() else 0})
        trivial = run("trivial", lambda _: Trivial(), folder, token, asked)
        full = run("full policy", real, folder, token, asked)
    for door, each in zip(("SIP", "HTTP"), full, strict=True):
        kept = "kept" if each <= LIMIT_US else "MISSED"
        print(f"{door}: {each:.1f} us CPU a decision   limit {LIMIT_US:.0f} us (12,000 a second a core) {kept}")
    print(
        f"a verdict with the full policy: SIP {full[0] / trivial[0]:.2f}, HTTP {full[1] / trivial[1]:.2f} times the CPU"
    )


if __name__ == "__main__":
    main()
