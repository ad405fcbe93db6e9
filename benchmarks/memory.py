"""Decides how the benchmarks tell peak memory: what the kernel says a process has held."""

from __future__ import annotations

from pathlib import Path


def peak_gb(process: int | str = "self") -> float:
    """The most memory a process has held; getrusage would count what its parent held before it was started."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1e6
