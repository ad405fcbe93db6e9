"""Decides whether the whole path holds for hours: sipp through Kamailio, the engine asked, the mirror kept as records.

Full calls at a steady rate. At the end the caller's count, the edge's outcomes and the collector's records must be the
same number, none failed, and nothing may have grown on: engine, collector, Kamailio's shared memory.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import uvloop

from bench_edge import callers, calling, contract, core, edge, engine, failures, favour
from bench_policy import SECRET, listed
from fanzha.gateway.edge.counts import OUTCOMES
from fanzha.gateway.edge.rpc import Rpc
from fanzha.gateway.edge.rules import Local, compile_rules
from fanzha.gateway.live.service import LiveService
from fanzha.policy import Policy, Publisher
from soak import Bounded, adds_up

RATE, LISTED, EVERY_S, LEAVE_S = 100, 100_000, 2.0, 30.0


def used(rpc: Rpc) -> float:
    """Shared memory that Kamailio uses, MB."""
    return float(rpc.ask("core.shmmem")["real_used"]) / 1e6


def records(folder: Path) -> int:
    """Calls that the collector has recorded, each once."""
    rows = (row for path in folder.glob("*.parquet") for row in pq.read_table(path, columns=["call_id"]).to_pylist())
    return len({row["call_id"] for row in rows})


def soak(folder: Path, seconds: float, hep: int, collector: int) -> bool:
    """One steady load."""
    trunk, calls = contract(), int(RATE * seconds)
    Publisher(folder / "policy", SECRET).snapshot(listed(LISTED), trunks=[trunk])
    callers(folder / "callers.csv", trunk)
    rules = compile_rules(Policy(version=1, trunks=[trunk]), Local({}), date.today())
    work = folder / "edge"
    work.mkdir()
    programs, shared = Bounded("engine and collector"), Bounded("Kamailio's shared memory")
    with core(work) as core_port, engine(folder, True) as (port, judging):
        with edge(work, rules, (port,), core_port, f"sip:127.0.0.1:{hep}") as (at, rpc, _):
            caller = calling(folder, work, at, RATE, calls)
            end = time.monotonic() + seconds + LEAVE_S
            while caller.poll() is None and time.monotonic() < end:
                time.sleep(EVERY_S)
                programs.look(judging, collector)
                shared.note(used(rpc))
            caller.kill()
            caller.wait()
            counts = {name.removeprefix("script."): int(n) for name, n in rpc.ask("stats.fetch", "script:").items()}
            failed, why = failures(work / "stat.csv")
            waited = time.monotonic() + LEAVE_S
            while records(folder / "calls" / "records") < calls and time.monotonic() < waited:
                time.sleep(EVERY_S)
        print(f"  {calls:,} calls, {failed} failed {why}, {counts['unscreened']} unscreened", flush=True)
        return all([
            programs.verdict(),
            shared.verdict(),
            failed == 0,
            adds_up("calls placed, of the edge, its outcomes, records", calls, counts["calls"],
                    sum(counts[name] for name in OUTCOMES), records(folder / "calls" / "records")),
        ])  # fmt: skip


def collect(folder: Path) -> None:
    """The collector, until it is ended."""
    import asyncio
    import signal

    async def run() -> None:
        service = LiveService(folder / "calls")
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, service.stop)
        await service.run("127.0.0.1", 0, lambda port: print(port, flush=True))

    uvloop.run(run())


def main(seconds: float) -> int:
    """0 where all held."""
    for tool in ("kamailio", "sipp"):
        if shutil.which(tool) is None:
            print(f"  {tool} is not installed (scripts/system-packages installs it): nothing soaked")
            return 0
    with tempfile.TemporaryDirectory(prefix="fz", dir="/tmp") as name:
        words = [sys.executable, __file__, "collect", name]
        collector = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, start_new_session=True)
        assert collector.stdout is not None
        favour(
            collector.pid
        )  # as the edge and the engine are: else neighbours' work would be what it cannot keep up with
        try:
            return not soak(Path(name), seconds, int(collector.stdout.readline()), collector.pid)
        finally:
            collector.terminate()
            collector.wait()
            collector.stdout.close()


if __name__ == "__main__":
    if sys.argv[1] == "collect":
        collect(Path(sys.argv[2]))
    else:
        sys.exit(main(float(sys.argv[1])))
