"""Runs each benchmark in a process of its own, so that its peak memory is its own: python -m benchmarks [NAME ...]."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def machine() -> str:
    """What the figures were measured on."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    load = os.getloadavg()[0]
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores, {pages / 2**30:.0f} GiB, {system}, load {load:.1f} at the start"


def main(names: list[str]) -> int:
    """Run the benchmarks named (all without a name); how many failed."""
    files = sorted(HERE.glob("bench_*.py"))
    chosen = [file for file in files if not names or file.stem.removeprefix("bench_") in names]
    print(machine(), flush=True)
    failed = 0
    for file in chosen:
        print(f"\n== {file.stem.removeprefix('bench_')}", flush=True)
        failed += subprocess.run([sys.executable, str(file)], check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
