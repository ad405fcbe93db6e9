"""Decides what asking the engine costs a call at the edge, and whether calls are lost: sipp through a real Kamailio.

Limits (issue 3): 1,000 full calls a second with none failed; decision added at most 5 ms p99 at 800 a second, with 1 M
listed numbers and 5,000 trunk ranges. Caller, core, Kamailio, engine and tcpdump share the machine. The reference in
the same run is the same edge with the same plain rules and no engine. What is timed: the INVITE into Kamailio to the
INVITE out to the core, by the kernel's stamps of a tcpdump. What the counters cost: bench_counters.
"""

from __future__ import annotations

import contextlib
import os
import random
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench_policy import SECRET, listed
from fanzha import signing
from fanzha.cli.telephony.programs import free_port
from fanzha.gateway import worker
from fanzha.gateway.counters import Counters
from fanzha.gateway.edge.rpc import Rpc, RpcError
from fanzha.gateway.edge.rules import Local, Rules, compile_rules
from fanzha.gateway.edge.rundir import SNAPSHOT, command, rpc_address, write_run_folder
from fanzha.gateway.edge.settings import Settings
from fanzha.gateway.edge.snapshot import write_snapshot
from fanzha.gateway.settings import Settings as Gateway
from fanzha.policy import Policy, Publisher, Trunk
from limit import kept

REPOSITORY = Path(__file__).parents[1]
SCENARIOS = REPOSITORY / "tests" / "gateway" / "edge" / "sipp"
CONFIG = REPOSITORY / "deploy" / "kamailio" / "kamailio.cfg"
SWITCH = "127.0.0.21"
LISTED, RANGES, CALLERS, SECONDS = 1_000_000, 5_000, 20_000, 4
LATENCY_AT, FULL_AT, LIMIT_MS = 800, 1_000, 5.0
PATIENCE_S = 20.0
INVITE, BYE = "udp[8:4] = 0x494e5649", "udp[8:4] = 0x42594520"  # "INVI", "BYE " as tcpdump asks for it


class Run(NamedTuple):
    """calls, failed, why: as sipp counted them. held: milliseconds at the edge. unscreened: of the edge's counters."""

    calls: int
    failed: int
    why: str
    held: np.ndarray
    unscreened: int
    cpu_us: float


def contract() -> Trunk:
    """One trunk with 5,000 ranges of ten to a thousand numbers."""
    rng = random.Random(5)
    starts = sorted(rng.sample(range(1_350_000, 1_400_000), RANGES))
    ranges = tuple((int(f"86{at}0000"), int(f"86{at}0000") + rng.choice((9, 99, 999))) for at in starts)
    return Trunk(id="switch", owner="bench", peers=(SWITCH,), ingress="internetwork", ranges=ranges)


def callers(path: Path, trunk: Trunk) -> None:
    """Callers within the contract, each once in a while."""
    rng = random.Random(9)
    assert trunk.ranges is not None
    rows = [f"{rng.randint(*rng.choice(trunk.ranges)) - 86 * 10**11};13800138000;" for _ in range(CALLERS)]
    path.write_text("SEQUENTIAL\n" + "\n".join(rows) + "\n")


