"""Decides the order of creation: a province is settled, gangs are raised, and its days are lived and written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from fanzha.errors import UsageError
from fanzha.records.contract import CALLS_RAW
from fanzha.world.calls import DAY_MS, blank_calls, ends
from fanzha.world.dialler import dialled_calls
from fanzha.world.drift import load_drift
from fanzha.world.files import write_batches
from fanzha.world.lines import hold_lines
from fanzha.world.plot import Plot
from fanzha.world.private import private_calls
from fanzha.world.settle import Settlement, settle
from fanzha.world.truth import Truth, write_changes, write_places

Progress = Callable[[int, int, str], None]
_CHUNK = 1 << 19


@dataclass(frozen=True)
class WorldSummary:
    """What was made: counts of subscribers, numbers, calls, and of what in them is fraud."""

    out: str
    seed: int
    days: int
    subscribers: int
    numbers: int
    calls: int
    gangs: int
    fraud_numbers: int
    fraud_calls: int
    victims_convinced: int
    honest_heavy: int
    files: int
    changes: int  # what began, or came and went, while it lasted; truth/changes lists them

    def as_dict(self) -> dict[str, int | str]:
        return asdict(self)


def make_world(
    out: Path,
    *,
    subscribers: int = 20_000,
    days: int = 7,
    seed: int = 1,
    gangs: int = 20,
    evasion: str | int = "mix",
    start: date = date(2026, 3, 2),
    format: str = "parquet",  # noqa: A002 - the word users type
    drift: bool = False,
    progress: Progress | None = None,
) -> WorldSummary:
    """Make a province and write it under `out`; the same arguments give the same bytes.

    `evasion` is `mix` or a level 0 to 3 for every gang; `start` is the first day, Asia/Shanghai; `format` is parquet
    or csv; with `drift` a scheme and a business begin in the third week and the public calendar's holidays are kept
    (drift.yaml); `progress(done, total, what)` is called after each day. Raises `UsageError` for what cannot be made.
    """
    _check(subscribers, days, gangs, evasion, start, format, drift)
    out = Path(out)
    _report(progress, 0, days, "settling")
    town = settle(subscribers, days, seed, gangs, evasion, start, drift=drift)
    town.write_references(out, format)
    truth = Truth(len(town.switch.raw), town.gangs)
    total = 0
    for day, calls in _days(town, days):
        name = (start + timedelta(days=day)).strftime("calls-%Y%m%d")
        write_batches(_batches(town, truth, calls, day, total), CALLS_RAW, out / "calls" / name, format)
        total += len(calls)
        _report(progress, day + 1, days, name)
    truth.write(out, town, format)
    write_places(out, town, truth, format)
    changes = write_changes(out, town, format) if drift else 0
    return _summary(out, town, truth, days, total, changes)


def _check(subscribers: int, days: int, gangs: int, evasion: str | int, start: date, shape: str, drift: bool) -> None:
    if not 500 <= subscribers <= 2_000_000:
        raise UsageError(f"{subscribers} subscribers", hint="between 500 and 2,000,000")
    if not 1 <= days <= 92:
        raise UsageError(f"{days} days", hint="between 1 and 92")
    if not 2000 <= start.year < 2100:
        raise UsageError(f"the first day {start}", hint="between 2000-01-01 and 2099-12-31")
    if drift and days < load_drift().least_days:
        raise UsageError(f"{days} days with drift", hint=f"at least {load_drift().least_days}: it begins in week three")
    if not 0 <= gangs <= 1000:
        raise UsageError(f"{gangs} gangs", hint="between 0 and 1000")
    if str(evasion) not in ("mix", "0", "1", "2", "3"):
        raise UsageError(f"evasion {evasion!r}", hint="mix, 0, 1, 2 or 3")
    if shape not in ("parquet", "csv"):
        raise UsageError(f"format {shape!r}", hint="parquet or csv")


def _report(progress: Progress | None, done: int, total: int, what: str) -> None:
    if progress is not None:
        progress(done, total, what)


def _days(town: Settlement, days: int) -> Iterator[tuple[int, np.ndarray]]:
    """Live the days one after another; each gives the calls that ended in it, by time of ending."""
    plot = Plot(town.gangs, town.people, town.reach, np.random.default_rng([town.seed, 7]))
    free_at = np.zeros(len(town.people), np.int64)
    carried = blank_calls(0)
    for day in range(days):
        calls = _live(town, plot, day)
        hold_lines(calls, free_at, town.seed)
        calls = np.concatenate([carried, calls, _forwarded(calls, town.today, town.seed, day)])
        done = (ends(calls) < town.midnight(day) + DAY_MS) | (day == days - 1)
        carried, calls = calls[~done], calls[done]
        yield day, calls[np.lexsort((calls["callee"], calls["caller"], ends(calls)))]


def _live(town: Settlement, plot: Plot, day: int) -> np.ndarray:
    """All calls of one day that this network sees."""
    midnight, off = town.midnight(day), town.day_off(day)
    people = town.wake(day)
    private = private_calls(people, town.town.friends, town.reach, town.rhythms, midnight, day, off, town.seed)
    working = np.flatnonzero(town.working[:, day])
    dialled = dialled_calls(town.diallers, working, town.lists, town.reach, town.vacant, midnight, day, town.seed)
    calls = np.concatenate([private, dialled, plot.go_on(dialled, midnight)])
    here = town.switch.here
    seen: np.ndarray = calls[here[calls["caller"]] | here[calls["callee"]]]
    return seen


def _forwarded(calls: np.ndarray, people: np.ndarray, seed: int, day: int) -> np.ndarray:
    """The second leg of calls that their callee had forwarded."""
    missed = calls[~calls["answered"] & (calls["callee"] < len(people)) & (calls["forwarded"] < 0)]
    missed = missed[(people["forward_to"][missed["callee"]] >= 0) & (missed["cause"] > 1)]
    legs: np.ndarray = missed.copy()
    legs["callee"], legs["forwarded"] = people["forward_to"][missed["callee"]], missed["callee"]
    legs["start"] = ends(missed)
    rng = np.random.default_rng([seed, 5, day])
    legs["ring"] = rng.integers(800, 9000, len(legs))
    legs["answered"] = rng.random(len(legs)) < 0.75
    legs["talk"] = np.where(legs["answered"], np.clip(rng.lognormal(10.2, 0.9, len(legs)), 2000, 3_600_000), 0)
    legs["cause"] = np.where(legs["answered"], 16, 19)
    legs["convinced"], legs["released"] = False, np.where(legs["answered"], 1, 3)
    return legs


def _batches(town: Settlement, truth: Truth, calls: np.ndarray, day: int, first: int) -> Iterator[pa.Table]:
    base = 100_000_000_000 * (town.seed % 90 + 10) + first
    for at in range(0, max(len(calls), 1), _CHUNK):
        chunk = calls[at : at + _CHUNK]
        table = town.switch.record(chunk, town.today, base + at, town.day_off(day))
        truth.note(chunk, table.column("call_id").combine_chunks(), town.switch.raw, town.today)
        yield table


def _summary(out: Path, town: Settlement, truth: Truth, days: int, calls: int, changes: int) -> WorldSummary:
    return WorldSummary(
        out=str(out),
        seed=town.seed,
        days=days,
        subscribers=town.subscribers,
        numbers=len(town.switch.raw),
        calls=calls,
        gangs=len(town.gangs),
        fraud_numbers=sum(len(gang.numbers) + len(gang.partners) for gang in town.gangs),
        fraud_calls=int(truth.fraud_calls.sum()),
        victims_convinced=int(truth.believed.sum()),
        honest_heavy=len(town.town.role_of),
        files=days,
        changes=changes,
    )
