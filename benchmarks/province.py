"""Makes a province's lake once for the benchmarks that replay it, and starts numba's cache."""

from __future__ import annotations

import shutil
from pathlib import Path

from fanzha.cli.start import begin

HOME = begin()

from fanzha.records.importing import import_path  # noqa: E402
from fanzha.records.lake import Lake  # noqa: E402
from fanzha.world import make_world  # noqa: E402

PLACE = HOME / "bench"


def lake_of(subscribers: int, days: int, *, seed: int = 5, gangs: int = 20) -> Lake:
    """The lake of a world of this size; made the first time, kept under FANZHA_HOME/bench."""
    home = PLACE / f"{subscribers}-{days}-{seed}-{gangs}"
    if not (home / "ready").exists():
        shutil.rmtree(home, ignore_errors=True)
        made = make_world(home / "world", subscribers=subscribers, days=days, seed=seed, gangs=gangs)
        print(f"made a province: {made.subscribers:,} subscribers, {made.calls:,} calls", flush=True)
        with Lake(home) as lake:
            for kind in ("subscribers", "cells", "trunks"):
                import_path(lake, home / "world" / f"{kind}.parquet", kind=kind)
            import_path(lake, home / "world" / "calls")
        (home / "ready").touch()
    return Lake(home)


def world_of(lake: Lake) -> Path:
    """The world that this lake was filled from."""
    return lake.root.parent / "world"
