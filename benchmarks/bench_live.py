"""Decides how fast the live table takes calls, and what it holds when ten million numbers have been seen.

Limits (issue 2): 250 k calls per CPU-second for numbers, 120 k with devices and cells, in batches of 50 k; 10 M numbers
seen, 300 k of them with a full profile, in 2 GB, growth included.
"""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np

from fanzha.detection.judge import live_all, make_sink
from fanzha.detection.live import in_order
from fanzha.detection.pack import load_pack
from fanzha.detection.scan import STAGE_ONE, codes_of
from fanzha.detection.watch import MAX_BYTES
from fanzha.profiles import feed
from fanzha.profiles.epoch import no_activations
from fanzha.profiles.event import EVENT, OUTGOING, WAS_ANSWERED
from fanzha.profiles.fields import EntityKind
from fanzha.profiles.table import LiveTable
from limit import kept, reached
from memory import peak_gb
from province import lake_of

BATCH = 50_000
BYTES = MAX_BYTES  # of one table of numbers, as a watch has for all its tables
LEAST = {"numbers": 250_000, "with devices and cells": 120_000}
CROWD, CROWD_FULL, CROWD_GB = 10_000_000, 300_000, 2
SHARES = {EntityKind.NUMBER: 1.0, EntityKind.DEVICE: 0.6, EntityKind.CELL: 0.1}


def stream(kinds: tuple[EntityKind, ...]) -> None:
    """A province's calls in order of arrival."""
    pack = load_pack()
    codes = codes_of(pack)
    lake = lake_of(104_000, 3)
    first, _, _ = lake.span()
    assert first is not None
    start = int(first.timestamp())
    tables = {kind: LiveTable(kind, max_bytes=int(BYTES * SHARES[kind]), start=start) for kind in kinds}
    sinks = {kind: make_sink(4096, pack.program.families) for kind in kinds}
    calls = 0
    spent = 0.0
    for table in in_order(lake, "default", 0, lake.position(), window=BATCH):
        batch = table.combine_chunks().to_batches()[0]
        cpu = time.process_time()
        columns = feed.call_columns(batch)
        for kind in kinds:
            live_all(tables[kind], feed.events_of(columns, kind), no_activations(), codes[kind], sinks[kind])
        if calls:  # the first batch loads the kernels
            spent += time.process_time() - cpu
        calls += batch.num_rows
    print(f"{calls - BATCH} {spent} {peak_gb()} 0 0")


def crowd() -> None:
    """Ten million numbers, most of them heard of once or twice, 300,000 of them busy."""
    pack = load_pack()
    code = codes_of(pack)[EntityKind.NUMBER]
    live = LiveTable(EntityKind.NUMBER, max_bytes=BYTES, start=1_772_380_800)
    sink = make_sink(4096, pack.program.families)
    rng = np.random.default_rng(1)
    calls, spent = 0, 0.0
    for n in range(0, 10_000_000, BATCH):
        events = np.zeros(BATCH * 2, EVENT)
        events["key"][:BATCH] = 8613000000000 + n + np.arange(BATCH)
        events["key"][BATCH:] = 8618000000000 + rng.integers(0, 300_000, BATCH)
        rng.shuffle(events["key"])
        events["peer"] = 8613000000000 + rng.integers(0, 10_000_000, BATCH * 2)
        events["t"] = 1_772_380_800 + n // 50 + np.arange(BATCH * 2) // 1000
        events["seq"] = 1 + n * 2 + np.arange(BATCH * 2)
        events["flags"] = rng.choice([0, OUTGOING, WAS_ANSWERED, OUTGOING | WAS_ANSWERED], BATCH * 2)
        cpu = time.process_time()
        live_all(live, events, no_activations(), code, sink)
        spent += time.process_time() - cpu
        calls += BATCH
    counts = live.counts()
    print(f"{calls} {spent} {peak_gb()} {counts.keys} {counts.full}")


def measured(name: str) -> list[float]:
    """One measurement in a process of its own."""
    done = subprocess.run([sys.executable, __file__, name], capture_output=True, text=True, check=True)
    return [float(word) for word in done.stdout.split("\n")[-2].split()]


def run() -> None:
    """Print every figure."""
    lake_of(104_000, 3).close()
    measured("all")  # compiles
    numbers, everything = measured("numbers"), measured("all")
    for name, (calls, cpu, peak, _, _) in (("numbers", numbers), ("with devices and cells", everything)):
        print(f"live, {name}: calls per CPU-second {reached(calls / cpu, LEAST[name])}; peak {peak:.2f} GB", flush=True)
    print(f"ratio numbers alone / everything: {numbers[0] / numbers[1] / (everything[0] / everything[1]):.1f}")
    calls, cpu, peak, keys, full = measured("crowd")
    print(f"numbers seen {reached(keys, CROWD)}; with a full profile {reached(full, CROWD_FULL)}")
    print(f"their peak in GB {kept(peak, CROWD_GB)}; {2 * calls / cpu:,.0f} events a CPU-second")


if __name__ == "__main__":
    if len(sys.argv) == 1:
        run()
    elif sys.argv[1] == "crowd":
        crowd()
    else:
        stream(STAGE_ONE if sys.argv[1] == "all" else (EntityKind.NUMBER,))
