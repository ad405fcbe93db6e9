"""Decides how verdicts in the lake become counts by entry and day: each part of the lake is counted once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_
from pathlib import Path

import pyarrow as pa
from django.conf import settings
from django.db import transaction
from django.db.models import Q

from fanzha.desk.enforcement.counts import Count, add
from fanzha.desk.enforcement.models import CountedPart
from fanzha.policy import Action
from fanzha.records.lake import Lake
from fanzha.records.manifest import Part
from fanzha.records.merging import NAME, Source, sources_of
from fanzha.records.part import read_columns
from fanzha.records.storage import reader

_EPOCH = date(1970, 1, 1)
_BY = "entry:"  # how a verdict's reason names an entry of the policy
_COLUMNS = ("at", "reasons")
_RECENT = timedelta(days=2)
_AT_ONCE = 500


def count_verdicts(now: datetime) -> int:
    """For a timer: `harvest` of this installation's lake, if it has one. At the full hour all of it, else the last
    days: parts come by the minute, and a year of them is long to look through."""
    if not (Path(settings.HOME) / "lake").is_dir():
        return 0
    start = None if now.minute == 0 else now - _RECENT
    with Lake(Path(settings.HOME)) as lake:
        return harvest(lake, start)


def harvest(lake: Lake, start: datetime | None = None) -> int:
    """Count the verdicts of every part that was not counted yet, of those said since `start`, if given; how many parts.
    Where parts were put together, those of them that were counted before are left out. Raises StorageError."""
    micros = int(start.timestamp() * 1_000_000) if start is not None else None
    with reader(lake.root):
        parts = {part.path: part for part in lake.manifest.parts(NAME, start=micros)}
        counted = CountedPart.objects.all()
        if start is not None:
            days = {_EPOCH + timedelta(days=part.day) for part in parts.values()}
            counted = counted.filter(reduce(or_, (Q(path__contains=f"/{day}/") for day in days), Q(pk__in=())))
        done = set(counted.values_list("path", flat=True))
        fresh = sorted(parts.keys() - done)
        for path in fresh:
            counts = list(_counts(parts[path], _uncounted(lake.root, path, done)))
            with transaction.atomic():
                _row, made = CountedPart.objects.get_or_create(path=path)
                if made:
                    add(counts)
    if start is None:
        _forget(done - parts.keys())
    return len(fresh)


def _uncounted(root: Path, path: str, done: set[str]) -> pa.Table:
    """The rows of a part, but for those that came from parts counted before."""
    rows = read_columns(root / path, _COLUMNS)
    kept, at = [rows.slice(0, 0)], 0
    for source in sources_of(root, path) or (Source(path, rows.num_rows),):
        if source.path not in done:
            kept.append(rows.slice(at, source.rows))
        at += source.rows
    return pa.concat_tables(kept)


def _forget(gone: set[str]) -> None:
    """What was counted of parts that have expired, or went into one that is counted itself."""
    paths = sorted(gone)
    for at in range(0, len(paths), _AT_ONCE):
        CountedPart.objects.filter(path__in=paths[at : at + _AT_ONCE]).delete()


def _counts(part: Part, rows: pa.Table) -> Iterator[Count]:
    day = _EPOCH + timedelta(days=part.day)
    calls: dict[tuple[str, Action], int] = defaultdict(int)
    last: dict[tuple[str, Action], int] = {}
    for at, reasons in zip(rows["at"].cast(pa.int64()).to_pylist(), rows["reasons"].to_pylist(), strict=True):
        key = _decided(reasons or ())
        if key is not None:
            calls[key] += 1
            last[key] = max(last.get(key, 0), at)
    for (entry, action), number in calls.items():
        yield Count(entry, day, action.name.lower(), number, last[entry, action])  # type: ignore[arg-type]


def _decided(reasons: list[dict[str, object]] | tuple[()]) -> tuple[str, Action] | None:
    """The entry that decided, and what it asked for: the first of the hardest reasons; None where it was no entry."""
    hardest = max(reasons, key=lambda reason: int(str(reason["action"])), default=None)
    if hardest is None or not str(hardest["by"]).startswith(_BY):
        return None
    return str(hardest["by"]).removeprefix(_BY), Action(int(str(hardest["action"])))
