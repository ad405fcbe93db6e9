"""Decides whether an approval stops the next call in time: desk, timers and gateway as processes, asked by real SIP.

Limit (issue 4): 2 s from the leader's approval to the first refused call. The gateway follows the desk by HTTP, as on a
machine of its own. The reference is a change written straight into the policy's folder: what the desk adds is the rest.
Usage: bench_enforcement.py [TIMES]
"""

from __future__ import annotations

import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

from fanzha.cli.telephony.programs import Program, free_port, until
from fanzha.cli.visitor import Visitor
from limit import kept
from memory import peak_gb
from office import desk, people

LIMIT = 2.0
_CALL = (
    "INVITE sip:13900001234@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{at}\r\n"
    "From: <sip:{caller}@127.0.0.1>;tag={at}\r\nTo: <sip:13900001234@127.0.0.1>\r\nCall-ID: {at}@bench\r\n"
    "CSeq: 1 INVITE\r\nContact: <sip:bench@127.0.0.1:{port}>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
)


def main(times: int) -> int:
    """Print the figures; 1 where the limit is missed."""
    with desk() as home, tempfile.TemporaryDirectory() as apart, ExitStack() as stack:
        from django.db import connection

        from fanzha.cli.roles import make_key

        who, port, sip = people(), free_port(), free_port()
        make_key(home)
        _program(stack, home, "serve", "--roles", "desk", "--port", str(port))
        jobs = _program(stack, home, "serve", "--roles", "jobs")
        until(Visitor(f"http://127.0.0.1:{port}/").up, "the desk did not answer")
        _program(stack, Path(apart), *_gateway(home, Path(apart), port, sip))
        caller = Caller(sip)
        until(lambda: caller.code("13700000000") not in (0, 503), "the gateway did not answer")
        approved = [_approved(who, caller, at) for at in range(times)]
        jobs.stop()
        straight = list(_straight(caller, times))
    middle, slow = _cuts(approved)
    mid, tail = _cuts(straight)
    print(f"database        {connection.vendor}, {times} times")
    print(f"straight        p50 {mid:.2f} s   p95 {tail:.2f} s   a change published beside the desk, the reference")
    print(f"approved        p50 {middle:.2f} s   p95 {slow:.2f} s   {middle / mid:.1f} x the reference, "
          f"p95 {kept(slow, LIMIT, 's')}")  # fmt: skip
    print(f"peak            {peak_gb():.2f} GB, of the one who approves")
    return int(slow > LIMIT)


class Caller:
    """Asks the gateway about calls."""

    def __init__(self, port: int) -> None:
        self._line = socket.socket(type=socket.SOCK_DGRAM)
        self._line.bind(("127.0.0.1", 0))
        self._line.connect(("127.0.0.1", port))
        self._line.settimeout(1.0)
        self._at = 0

    def code(self, number: str) -> int:
        """The final answer to a call of this number; 0 without one."""
        self._at += 1
        own = self._line.getsockname()[1]
        try:
            self._line.send(_CALL.format(caller=number, at=self._at, port=own).encode())
            while True:
                told = self._line.recv(65_536).decode()
                if f"Call-ID: {self._at}@bench" in told and not told.startswith("SIP/2.0 1"):
                    return int(told.split(" ", 2)[1])
        except OSError:
            return 0

    def until_refused(self, number: str) -> None:
        """Call until a call is refused."""
        until(lambda: self.code(number) in (403, 603, 607, 608), f"{number} was never refused", pause_s=0.005)


def _approved(who: Any, caller: Caller, at: int) -> float:
    from fanzha.desk.masking.subject import Subject
    from fanzha.desk.measures.actions import Wish, approve, propose

    number = f"137{at:08}"
    wish = Wish("shutdown", note="bench", document="bench-1", plain="police", immediate=True)
    made = propose(who.one, wish, subject=Subject("number", f"+86{number}", "hb", "420100"))
    assert caller.code(number) not in (0, 403, 603, 607, 608)
    time.sleep(0.3 * (at % 5))  # at every moment between two rounds of the timer
    began = time.perf_counter()
    approve(who.two, made.pk)
    caller.until_refused(number)
    return time.perf_counter() - began


def _straight(caller: Caller, times: int) -> Iterator[float]:
    from fanzha.desk.enforcement.publishing import publisher
    from fanzha.policy import Action, Entry, Subject

    out, now, day = publisher(), time.time_ns() // 1000, 86_400_000_000
    for at in range(times):
        number = f"138{at:08}"
        entry = Entry(
            id=f"bench:{at}", subject=Subject.NUMBER, value=f"+86{number}", action=Action.BLOCK, reason="police",
            source="bench", starts=now, expires=now + day,
        )  # fmt: skip
        assert caller.code(number) not in (0, 403, 603, 607, 608)
        began = time.perf_counter()
        out.delta([entry], [], batch=f"bench-{at}")
        caller.until_refused(number)
        yield time.perf_counter() - began


def _gateway(home: Path, apart: Path, port: int, sip: int) -> list[str]:
    """The arguments of a gateway that knows of the desk its address, a token and the key it signs with."""
    from django.utils import timezone

    from fanzha.desk.enforcement.actions import add_gateway
    from fanzha.errors import PolicyError
    from fanzha.signing.keys import Keys

    _made, token = add_gateway(None, "bench", "hb", timezone.now() + timedelta(days=1))
    kept = apart / "token"
    kept.write_text(token)
    kept.chmod(0o600)
    return [
        "gateway", "--sip", f"127.0.0.1:{sip}", "--http", "off", "--source", f"http://127.0.0.1:{port}/v1/policy",
        "--source-token", str(kept), "--trust", str(Keys(home, "policy", PolicyError).public_path),
    ]  # fmt: skip


def _program(stack: ExitStack, home: Path, *arguments: str) -> Program:
    """One of ours, ended with the stack; its last words are shown if the run fails, and else nothing of it."""
    program = Program(home, *arguments)
    stack.callback(program.stop)
    stack.push(lambda kind, *_: print(program.words(), file=sys.stderr) if kind is not None else None)
    return program


def _cuts(taken: list[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(taken, n=20)
    return cuts[9], cuts[18]


if __name__ == "__main__":
    sys.exit(main(int((sys.argv[1:] or ["20"])[0])))
