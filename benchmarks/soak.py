"""Runs the soaks, each in a process of its own: python -m benchmarks.soak [--minutes M] [NAME ...]; make soak.

A soak goes on for the minutes it is given, and fails where memory grows on or counts do not add up. Any soak_NAME.py
beside this file is one: it gets the seconds as its only argument, and ends with a status other than 0 where it failed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # memory.py; run as `-m benchmarks.soak`, the folder of the others is not looked into

from memory import resident_mb  # noqa: E402

GROWTH, SLACK_MB = 1.05, 16


class Bounded:
    """Whether what some processes hold stops growing: the last third of a soak against the one before it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._seen: list[float] = []

    def look(self, *processes: int) -> None:
        """Once in a while: what they hold together now."""
        self.note(sum(resident_mb(process) for process in processes))

    def note(self, held_mb: float) -> None:
        """The same, measured otherwise."""
        self._seen.append(held_mb)

    def verdict(self) -> bool:
        """Print it; whether memory is bounded."""
        third = max(1, len(self._seen) // 3)
        before, last = max(self._seen[-2 * third : -third], default=0.0), max(self._seen[-third:], default=0.0)
        kept = last <= before * GROWTH + SLACK_MB
        print(f"  {self._name}: {before:.0f} MB in the middle third, {last:.0f} MB in the last: "
              f"{'bounded' if kept else 'GROWS'}", flush=True)  # fmt: skip
        return kept


def adds_up(what: str, *counts: int) -> bool:
    """Print counts that should be the same; whether they are."""
    same = len(set(counts)) == 1
    print(f"  {what}: {' = '.join(f'{count:,}' for count in counts)} {'' if same else 'DO NOT ADD UP'}", flush=True)
    return same


def until(seconds: float) -> float:
    """When a soak of so many seconds ends, on the steady clock."""
    return time.monotonic() + seconds


def main() -> int:
    """How many soaks failed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("names", nargs="*")
    asked = parser.parse_args()
    failed = 0
    for file in sorted(HERE.glob("soak_*.py")):
        name = file.stem.removeprefix("soak_")
        if asked.names and name not in asked.names:
            continue
        print(f"\n== soak {name}, {asked.minutes:g} minutes", flush=True)
        status = subprocess.run([sys.executable, str(file), str(asked.minutes * 60)], check=False).returncode
        print(f"  {name}: {'kept' if status == 0 else 'FAILED'}", flush=True)
        failed += status != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
