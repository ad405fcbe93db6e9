"""Decides how the benchmarks tell peak memory: what the kernel says a process has held."""

from __future__ import annotations

from pathlib import Path


def peak_gb(process: int | str = "self") -> float:
    """The most memory a process has held; getrusage would count what its parent held before it was started."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1e6


def resident_mb(process: int | str = "self") -> float:
    """What a process holds now; 0 for one that has ended."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return int(status.split("VmRSS:")[1].split()[0]) / 1e3 if "VmRSS:" in status else 0.0
