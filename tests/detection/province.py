"""A small province for the detection tests: made once, cut into the files a mediation would drop."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from fanzha.records.importing import import_path
from fanzha.records.lake import Lake
from fanzha.world import make_world


def make_province(folder: Path, *, subscribers: int = 1500, days: int = 2, gangs: int = 8, pieces: int = 12) -> Path:
    """A world in `folder`; its calls also as `pieces` files a day under folder/drop."""
    make_world(folder, subscribers=subscribers, days=days, seed=11, gangs=gangs)
    drop = folder / "drop"
    drop.mkdir()
    for file in sorted((folder / "calls").glob("*.parquet")):
        table = pq.read_table(file)
        size = -(-table.num_rows // pieces)
        for piece in range(pieces):
            pq.write_table(table.slice(piece * size, size), drop / f"{file.stem}-{piece:02d}.parquet")
    return folder


def references(home: Path, province: Path) -> Lake:
    """A lake that knows the province's reference tables."""
    lake = Lake(home)
    for kind in ("subscribers", "cells", "trunks"):
        import_path(lake, province / f"{kind}.parquet", kind=kind)
    return lake