def serve(folder: Path, port: int, counting: bool) -> None:
    """One worker of the gateway, with or without its counters, until it is killed."""
    state = folder / f"state-{port}"
    settings = Gateway(
        sip=("127.0.0.1", port), http=None, workers=1, policy=folder / "policy", state=state,
        control=folder / "calls" / "control.sock",
        trusted=frozenset({signing.public_key(SECRET)}), seed=bytes(32),
    )  # fmt: skip
    state.mkdir(parents=True)
    worker.run_worker(settings, Counters(now=time.time_ns() // 1000) if counting else None)


def wait_for_engine(port: int) -> None:
    """Until it says yes to an OPTIONS: a policy is loaded."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.bind(("127.0.0.1", 0))
        asking.settimeout(0.2)
        own = asking.getsockname()[1]
        text = (
            f"OPTIONS sip:127.0.0.1:{port} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{own};branch=z9hG4bKready\r\n"
            f"From: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\nCall-ID: ready\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
        )
        for _ in range(200):
            asking.sendto(text.encode(), ("127.0.0.1", port))
            with contextlib.suppress(OSError):
                if asking.recv(4096).startswith(b"SIP/2.0 200"):
                    return
            time.sleep(0.1)
    raise SystemExit("the engine did not start")


@contextlib.contextmanager
def engine(folder: Path, counting: bool) -> Iterator[tuple[int, int]]:
    """A process that answers; its port and id."""
    port = free_port()
    words = [sys.executable, __file__, "serve", str(folder), str(port), str(int(counting))]
    process = subprocess.Popen(words, start_new_session=True)  # as a service of its own has it, a share of its own
    favour(process.pid)
    try:
        wait_for_engine(port)
        yield port, process.pid
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def edge(
    folder: Path, rules: Rules, engine_ports: Sequence[int], core_port: int, hep: str = ""
) -> Iterator[tuple[int, Rpc, int]]:
    """A running Kamailio: its port, its JSON-RPC, its process group. hep: where it mirrors to."""
    port = free_port()
    engines = tuple(f"sip:127.0.0.1:{each}" for each in engine_ports)
    settings = Settings(
        listen=(f"udp:127.0.0.1:{port}",), engines=engines, next_hops=(f"sip:127.0.0.1:{core_port}",), log_level=-1,
        workers=4, events=bool(engines), hep=hep,
    )  # fmt: skip
    write_run_folder(folder, settings, CONFIG)
    write_snapshot(folder / SNAPSHOT, rules)
    log = (folder / "log").open("wb")
    process = subprocess.Popen(command(folder, settings), stdout=log, stderr=log, start_new_session=True)
    log.close()
    favour(process.pid)
    try:
        with Rpc(rpc_address(settings, folder)) as rpc:
            wait_for(rpc)
            yield port, rpc, process.pid
    finally:
        for how in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, how)
            time.sleep(1.0)
        process.wait()


def favour(process: int) -> None:
    """Put a session before the other work of this machine, where we may: what is measured is not its neighbours."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{process}/autogroup").write_text("-15")
        os.setpriority(os.PRIO_PROCESS, process, -15)


def wait_for(rpc: Rpc) -> None:
    """Until Kamailio answers."""
    for _ in range(100):
        try:
            rpc.ask("core.uptime")
            time.sleep(1.5)  # the first OPTIONS
            return
        except RpcError:
            time.sleep(0.1)
    raise SystemExit("Kamailio did not start")


def sipp(*words: str, folder: Path) -> subprocess.Popen[bytes]:
    """One sipp, silent."""
    return subprocess.Popen(
        ["sipp", *words, "-nostdin"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def load(folder: Path, rules: Rules, rate: int, *engine_ports: int) -> Run:
    """Full calls at one rate through one edge."""
    work = Path(tempfile.mkdtemp(dir=folder))
    with core(work) as core_port, edge(work, rules, engine_ports, core_port) as (port, rpc, group):
        before, calls = cpu_of(group), rate * SECONDS
        with captured(work, f"{INVITE} and (dst port {port} or dst port {core_port})") as stamps:
            finish(calling(folder, work, port, rate, calls), SECONDS)
            cpu = (cpu_of(group) - before) / calls * 1e6
            counts = rpc.ask("stats.fetch", "script:")
            time.sleep(0.5)
    held = stamped(stamps, port)[:, 1]
    return Run(calls, *failures(work / "stat.csv"), held, int(counts["script.unscreened"]), cpu)


@contextlib.contextmanager
def core(work: Path) -> Iterator[int]:
    """The switch behind the edge, which answers every call; its port. Statistics in work/core.csv."""
    port = free_port()
    words = ("-sf", str(SCENARIOS / "core.xml"), "-i", "127.0.0.1", "-p", str(port))
    process = sipp(*words, "-trace_stat", "-stf", "core.csv", "-fd", "1", folder=work)
    try:
        yield port
    finally:
        process.kill()
        process.wait()


def calling(
    folder: Path, work: Path, port: int, rate: int, calls: int, scenario: str = "calls"
) -> subprocess.Popen[bytes]:
    """Whole calls at a steady rate, with statistics in work/stat.csv."""
    return sipp(
        f"127.0.0.1:{port}", "-sf", str(SCENARIOS / f"{scenario}.xml"), "-inf", str(folder / "callers.csv"),
        "-i", SWITCH, "-p", str(free_port()), "-r", str(rate), "-m", str(calls), "-l", "4000",
        "-trace_stat", "-stf", "stat.csv", "-fd", "1", folder=work,
    )  # fmt: skip


def finish(caller: subprocess.Popen[bytes], seconds: float) -> None:
    """Let a caller's calls come to their end, for so long and some patience."""
    try:
        caller.wait(seconds + PATIENCE_S)
    except subprocess.TimeoutExpired:
        caller.send_signal(signal.SIGUSR1)  # what is under way ends, then the last statistics are written
        time.sleep(2.0)
    finally:
        caller.kill()
        caller.wait()


def statistics(path: Path) -> dict[str, str]:
    """The last line of sipp's own statistics."""
    lines = path.read_text().splitlines()
    return dict(zip(lines[0].split(";"), lines[-1].split(";"), strict=False))


def failures(path: Path) -> tuple[int, str]:
    """Failed calls by sipp's own statistics, and why."""
    last = statistics(path)
    kinds = (name for name in last if name.startswith("Failed") and name.endswith("(C)") and name != "FailedCall(C)")
    why = ", ".join(f"{last[name]} {name[6:-3]}" for name in kinds if last[name] not in ("0", ""))
    return int(last["FailedCall(C)"]), why


def cpu_of(group: int) -> float:
    """CPU seconds of a process group so far."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12]) if int(fields[2]) == group else 0
    return ticks / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def captured(folder: Path, what: str) -> Iterator[Path]:
    """UDP packets of loopback as tcpdump chooses them, with the kernel's stamps."""
    path = folder / "captured.pcap"
    words = ("-i", "lo", "-n", "-B", "16384", "-s", "700", "--time-stamp-precision=nano", "-U", "-w", "-")
    with path.open("wb") as file:  # ours: tcpdump gives up root before it would open one
        process = subprocess.Popen(["tcpdump", *words, what], stdout=file, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 10
    while not path.stat().st_size and time.monotonic() < end:  # it writes the file's own header when it listens
        time.sleep(0.05)
    time.sleep(0.2)
    try:
        yield path
    finally:
        time.sleep(1.5)  # the kernel hands packets over at the latest after a second; what it has not is lost
        process.send_signal(signal.SIGINT)
        process.wait()


def frames(path: Path) -> Iterator[tuple[int, int, bytes]]:
    """Of each packet captured: when (UTC, ns), to which port, and the Call-ID in it."""
    data = path.read_bytes()
    at = 24  # the file's own header
    while at + 16 <= len(data):
        seconds, nanos, size, _ = struct.unpack_from("<IIII", data, at)
        frame = data[at + 16 : at + 16 + size]
        at += 16 + size
        start = 14 + (frame[14] & 15) * 4  # Ethernet, IPv4
        target = int.from_bytes(frame[start + 2 : start + 4], "big")
        yield seconds * 10**9 + nanos, target, frame.partition(b"\r\nCall-ID: ")[2].partition(b"\r\n")[0]


def stamped(path: Path, port: int) -> np.ndarray:
    """A row for each call: when its first INVITE reached the edge (UTC, ns), and milliseconds to its first one to the
    core."""
    arrived: dict[bytes, int] = {}
    left: dict[bytes, int] = {}
    for when, target, call in frames(path):
        (arrived if target == port else left).setdefault(call, when)
    rows = [(arrived[call], (when - arrived[call]) / 1e6) for call, when in left.items() if call in arrived]
    return np.array(rows).reshape(-1, 2)


def told(name: str, run: Run, base: Run | None = None) -> None:
    """One line."""
    middle, high = np.percentile(run.held, (50, 99))
    why = f" ({run.why})" if run.why else ""
    text = f"{name}: {run.failed} of {run.calls:,} failed{why}, {run.unscreened} unscreened"
    text += f", held p50 {middle:.2f} p99 {high:.2f} ms, Kamailio {run.cpu_us:.0f} us CPU a call"
    if base is not None:
        low, top = np.percentile(base.held, (50, 99))
        text += (
            f"; added p50 {middle - low:+.2f} p99 {high - top:+.2f} ms, ratio {middle / low:.2f} and {high / top:.2f}"
        )
    print(text, flush=True)


def ready() -> bool:
    """Whether all programs are there; if so, this one is put before its neighbours."""
    for tool in ("kamailio", "sipp", "tcpdump"):
        if shutil.which(tool) is None:
            print(f"{tool} is not installed (scripts/system-packages installs it): nothing measured")
            return False
    favour(os.getpid())
    return True


def prepared(folder: Path) -> Rules:
    """A policy published in the folder, and callers within its contract; the edge's rules."""
    trunk = contract()
    Publisher(folder / "policy", SECRET).snapshot(listed(LISTED), trunks=[trunk])
    callers(folder / "callers.csv", trunk)
    rules = compile_rules(Policy(version=1, trunks=[trunk]), Local({}), date.today())
    print(f"{LISTED:,} listed numbers, {RANGES:,} ranges, {len(rules.rows):,} rows in the edge", flush=True)
    return rules


def main() -> None:
    """Print every figure."""
    if not ready():
        return
    with tempfile.TemporaryDirectory(prefix="fz", dir="/tmp") as name:
        folder = Path(name)
        rules = prepared(folder)
        for rate in (LATENCY_AT, FULL_AT):
            base = load(folder, rules, rate)
            told(f"{rate} calls/s, no engine", base)
            with engine(folder, True) as (port, _):
                run = load(folder, rules, rate, port)
            told(f"{rate} calls/s, with engine", run, base)
            if rate == LATENCY_AT:
                added = float(np.subtract(*(np.percentile(each.held, 99) for each in (run, base))))
                print(f"    added p99 {kept(added, LIMIT_MS, 'ms')}", flush=True)
            else:
                print(f"    failed or unscreened {kept(run.failed + run.unscreened, 0, digits=0)}", flush=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    print(f"largest process {peak:.2f} GB")


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(Path(sys.argv[2]), int(sys.argv[3]), bool(int(sys.argv[4])))
    else:
        main()
