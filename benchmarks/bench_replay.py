"""Decides how fast history is replayed with the whole rule pack, beside one DuckDB query for the same fields.

Limits (issue 2): 10 M calls, numbers 30 s on two quiet cores and 2 GB; with devices and cells 75 s and 3 GB; linear
within 15 % from 1 M; at least 3 times fewer CPU seconds than the query, on 1 M calls.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pyarrow as pa

from fanzha.detection.pack import load_pack
from fanzha.detection.scan import STAGE_ONE, scan
from fanzha.profiles.fields import EntityKind
from fanzha.records.lake import Lake
from limit import kept, reached
from memory import peak_gb
from province import lake_of

SMALL, LARGE, DAYS = 104_000, 1_040_000, 3  # subscribers: about 1 M and 10 M calls
LIMITS = {"large-numbers": (30, 2), "large-all": (75, 3)}  # seconds on two quiet cores, GB
GROWTH, RATIO = 1.15, 3
REFERENCE = (Path(__file__).parent / "reference.sql").read_text(encoding="utf-8")
COUNTERS = {
    "out": "count(*) filter (where out)",
    "answered": "count(*) filter (where out and got)",
    "short": "count(*) filter (where short)",
    "hangup": "count(*) filter (where hangup)",
    "new": "count(*) filter (where new)",
    "contacts": "count(distinct case when out then peer end)",
    "steps": "count(*) filter (where step)",
    "switches": "count(*) filter (where switch)",
    "incoming": "count(*) filter (where not out)",
    "incoming_answered": "count(*) filter (where not out and got)",
    "callbacks": "count(*) filter (where callback)",
    "forwarded": "count(*) filter (where fwd)",
    "talk_out": "sum(talk) filter (where out)",
    "talk_in": "sum(talk) filter (where not out)",
}
WINDOWS = {"w5m": 300, "w1h": 3600, "w24h": 86400, "w7d": 604800}


def replay(lake: Lake, kinds: tuple[EntityKind, ...]) -> tuple[int, float, float]:
    """Calls, wall seconds and CPU seconds of one scan."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = scan(lake, load_pack(), temporary=lake.root.parent / "tmp", kinds=kinds)
    return found.calls, time.perf_counter() - wall, time.process_time() - cpu


def query(lake: Lake) -> tuple[int, float]:
    """Events and CPU seconds of the reference query."""
    columns = ("caller", "callee", "started", "seq", "answered", "talk_ms", "ring_ms", "caller_imei", "callee_imei")
    calls = pa.Table.from_batches(list(lake.scan((*columns, "forwarded_from"))))
    database = duckdb.connect(config={"threads": 2, "memory_limit": "8GB"})
    database.register("calls", calls)
    named = ", ".join(f"{sql} over {w} as {name}_{w}" for w in WINDOWS for name, sql in COUNTERS.items())
    frame = "{w} as (partition by key order by t range between {s} preceding and current row)"
    windows = ", ".join(frame.format(w=w, s=s) for w, s in WINDOWS.items())
    cpu = time.process_time()
    sql = f"select count(*), sum(out_w7d) from ({REFERENCE.format(columns=named, windows=windows)})"
    # Every column is wanted, as the kernel computes all: a sum over each keeps the query from dropping any.
    sums = ", ".join(f"sum({name}_{w})" for w in WINDOWS for name in COUNTERS)
    sql = sql.replace("sum(out_w7d)", sums)
    row = database.execute(sql).fetchone()
    assert row is not None
    return int(row[0]), time.process_time() - cpu


def one(name: str) -> None:
    """One measurement in this process; the kernels are warm."""
    small = lake_of(SMALL, DAYS)
    kinds = STAGE_ONE if name.endswith("all") else (EntityKind.NUMBER,)
    if name == "query":
        events, cpu = query(small)
        print(f"{name} {events} 0 {cpu} {peak_gb()}")
        return
    lake = small if name.startswith("small") else lake_of(LARGE, DAYS)
    calls, wall, cpu = replay(lake, kinds)
    print(f"{name} {calls} {wall} {cpu} {peak_gb()}")


def measured(name: str) -> tuple[int, float, float, float]:
    """The same in a process of its own: calls, wall s, CPU s, peak GB."""
    done = subprocess.run([sys.executable, __file__, name], capture_output=True, text=True, check=True)
    _, calls, wall, cpu, peak = done.stdout.split("\n")[-2].split()
    return int(calls), float(wall), float(cpu), float(peak)


def run() -> None:
    """Print every figure and the ratios."""
    lake_of(SMALL, DAYS).close()
    lake_of(LARGE, DAYS).close()
    replay(lake_of(SMALL, DAYS), STAGE_ONE)  # compiles
    found = {}
    for name in ("small-numbers", "large-numbers", "small-all", "large-all"):
        calls, wall, cpu, peak = found[name] = measured(name)
        print(f"{name:14} {calls:>11,} calls {wall:7.1f} s wall {cpu:7.1f} CPU-s  peak {peak:.2f} GB", flush=True)
        if name in LIMITS:
            seconds, gigabytes = LIMITS[name]
            print(f"{name:14} seconds {kept(wall, seconds, digits=1)}; GB {kept(peak, gigabytes)}", flush=True)
    for kinds in ("numbers", "all"):
        small, large = found[f"small-{kinds}"], found[f"large-{kinds}"]
        ratio = (large[2] / large[0]) / (small[2] / small[0])
        print(f"{kinds}: CPU a call on the large history, times that on the small one: {kept(ratio, GROWTH)}")
    events, _, cpu, peak = measured("query")
    ours = found["small-numbers"][2]
    print(
        f"DuckDB query, {events:,} events: {cpu:.1f} CPU-s, peak {peak:.1f} GB; the replay with rules {ours:.1f} CPU-s"
    )
    print(f"ratio query/replay {reached(cpu / ours, RATIO, digits=1)}")


if __name__ == "__main__":
    one(sys.argv[1]) if len(sys.argv) > 1 else run()
