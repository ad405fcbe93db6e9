"""Decides how one worker lives: it opens its doors, keeps up with the policy, and leaves without losing a call."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import time

import uvloop

from fanzha.errors import FanzhaError
from fanzha.gateway.counters import Counters
from fanzha.gateway.host import Host
from fanzha.gateway.http.app import App
from fanzha.gateway.http.reading import Doorkeeper
from fanzha.gateway.http.server import HttpServer
from fanzha.gateway.http.tokens import Tokens
from fanzha.gateway.sample import LastCalls
from fanzha.gateway.settings import GO_ON, Settings
from fanzha.gateway.sip.admission import Admission, Known, read_networks
from fanzha.gateway.sip.responder import Responder
from fanzha.gateway.sip.tcp import TcpServer, tcp_socket
from fanzha.gateway.sip.udp import UdpServer, udp_socket
from fanzha.gateway.sip.words import sip_words
from fanzha.gateway.traffic import TRAFFIC, Traffic
from fanzha.gateway.witness import Witness
from fanzha.policy.store import PolicyStore

LOG = logging.getLogger("fanzha.gateway")
_TICK_S = 0.2  # how soon a policy that another process took is noticed
_DRAIN_S = 0.3  # how long datagrams already sent to us are still answered


class Worker:
    """One process's doors and what is behind them."""

    def __init__(self, settings: Settings, counters: Counters | None) -> None:
        self._settings = settings
        self._counters = counters
        self._parent = os.getppid()
        self._stopping = asyncio.Event()
        now = time.time_ns() // 1000
        witness = Witness(settings.state, now=now, more=TRAFFIC)
        self._traffic = Traffic(witness.registry)
        self._host = Host(
            PolicyStore(settings.policy, set(settings.trusted), seen=LastCalls(settings.state / "verdicts")),
            counters,
            witness=witness,
            own=settings.state,
        )
        self._admission = Admission(settings.networks(), sip_words())
        go_on = (settings.go_on, GO_ON[settings.go_on]) if settings.go_on is not None else None
        edges = Known(read_networks(settings.edges, where="--edge"), sip_words().addresses)
        self._responder = Responder(self._host, sip_words(), settings.seed, self._admission, edges, go_on)
        self._door = Doorkeeper(Tokens(settings.state / "tokens.json"))
        self._app = App(self._host, self._door)

    async def run(self) -> None:
        """Until SIGTERM or SIGINT, or until the supervisor is gone."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        loop.add_signal_handler(signal.SIGHUP, self.reload)
        await self._host.load()
        self._host.rehearse()
        if self._counters is not None:
            self._counters.populate()
        settle()
        udp, tcp = self._open_sip(), TcpServer(self._responder, sip_words())
        listening = await self._open_tcp(tcp)
        http = HttpServer(self._app, *self._settings.http) if self._settings.http is not None else None
        serving = asyncio.create_task(http.serve()) if http is not None else None
        LOG.info("ready, policy %s", self._host.version)
        while not self._stopping.is_set():
            await self._tick(tcp, http)
        if listening is not None:
            listening.close()
        if http is not None and serving is not None:
            http.stop()
            await serving
        await asyncio.sleep(_DRAIN_S)
        if udp is not None:
            await udp.finish()
            udp.close()
        await tcp.finish()
        self._tell()
        await self._host.close()

    def reload(self) -> None:
        """Read the lists of peers and tokens anew, limits and failure policy. What cannot be read stays as it was."""
        for read in (self._hear, self._host.reread):
            try:
                read()
            except FanzhaError as error:
                LOG.error("what was in force stays so: %s", error)
        self._door.forget()

    def _hear(self) -> None:
        self._admission.allow(self._settings.networks())

    async def _tick(self, tcp: TcpServer, http: HttpServer | None) -> None:
        """A fifth of a second: look after the policy, and after whoever dawdles."""
        try:
            await asyncio.wait_for(self._stopping.wait(), _TICK_S)
        except TimeoutError:
            now = time.monotonic()
            tcp.sweep(now)
            if http is not None:
                http.sweep(now)
            self._host.sweep()
            self._host.follow(self._settings.control)
            self._tell()
            try:
                if await self._host.refresh():
                    LOG.info("policy in force: %s", self._host.version)
            except FanzhaError as error:
                LOG.error("the policy stays as it was: %s", error)
            if os.getppid() != self._parent:
                LOG.warning("the supervisor is gone: leaving")
                self._stopping.set()

    def _tell(self) -> None:
        self._traffic.tell(self._responder.counts | self._host.counts, self._app.counts, self._host.unheard)

    def _open_sip(self) -> UdpServer | None:
        if self._settings.sip is None:
            return None
        return UdpServer(self._responder, udp_socket(*self._settings.sip, self._settings.workers))

    async def _open_tcp(self, tcp: TcpServer) -> asyncio.Server | None:
        if self._settings.sip is None:
            return None
        return await asyncio.get_running_loop().create_server(
            tcp.connection, sock=tcp_socket(*self._settings.sip), start_serving=True
        )


def settle() -> None:
    """What is loaded by now stays: the collector need not look at it again. It looks often at few young objects (40 us;
    20,000 would take 1 ms, for which a call would wait), and seldom at those that are remembered."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(2_000, 1_000, 100)


def run_worker(settings: Settings, counters: Counters | None) -> None:
    """One worker, from beginning to end. counters: made before it was forked and shared with others; None: none."""

    async def main() -> None:
        await Worker(settings, counters).run()

    uvloop.run(main())
