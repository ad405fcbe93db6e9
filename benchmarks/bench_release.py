"""Decides how long a tear-down takes at the reference edge: from the command to both BYEs, and to both answers.

Limits (issue 3): at most 5 ms from the command to both BYEs, 300 of 300. The command goes the way of `fanzha calls
--release`. Timed with the peers of the edge's own tests, which stamp what they get; then again with sipp as both peers,
whose own statistics say on how many calls the BYE came and was answered. Peers, Kamailio and the collector share the
machine. The reference is the bare JSON-RPC round trip.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import uvloop

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "gateway" / "edge"))  # sip_peers.py, kamailio_edge.py

from kamailio_edge import DAY, INSIDE, TRUNKS, Edge  # noqa: E402
from sip_peers import Core, Phone  # noqa: E402

from bench_edge import (  # noqa: E402
    BYE,
    callers,
    calling,
    captured,
    contract,
    core,
    finish,
    frames,
    statistics,
)
from bench_edge import edge as running  # noqa: E402
from fanzha.gateway.edge.rpc import Rpc  # noqa: E402
from fanzha.gateway.edge.rules import Local, compile_rules  # noqa: E402
from fanzha.gateway.live.remote import RemoteCalls  # noqa: E402
from fanzha.gateway.live.service import CONTROL, LiveService  # noqa: E402
from fanzha.gateway.release.kamailio import KamailioSwitch  # noqa: E402
from fanzha.policy.policy import Policy  # noqa: E402
from memory import peak_gb  # noqa: E402

CALLS, AT_ONCE, LIMIT_MS = 300, 50, 5.0
PATIENCE_S = 30.0


def spread(name: str, values: list[float]) -> None:
    """One line of figures, milliseconds."""
    ranked = sorted(values)
    middle, high = ranked[len(ranked) // 2], ranked[int(len(ranked) * 0.99)]
    print(f"{name}: p50 {middle:.2f} ms, p99 {high:.2f} ms, max {ranked[-1]:.2f} ms", flush=True)


def limited(values: list[float]) -> None:
    """Whether all of them kept the limit."""
    within = sum(each <= LIMIT_MS for each in values)
    kept = "kept" if within == len(values) == CALLS else "MISSED"
    print(f"    limit {LIMIT_MS:g} ms, {CALLS} of {CALLS}: {within}: {kept}", flush=True)


def dial(edge: Edge, count: int) -> list[str]:
    """Answered calls; their Call-IDs."""
    placed = [edge.call(INSIDE, "13812345678", "13900000000") for _ in range(count)]
    for call in placed:
        call.established()
    return [call.id for call in placed]


def when(peer: Phone | Core, name: str) -> float:
    """When a peer got the BYE of a call."""
    return next(each.at for each in peer.messages if each.method == "BYE" and each.get("call-id") == name)


def ahead(session: int) -> None:
    """Let the programs of a session run before all other work of this machine, where we may: a cut is to be measured,
    and not how long its neighbours keep a processor."""
    for path in Path("/proc").glob("[0-9]*/task/[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(path.read_text().rpartition(")")[2].split()[3]) == session:
                os.sched_setscheduler(int(path.parent.name), os.SCHED_RR, os.sched_param(1))


async def measure(folder: Path, hep: int) -> None:
    """Calls in batches, each cut one after another. hep: where the collector hears."""
    remote = RemoteCalls(folder / "calls" / CONTROL)
    (folder / "edge").mkdir()
    rules = compile_rules(Policy(version=7, compiled_at=1, trunks=TRUNKS), Local({}), DAY)
    edge = Edge(folder / "edge", rules, hep=f"sip:127.0.0.1:{hep}")
    sent: list[float] = []
    proven: list[float] = []
    left: list[float] = []
    results: Counter[tuple[str, int]] = Counter()
    try:
        await asyncio.to_thread(edge.start)
        assert edge.process is not None
        ahead(edge.process.pid)
        for _ in range(CALLS // AT_ONCE):
            names = await asyncio.to_thread(dial, edge, AT_ONCE)
            while len([call for call in await remote.calls() if call.id in names and call.answered]) < AT_ONCE:
                await asyncio.sleep(0.05)
            for name in names:
                begun = time.monotonic()
                outcome = await remote.release(name, "bench", "bench")
                proven.append((time.monotonic() - begun) * 1000)
                left.append(outcome.micros / 1000)
                results[outcome.result, outcome.attempts] += 1
                both = max(when(peer, name) for peer in (edge.phone(INSIDE), edge.core))
                sent.append((both - begun) * 1000)
            edge.phone(INSIDE).messages.clear()
            edge.core.messages.clear()
        told = ", ".join(f"{count} {result} at attempt {tries}" for (result, tries), count in sorted(results.items()))
        print(f"{CALLS} tear-downs: {told}")
        spread("command to both BYEs leaving the edge, as the mirror says", left)
        limited(left)
        spread("... read by the peers, which are Python", sent)
        spread("command to both answers seen, told and written", proven)
        bare = await asyncio.to_thread(round_trips, folder)
        spread("reference, a JSON-RPC round trip", bare)
        print(f"ratio p50 {sorted(sent)[len(sent) // 2] / sorted(bare)[len(bare) // 2]:.1f}")
    finally:
        await asyncio.to_thread(edge.close)
        await remote.close()


async def witnessed(folder: Path, hep: int) -> None:
    """Calls between two sipps, all held, each cut: what the sipps count, and what is owed to whom was cut off."""
    remote, trunk, work = RemoteCalls(folder / "calls" / CONTROL), contract(), folder / "edge"
    owed = tickets(folder)
    callers(folder / "callers.csv", trunk)
    rules = compile_rules(Policy(version=8, compiled_at=1, trunks=[trunk]), Local({}), DAY)
    results: Counter[tuple[str, int]] = Counter()
    with core(work) as core_port, running(work, rules, (), core_port, f"sip:127.0.0.1:{hep}") as (port, _, group):
        ahead(group)
        before = {call.id for call in await remote.calls()}
        caller = calling(folder, work, port, AT_ONCE, CALLS, "held")
        end = time.monotonic() + PATIENCE_S
        held: list[str] = []
        while len(held) < CALLS and time.monotonic() < end:
            await asyncio.sleep(0.2)
            held = [call.id for call in await remote.calls() if call.answered and call.id not in before]
        begun: dict[bytes, int] = {}
        with captured(work, f"{BYE} and src port {port}") as stamps:
            for name in held:
                begun[name.encode()] = time.time_ns()
                outcome = await remote.release(name, "bench", "bench")
                results[outcome.result, outcome.attempts] += 1
        files = [work / name for name in ("stat.csv", "core.csv")]
        while min(answered(file) for file in files) < CALLS and time.monotonic() < end:
            await asyncio.sleep(0.5)
        await asyncio.to_thread(finish, caller, 1.0)
        told = ", ".join(f"{count} {result} at attempt {tries}" for (result, tries), count in sorted(results.items()))
        caller_got, core_got = (answered(file) for file in files)
        print(f"between two sipps: {told}")
        legs: dict[bytes, dict[int, int]] = {name: {} for name in begun}
        for when, target, call in frames(stamps):
            legs.get(call, {}).setdefault(target, when)
        both = [(max(leg.values()) - begun[name]) / 1e6 for name, leg in legs.items() if len(leg) == 2]
        spread("command to the second of both BYEs on the wire to them, by the kernel's stamps", both)
        limited(both)
        print(f"    BYE received and answered: caller {caller_got} of {CALLS}, callee {core_got} of {CALLS}: "
              f"{'kept' if caller_got == core_got == CALLS else 'MISSED'}")  # fmt: skip
        print(f"    call-backs owed: {tickets(folder) - owed} of {CALLS}", flush=True)
    await remote.close()


def answered(path: Path) -> int:
    """Calls of a sipp that came to the end of its scenario, which is the answer to a BYE."""
    return int(statistics(path)["SuccessfulCall(C)"]) if path.is_file() and path.stat().st_size else 0


def tickets(folder: Path) -> int:
    """Different releases for which somebody is owed a call."""
    path = folder / "calls" / "tickets.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return len({json.loads(line)["release"] for line in lines})


async def serve(folder: Path) -> None:
    """The collector."""
    service = LiveService(folder / "calls", switch=KamailioSwitch(f"unix:{folder / 'edge' / 'rpc.sock'}"))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, service.stop)
    await service.run("127.0.0.1", 0, lambda port: print(port, flush=True))
    peak = peak_gb() * 1000
    print(f"collector: peak {peak:.0f} MB", flush=True)


def run(folder: Path) -> None:
    """The collector in a process of its own, everybody else in this one."""
    words = [sys.executable, __file__, str(folder)]
    collector = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert collector.stdout is not None
    ahead(collector.pid)
    ahead(os.getpid())
    try:
        hep = int(collector.stdout.readline())
        uvloop.run(measure(folder, hep))
        uvloop.run(witnessed(folder, hep))
    finally:
        collector.terminate()
        print(collector.stdout.read().strip())
        collector.wait()


def round_trips(folder: Path) -> list[float]:
    """Asking for nothing."""
    found = []
    with Rpc(f"unix:{folder / 'edge' / 'rpc.sock'}") as rpc:
        for _ in range(CALLS):
            begun = time.monotonic()
            rpc.ask("core.uptime")
            found.append((time.monotonic() - begun) * 1000)
    return found


if __name__ == "__main__":
    if len(sys.argv) > 1:
        uvloop.run(serve(Path(sys.argv[1])))
    elif shutil.which("kamailio") is None:
        print("Kamailio is not installed (scripts/system-packages installs it)")
    else:
        with tempfile.TemporaryDirectory(prefix="fz", dir="/tmp") as place:
            run(Path(place))
