"""Decides how fast a province is made: calls a second, seconds for about ten million calls, and peak memory.

Limit (issue 2, part 6): one million subscribers and ten million calls in three minutes on two cores, under 4 GB.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from fanzha.world import make_world
from limit import kept
from memory import peak_gb

DAYS_FOR_TEN_CALLS_EACH = 3
MOST_S, MOST_GB = 180, 4


def run(subscribers: int = 1_000_000, days: int = DAYS_FOR_TEN_CALLS_EACH) -> None:
    """Make one world and print what it took; the kernels are compiled beforehand, on a small one."""
    with tempfile.TemporaryDirectory() as folder:
        make_world(Path(folder) / "warm", subscribers=1000, days=1)
        wall, cpu = time.perf_counter(), time.process_time()
        made = make_world(Path(folder) / "big", subscribers=subscribers, days=days)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        size = sum(file.stat().st_size for file in Path(folder).rglob("*.parquet")) / 1e6
    peak = peak_gb()
    print(f"world: {made.subscribers:,} subscribers, {made.calls:,} calls in {wall:.0f} s ({cpu:.0f} CPU-s)")
    print(f"       {made.calls / cpu:,.0f} calls per CPU-second, {size:.0f} MB written")
    if subscribers >= 1_000_000:
        print(f"       seconds {kept(wall, MOST_S, digits=0)}; GB at the peak {kept(peak, MOST_GB, digits=1)}")
    else:
        print(f"       peak {peak:.1f} GB; the limits are for a million subscribers")


if __name__ == "__main__":
    run(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
