"""Decides which worker processes run, and what becomes of a dead one: started again, the later the oftener it dies."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess
from typing import Any

from fanzha.errors import UsageError
from fanzha.gateway.sip.tcp import tcp_socket
from fanzha.gateway.sip.udp import udp_socket

LOG = logging.getLogger("fanzha.gateway")
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 30.0
_HEALTHY_S = 60.0  # who lived so long begins again with the first pause
_LEAVE_S = 15.0  # after which a worker that does not leave is killed
_LOOK_S = 0.2
_fork = multiprocessing.get_context("fork")  # what is loaded before is shared, not loaded again


class Child:
    """One process to be kept alive."""

    def __init__(self, name: str, target: Callable[..., None], args: tuple[Any, ...]) -> None:
        self.name = name
        self._target, self._args = target, args
        self.pause = _FIRST_PAUSE_S
        self._since = 0.0
        self.due = 0.0
        self.process: ForkProcess | None = None
        self.restarts = 0

    def start(self) -> None:
        """Begin, or begin anew."""
        self._since = time.monotonic()
        self.process = _fork.Process(target=_run, args=(self._target, self._args), name=self.name)
        self.process.start()

    def died(self) -> None:
        """Note a death, and when to begin anew."""
        assert self.process is not None
        now = time.monotonic()
        if now - self._since > _HEALTHY_S:
            self.pause = _FIRST_PAUSE_S
        LOG.error("%s ended with %s: again in %.1f s", self.name, self.process.exitcode, self.pause)
        self.process.close()
        self.process = None
        self.restarts += 1
        self.due = now + self.pause
        self.pause = min(self.pause * 2, _LONGEST_PAUSE_S)

    def tell(self, number: signal.Signals) -> None:
        """Send a signal, if it lives."""
        if self.process is not None and self.process.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process.pid, number)


class Supervisor:
    """Starts the children, keeps them, and ends with them."""

    def __init__(self, children: list[Child]) -> None:
        self._children = children
        self._stopping = self._reloading = False

    def run(self) -> None:
        """Until SIGTERM or SIGINT. SIGHUP is passed on."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGHUP, self._reload)
        while not self._stopping:
            self._look()
        self._leave()

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def _reload(self, *_: object) -> None:
        self._reloading = True

    def _look(self) -> None:
        """Start who is due, wait a moment, and see who died."""
        now = time.monotonic()
        for child in self._children:
            if child.process is None and child.due <= now:
                child.start()
        living = {child.process.sentinel: child for child in self._children if child.process is not None}
        for sentinel in wait(list(living), _LOOK_S) if living else ():
            if not self._stopping:
                child = living[sentinel]  # type: ignore[index]
                child.process.join()  # type: ignore[union-attr]
                child.died()
        if self._reloading:
            self._reloading = False
            for child in self._children:
                child.tell(signal.SIGHUP)

    def _leave(self) -> None:
        """Everybody finishes what is under way; who does not is killed."""
        for child in self._children:
            child.tell(signal.SIGTERM)
        until = time.monotonic() + _LEAVE_S
        for child in self._children:
            if child.process is None:
                continue
            child.process.join(max(0.0, until - time.monotonic()))
            if child.process.is_alive():
                LOG.error("%s does not leave: killed", child.name)
                child.process.kill()
                child.process.join()


def _run(target: Callable[..., None], args: tuple[Any, ...]) -> None:
    """The child's side: the parent's handlers are not its own."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    target(*args)


def check_doors(sip: tuple[str, int] | None, http: tuple[str, int] | None) -> None:
    """Raise UsageError where an address cannot be had: told once, before anything is started."""
    for text, door in (("--sip", sip), ("--http", http)):
        if door is None:
            continue
        try:
            tcp_socket(*door).close()
            if text == "--sip":
                udp_socket(*door, 1).close()
        except OSError as error:
            raise UsageError(
                f"{text} {door[0]}:{door[1]} cannot be had (端口不可用): {error.strerror or error}",
                hint="another program has it, or the address is not this machine's",
            ) from None
