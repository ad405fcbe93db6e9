"""Decides whether records come in fast enough: CSV rows a second beside pyarrow's parser alone, and one number's calls.

Limits (issue 2): CSV at least 300,000 rows/s on two quiet cores; all calls of one number out of ten million in 50 ms.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from fanzha.records.importing import import_file
from fanzha.records.lake import Lake
from limit import kept, reached
from memory import peak_gb
from province import lake_of

ROWS = 2_000_000
DAYS = 7
LEAST_ROWS_S = 300_000
LARGE = 1_040_000  # subscribers of a lake of about ten million calls
LOOKUPS, LOOKUP_MS = 200, 50


def calls(rows: int, seed: int = 7) -> pa.Table:
    """Calls of a week as mediation writes them, in the order of their starts, with devices and cells on our side."""
    rng = np.random.default_rng(seed)
    known = 13_000_000_000 + rng.choice(900_000_000, max(rows // 10, 10), replace=False)
    caller, callee = known[rng.integers(0, len(known), rows)], known[rng.integers(0, len(known), rows)]
    started = np.datetime64("2026-10-01T00:00:00", "us") + np.sort(rng.integers(0, DAYS * 86_400, rows)).astype("m8[s]")
    talk = np.where(rng.random(rows) < 0.6, rng.integers(1, 600, rows), 0)
    ring = rng.integers(1, 30, rows)
    answered = pa.array((started + ring.astype("m8[s]")).astype("M8[s]"), mask=talk == 0)
    columns = {
        "caller": caller, "callee": callee, "started": started.astype("M8[s]"), "answered": answered,
        "ended": (started + (ring + talk).astype("m8[s]")).astype("M8[s]"),
        "ring_ms": ring * 1000, "talk_ms": talk * 1000,
        "ingress": pa.repeat(pa.scalar("local"), rows), "release_cause": np.where(talk > 0, 16, 19),
        "caller_imsi": 460_000_000_000_000 + caller % 10**9, "caller_imei": 350_000_000_000_000 + caller % 10**9,
        "caller_cell": rng.integers(1, 5_000, rows),
    }  # fmt: skip
    return pa.table(columns)


def run(rows: int = ROWS) -> None:
    """Import one CSV into an empty lake and again; then ask a large one for numbers. Prints what each took."""
    with tempfile.TemporaryDirectory() as folder:
        warm, big = Path(folder) / "warm.csv", Path(folder) / "calls.csv"
        pacsv.write_csv(calls(1000, seed=1), warm)
        pacsv.write_csv(calls(rows), big)
        with Lake(Path(folder) / "warm") as lake:  # compiles the kernels
            import_file(lake, warm)
        alone, _ = _took(lambda: pacsv.read_csv(big))
        with Lake(Path(folder) / "home") as lake:
            wall, cpu = _took(lambda: import_file(lake, big))
            again, _ = _took(lambda: import_file(lake, big))
        size = sum(file.stat().st_size for file in (Path(folder) / "home").rglob("*") if file.is_file())
    peak = peak_gb()
    print(f"import: {rows:,} rows of CSV, {cpu / rows * 1e6:.1f} CPU-s a million")
    print(f"        rows a second {reached(rows / wall, LEAST_ROWS_S)}")
    print(
        f"        pyarrow.csv alone {rows / alone:,.0f} rows/s: the whole import takes {wall / alone:.1f} times as long"
    )
    print(f"        the same file again {rows / again:,.0f} rows/s; {size / rows:.0f} bytes a call; peak {peak:.1f} GB")
    with lake_of(LARGE, 3) as lake:
        quick = _lookups(lake)
        print(f"        all calls of one number out of {lake.span()[2]:,}: median {np.median(quick):.1f} ms,", end=" ")
        print(f"ms of 95 % {kept(float(np.percentile(quick, 95)), LOOKUP_MS, digits=1)}")


def _lookups(lake: Lake) -> list[float]:
    batch = next(lake.scan(["caller"]))
    numbers = np.unique(np.asarray(batch["caller"].drop_null()))[:LOOKUPS]
    return [1000 * _took(lambda number=int(number): lake.calls_of(number))[0] for number in numbers]


def _took(work: object) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    assert callable(work)
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


if __name__ == "__main__":
    run()
