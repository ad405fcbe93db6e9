"""Makes a province's lake once for the benchmarks that replay it, and starts numba's cache."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from fanzha.cli.start import begin

HOME = begin()

from fanzha.records.importing import import_path  # noqa: E402
from fanzha.records.lake import Lake  # noqa: E402
from fanzha.records.manifest import Part, add_parts, index_of, indexes_of  # noqa: E402
from fanzha.records.part import DAY, new_path, read_columns, write_parquet  # noqa: E402
from fanzha.records.storage import TEMPORARY  # noqa: E402
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


def repeated(subscribers: int, days: int, times: int, *, seed: int = 5, gangs: int = 20) -> Lake:
    """The lake of `lake_of` and its calls again, `days` later each time: `times` as many calls of the same people.

    A look-up by number, which only the fifty hardest cases ask, is that of the first time: ten times one history take
    8 GB so, not 30. Made the first time, kept beside the others.
    """
    once = lake_of(subscribers, days, seed=seed, gangs=gangs)
    if times == 1:
        return once
    once.close()
    first = PLACE / f"{subscribers}-{days}-{seed}-{gangs}"
    home = first.with_name(f"{first.name}-x{times}")
    if not (home / "ready").exists():
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(first / "lake", home / "lake", copy_function=_linked)
        (home / "world").symlink_to(first / "world")
        with Lake(home) as lake, ThreadPoolExecutor(2) as threads:
            parts, last = lake.manifest.parts("calls"), lake.position()
            for time in range(1, times):
                shift = partial(_shifted, lake.root, time=time, days=days, calls=last)
                fresh = list(threads.map(shift, parts))
                with lake.manifest.transaction(ids=True) as connection:
                    add_parts(connection, fresh)
                    connection.execute("update state set value = ? where name = 'next_seq'", (last * (time + 1) + 1,))
        (home / "ready").touch()
    return Lake(home)


def _linked(source: str, target: str) -> None:
    """Parts never change, so they are linked; what SQLite writes is copied."""
    if ".sqlite" in source or source.endswith(".lock"):
        shutil.copy(source, target)
    else:
        Path(target).hardlink_to(source)


def _shifted(root: Path, part: Part, *, time: int, days: int, calls: int) -> Part:
    """One part, so many times `days` later and behind so many times all calls."""
    later, behind = time * days * DAY, time * calls
    table = read_columns(root / part.path)
    for name in ("started", "answered", "ended", "seen"):
        place = table.schema.get_field_index(name)
        moved = pc.add(table[name].cast(pa.int64()), later)
        table = table.set_column(place, table.schema.field(name), moved.cast(table.schema.field(name).type))
    for name, more in (("seq", behind), ("id", time)):
        place = table.schema.get_field_index(name)
        table = table.set_column(place, table.schema.field(name), pc.add(table[name], more))
    day = part.day + time * days
    path = new_path("calls", part.network, day)
    size = write_parquet(root, path, table)
    (root / (path + TEMPORARY)).rename(root / path)
    if part.lookup is not None:
        for own, first in zip(indexes_of(path), indexes_of(part.path), strict=True):
            (root / own).hardlink_to(root / first)
    return part._replace(
        path=path,
        day=day,
        min_seq=part.min_seq + behind,
        max_seq=part.max_seq + behind,
        first=part.first + later,
        last=part.last + later,
        lookup=index_of(path, "number") if part.lookup else None,
        bytes=size,
    )
