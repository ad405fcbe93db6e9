"""Decides how fast a rule is tried on history: numbers, devices and cells, a sweep, and a slider's answer.

Limits (issue 5), at 100 M calls on two quiet cores: a number rule 4 minutes, a device or cell rule 10, in 3 GB of
memory and 12 GB of temporary disk; a sweep of 20 points at most 1.3 times one run; the slider 2 s over a week's 20 M.
The default is 10 M calls. `python benchmarks/bench_backtest.py soak` tries a number, a device and a cell rule on 100 M,
the same three days ten times over: 9 GB of disk, and 12 GB while a rule is tried; `... week` asks the slider of 20 M.
"""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import timedelta
from typing import NamedTuple

from fanzha.detection.backtest.draft import find_draft
from fanzha.detection.backtest.drawing import prepare
from fanzha.detection.backtest.run import run as backtest
from fanzha.detection.backtest.sample import place_of, read_sample
from fanzha.detection.outcomes import Outcomes, of_world
from fanzha.detection.pack import load_pack
from fanzha.detection.scan import scan
from fanzha.profiles.event import EVENT
from fanzha.profiles.fields import EntityKind
from fanzha.records.lake import Lake
from limit import kept
from memory import peak_gb
from province import repeated, world_of

SIZES = {"small": (104_000, 3, 1), "large": (1_040_000, 3, 1), "week": (1_040_000, 3, 2), "soak": (1_040_000, 3, 10)}
LIMITS = {"number": 240, "device": 600, "cell": 600}  # seconds, at 100 M
MOST_GB, MOST_DISK_GB, SLIDER_S, SWEEP = 3, 12, 2, 1.3
RULES = {"number": "mass_dialling.flood", "device": "sim_box.many_cards", "cell": "cell_anomaly.surge"}


def tried(lake: Lake, what: str, known: Outcomes) -> tuple[int, float]:
    """Calls and GB of temporary disk of one run; `what` is a kind of entity, `sweep` one of numbers with 20 points."""
    pack = load_pack()
    kind = "number" if what == "sweep" else what
    leaf = 0 if what == "sweep" else None
    rule = find_draft(pack, RULES[kind])
    told = backtest(lake, pack, rule, outcomes=known, leaf=leaf, temporary=lake.root.parent / "tmp")
    if told.curve is not None:
        assert len(told.curve.points) == 20
    return told.stretch.calls, told.stretch.events * EVENT.itemsize / 1e9


def reference(lake: Lake) -> tuple[int, float]:
    """The same history replayed for numbers with the whole pack, alerts told: what a scan costs."""
    found = scan(lake, load_pack(), temporary=lake.root.parent / "tmp", kinds=(EntityKind.NUMBER,))
    return found.calls, found.events * EVENT.itemsize / 1e9


def one(size: str, what: str) -> None:
    """One measurement in this process; the kernels are warm."""
    with repeated(*SIZES[size]) as lake:
        known = Outcomes([]) if what == "scan" else of_world(world_of(lake))
        wall, cpu = time.perf_counter(), time.process_time()
        calls, disk = reference(lake) if what == "scan" else tried(lake, what, known)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{calls} {wall} {cpu} {peak_gb()} {disk}")


class Measured(NamedTuple):
    """One run: what it read, how long it took, what it held."""

    calls: int
    wall: float
    cpu: float
    peak_gb: float
    disk_gb: float


def measured(size: str, what: str) -> Measured:
    """Printed, from a process of its own."""
    command = [sys.executable, __file__, size, what]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    calls, *rest = done.stdout.split("\n")[-2].split()
    found = Measured(int(calls), *map(float, rest))
    print(
        f"{size:6} {what:7} {found.calls:>12,} calls {found.wall:7.1f} s wall {found.cpu:7.1f} CPU-s "
        f"{found.wall / found.calls * 1e6:5.2f} s a million  peak {found.peak_gb:.2f} GB  "
        f"temporary {found.disk_gb:.2f} GB",
        flush=True,
    )
    return found


def soak() -> None:
    """Rules of three kinds on 100 M calls, against the limits of the issue."""
    with repeated(*SIZES["soak"]) as lake:
        first, last, calls = lake.span("default")
    print(f"{calls:,} calls from {first} to {last}")
    for what, most in LIMITS.items():
        found = measured("soak", what)
        share = found.calls / 100e6
        print(f"{what}: minutes for 100 M, on a quiet machine {kept(found.wall / share / 60, most / 60)}")
        print(f"{what}: GB of memory {kept(found.peak_gb, MOST_GB)}; GB of disk {kept(found.disk_gb, MOST_DISK_GB)}")


def slider(size: str) -> None:
    """How long a sample takes to prepare, and to answer 20 thresholds, first and warm."""
    pack = load_pack()
    rule = find_draft(pack, RULES["number"])
    with repeated(*SIZES[size]) as lake:
        folder = place_of(lake.root.parent, "default", EntityKind.NUMBER)
        started = time.perf_counter()
        made = prepare(lake, folder, pack=pack, days=7, temporary=lake.root.parent / "tmp").made
        took = timedelta(seconds=round(time.perf_counter() - started))
    size_gb = sum(file.stat().st_size for file in folder.iterdir()) / 1e9
    drawn = f"{made.entities:,} of {made.judged:,} entities, {made.rows:,} moments"
    print(f"sample of {made.calls:,} calls: {drawn}, {size_gb:.2f} GB, in {took}")
    for when in ("first", "warm"):
        started = time.perf_counter()
        answer = read_sample(folder, pack).ask(rule, 0)
        took_s = time.perf_counter() - started
        point = min(answer.points, key=lambda each: abs((each.threshold or 0) - 30))
        print(f"slider, {when}, seconds {kept(took_s, SLIDER_S)}")
        print(
            f"{len(answer.points)} thresholds; "
            f"at {point.threshold:g} about {point.hit:,.0f} hit ({point.low:,.0f} to {point.high:,.0f}), "
            f"of which moments miss {answer.missed:.1%}"
        )


def run(size: str = "large") -> None:
    """Print every figure and the ratios."""
    if size in ("soak", "week"):
        soak() if size == "soak" else slider(size)
        return
    for each in {"small", size}:
        repeated(*SIZES[each]).close()
    measured("small", "number")  # compiles
    small = measured("small", "number")
    found = {what: measured(size, what) for what in ("number", "sweep", "device", "cell", "scan")}
    large, sweep = found["number"], found["sweep"]
    ratio = (large.cpu / large.calls) / (small.cpu / small.calls)
    print(f"CPU a call on the large history is {ratio:.2f} times that on the small one")
    print(f"a sweep of 20 points in CPU, times one run: {kept(sweep.cpu / large.cpu, SWEEP)}")
    print(f"a sweep of 20 points in wall time, times one run: {kept(sweep.wall / large.wall, SWEEP)}")
    print(f"a scan with the whole pack costs {found['scan'].cpu / large.cpu:.2f} times one run in CPU")
    slider(size)


if __name__ == "__main__":
    one(*sys.argv[1:]) if len(sys.argv) > 2 else run(*sys.argv[1:])
