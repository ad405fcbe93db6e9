"""Decides how the demonstration lives: three days of calls at once, then twenty minutes of them every few seconds, and
when the present is reached, each as its time comes.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from fanzha.cli.language import say
from fanzha.cli.terminal import note, progress

DAYS, AT_ONCE = 7, 3
SEED = 9  # a province in which the lawyer, the class teacher and the courier of docs/lab.md dial as fast as a gang
_AHEAD = 2  # of these days lie before us: today and tomorrow
_PIECE_S, _EVERY_S = 1200, 5.0


@dataclass(frozen=True)
class Size:
    """How many people and gangs live in the demonstration's province, at most."""

    subscribers: int = 6000
    gangs: int = 40


def prepare(place: Path, size: Size) -> None:
    """Make the province and the people of the demonstration, once."""
    from fanzha.desk.organisations.demo import settle

    province = place / "province"
    if not (province / "ready").exists():
        note(say("正在造一个合成省份……", "making a synthetic province ..."))
        shutil.rmtree(province, ignore_errors=True)
        _make(province, size)
        _import_references(place, province)
        for day in sorted((province / "calls").glob("*.parquet"))[:AT_ONCE]:
            shutil.copyfile(day, place / "incoming" / day.name)
        (province / "ready").touch()
    settle(number=_somebody(province))


def live(place: Path, stopped: Callable[[], bool]) -> None:
    """Drop the rest of the province's calls into the watched folder, piece by piece, none before its time."""
    done = place / "province" / "pieces"
    done.mkdir(exist_ok=True)
    for day in sorted((place / "province" / "calls").glob("*.parquet"))[AT_ONCE:]:
        for name, end, write in _pieces(day):
            if (done / name).exists():
                continue
            _wait((end - datetime.now(UTC)).total_seconds(), stopped)
            if stopped():
                return
            write(place / "incoming" / f"{name}.parquet")
            (done / name).touch()
            _wait(_EVERY_S, stopped)
    while not stopped():
        time.sleep(1)


def _make(province: Path, size: Size) -> None:
    from fanzha.world.make import make_world

    first = date.today() - timedelta(days=DAYS - _AHEAD)
    with progress(say("造省", "world")) as step:
        make_world(
            province, subscribers=size.subscribers, days=DAYS, gangs=size.gangs, seed=SEED, start=first,
            progress=lambda done, total, what: step(what, done / total),
        )  # fmt: skip


def _import_references(place: Path, province: Path) -> None:
    from fanzha.cli.intake import import_all
    from fanzha.records.lake import Lake

    with Lake(place) as lake, progress(say("导入", "import")) as step:
        for kind in ("subscribers", "cells", "trunks"):
            import_all(lake, (str(province / f"{kind}.parquet"),), kind=kind, step=step)


def _pieces(day: Path) -> Iterator[tuple[str, datetime, Callable[[Path], None]]]:
    """(name, end, writer) of each stretch of a day that has calls, in order of time."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    calls = pq.read_table(day).sort_by("started")
    stretch = pc.divide(calls["started"].cast(pa.int64()), _PIECE_S * 1_000_000)
    for each in pc.unique(stretch).to_pylist():
        rows = calls.filter(pc.equal(stretch, each))

        def write(target: Path, rows: pa.Table = rows) -> None:
            part = target.with_suffix(".part")
            pq.write_table(rows, part)
            part.rename(target)

        yield f"{day.stem}-{each}", datetime.fromtimestamp((each + 1) * _PIECE_S, UTC), write


def _somebody(province: Path) -> str:
    """A number that a gang of the province dials with: the demonstration's subscriber, who will appeal."""
    import pyarrow.parquet as pq

    from fanzha import numbering

    numbers = pq.read_table(province / "truth" / "numbers.parquet").to_pylist()
    found = next((row["number"] for row in numbers if row.get("scheme") == "mass_dialling"), None)
    return "" if found is None else numbering.display(numbering.parse(str(found)).number)


def _wait(seconds: float, stopped: Callable[[], bool]) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and not stopped():
        time.sleep(0.2)
