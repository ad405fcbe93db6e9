"""Prints how the shipped ensemble does beside plain LightGBM on the Sichuan table, for whoever doubts or tunes it."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from fanzha.detection.models import available, train
from fanzha.detection.models.report import Report
from limit import reached
from memory import peak_gb

_LEAST = {"auc": 0.957, "macro_f1": 0.917}


def sichuan_table() -> Path:
    """Where the evaluation table would be: FANZHA_DATA, else beside the repository."""
    root = os.environ.get("FANZHA_DATA")
    base = Path(root) if root else Path(__file__).parents[2] / "shared" / "data"
    return base / "sichuan" / "train.csv"


def run() -> None:
    """Five folds times three seeds, three minutes on two busy cores; says so and returns where it cannot run."""
    reason, table = available(), sichuan_table()
    if reason is not None or not table.is_file():
        print(f"models: skipped, {reason or f'no {table} (set FANZHA_DATA)'}")
        return
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        report = train(table, Path(folder) / "model", home=Path(folder) / "home")
        print(f"models: Sichuan 2020, five folds x three seeds, {time.perf_counter() - started:.0f} s")
    _print(report)


def _print(report: Report) -> None:
    cv = report.cross_validation
    assert cv is not None
    print(f"  {'measure':22}{'plain LightGBM':>18}{'ours':>18}{'difference':>12}{'error':>9}{'better':>9}  limit")
    for name, gap in cv.difference.items():
        plain, ours = (
            f"{m[name]:.4f} ± {s[name]:.4f}" for m, s in ((cv.plain_mean, cv.plain_spread), (cv.mean, cv.spread))
        )
        limit = reached(cv.mean[name], _LEAST[name], digits=4) if name in _LEAST else ""
        won = f"{gap.won}/{gap.of}"
        print(f"  {name:22}{plain:>18}{ours:>18}{gap.mean:>+12.4f}{gap.corrected_error:>9.4f}{won:>9}  {limit}")
    print(f"  calibration: ECE {report.calibration.ece:.4f}, Brier {report.calibration.brier:.4f}")
    print(f"  peak {peak_gb():.2f} GB")


if __name__ == "__main__":
    run()
