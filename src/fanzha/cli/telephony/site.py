"""Decides what stands between the demo's telephones: gateway, live calls, and the reference edge or a small switch."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from fanzha.cli.telephony.endpoint import Address
from fanzha.cli.telephony.programs import READY_S, Program, free_port
from fanzha.cli.telephony.switchboard import Switchboard
from fanzha.cli.telephony.telephones import Callee, Caller
from fanzha.errors import FanzhaError

if TYPE_CHECKING:
    from fanzha.gateway.live.livecalls import LiveCall, LiveCalls, Outcome

T = TypeVar("T")
_SEEN_S = 30.0


class Site:
    """Everything a real call needs on this machine; a context manager that leaves nothing running."""

    def __init__(self, home: Path) -> None:
        """home: a folder with a published policy in `policy`."""
        self._home = home
        self._stack = ExitStack()
        self._programs: list[Program] = []
        self._board: Switchboard | None = None
        self.edge = shutil.which("kamailio") is not None

    def __enter__(self) -> Site:
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _start(self) -> None:
        # The name of a socket is short: 108 bytes at most, and a home may lie deep.
        self._run = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="fanzha-")))
        self.caller, self.callee = Caller(), Callee()
        self._stack.callback(self.caller.close)
        self._stack.callback(self.callee.close)
        engine = ("127.0.0.1", free_port())
        if self.edge:
            self.switch: Address = ("127.0.0.1", free_port())
            command = f"unix:{self._run / 'rpc.sock'}"
        else:
            board = self._board = Switchboard(engine, self.callee.address)
            self._stack.callback(board.close)
            self.switch, command = board.address, f"udp:{board.address[0]}:{board.address[1]}"
        live = self._program("hep", "--listen", "127.0.0.1:0", "--switch", command)
        where = f"{engine[0]}:{engine[1]}"
        self._program("gateway", "--sip", where, "--http", "off", "--peer", "127.0.0.0/8")
        mirror = live.said("mirror on").split(",")[0].rpartition(":")[2]
        self._await(engine)
        if self.edge:
            self._start_edge(where, mirror)
            self._await(self.switch)

    def _start_edge(self, engine: str, mirror: str) -> None:
        callee = f"sip:{self.callee.address[0]}:{self.callee.address[1]}"
        settings = self._run / "edge.yaml"
        listen = f"udp:{self.switch[0]}:{self.switch[1]}"
        words = {
            "listen": [listen], "engines": [f"sip:{engine}"], "next_hops": [callee], "hep": f"sip:127.0.0.1:{mirror}",
            "workers": 2, "memory_mb": 128,
        }  # fmt: skip
        settings.write_text(json.dumps(words), encoding="utf-8")  # JSON is YAML
        self._program("edge", "start", "--settings", str(settings), "--run", str(self._run))

    def _await(self, place: Address) -> None:
        """Until it answers OPTIONS. Raises FanzhaError where it does not."""
        until = time.monotonic() + READY_S
        while not self.caller.alive(place):
            if time.monotonic() > until:
                raise FanzhaError(
                    f"nobody answers at {place[0]}:{place[1]} (无应答)",
                    hint="; ".join(p.words() for p in self._programs),
                )

    def _program(self, *arguments: str) -> Program:
        program = Program(self._home, *arguments)
        self._stack.callback(program.stop)
        self._programs.append(program)
        return program

    def in_progress(self, key: str) -> LiveCall:
        """The call with this Call-ID once it is being talked on. Raises FanzhaError where it never shows."""
        until = time.monotonic() + _SEEN_S
        while time.monotonic() < until:
            for call in self._asked(lambda calls: calls.calls(10)):
                if call.id == key and call.state == "talking":
                    return call
            time.sleep(0.1)
            if self._board is not None:
                self._board.remind(key)
        raise FanzhaError("the demo's call was never seen in progress", hint="see docs/live-calls.md")

    def release(self, call: LiveCall, why: str) -> Outcome:
        """Cut it."""
        return self._asked(lambda calls: calls.release(call.id, "demo", why))

    def _asked(self, question: Callable[[LiveCalls], Awaitable[T]]) -> T:
        from fanzha.gateway.live.remote import RemoteCalls
        from fanzha.gateway.live.service import CONTROL, FOLDER

        async def ask() -> T:
            remote = RemoteCalls(self._home / FOLDER / CONTROL)
            try:
                return await question(remote)
            finally:
                await remote.close()

        return asyncio.run(ask())
