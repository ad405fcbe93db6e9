"""Decides whether the people a model looks at, or what it says of them, have changed since it learnt.

Population stability index (PSI): sum over bins of (now - then) x ln(now / then). The same draw of presumed honest
numbers is looked at then and now, so no label is needed.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from fanzha.detection.learning.examples import Progress, drawn_numbers, vectors_at
from fanzha.detection.learning.reference import SCORE, Reference, Shares, shares
from fanzha.detection.learning.shelf import REFERENCE, Shelf
from fanzha.detection.learning.terms import features, terms
from fanzha.errors import InputError, ModelError
from fanzha.profiles.fields import BY_NAME
from fanzha.records.lake import Lake

Grade = Literal["steady", "watch", "alarm"]
_EMPTY = 1e-4  # stands for a share of none, so that the logarithm exists


class Moved(msgspec.Struct, frozen=True):
    """One field, or the score, and how far it moved."""

    name: str
    psi: float
    grade: Grade


class Report(msgspec.Struct, frozen=True):
    """Drift of one version over [start, end): the score, and the fields, the furthest first."""

    number: int
    network: str
    start: str
    end: str
    rows: int
    then_rows: int
    grade: Grade
    score: Moved
    fields: list[Moved]

    def to_json(self) -> bytes:
        """One JSON object."""
        return msgspec.json.format(msgspec.json.encode(self)) + b"\n"


def drift(
    lake: Lake, *, home: Path, network: str, end: datetime, number: int = 0, progress: Progress | None = None
) -> Report:
    """Compare the days before `end` with what version `number` learnt from; 0: the released one.

    Raises ModelError where there is none, InputError where too few numbers called.
    """
    shelf, bounds = Shelf(home, network), terms().drift
    number = number or shelf.current()
    if not number:
        raise ModelError("no model is released", where=network, hint="fanzha learn, then fanzha learn release")
    then = msgspec.json.decode(shelf.file(number, REFERENCE), type=Reference)
    start = end - timedelta(days=bounds.days)
    keys = drawn_numbers(lake, network, bounds.sample, seed=0)
    # moments spread over the stretch, the same for the same draw
    moments = np.linspace(start.timestamp() + 1, end.timestamp(), len(keys)).astype(np.int64)
    vectors, known = vectors_at(lake, network, keys, moments, progress=progress, since=int(start.timestamp()))
    if int(known.sum()) < bounds.least:
        what = f"{int(known.sum())} of the drawn numbers called from {start:%Y-%m-%d} on, {bounds.least} are needed"
        raise InputError(what, hint="import newer calls, or choose another --to")
    rows = vectors[known][:, [BY_NAME[name].index for name in features()]]
    score = moved(SCORE, then.score, shares(shelf.model(number).score(rows), then.score.edges))
    fields = [
        moved(name, then.fields[name], shares(rows[:, at], then.fields[name].edges))
        for at, name in enumerate(features())
        if name in then.fields
    ]
    ranked = sorted(fields, key=lambda each: (-each.psi, each.name))
    worst = max((score, *ranked[:1]), key=lambda each: each.psi)
    return Report(number, network, start.isoformat(), end.isoformat(), len(rows), then.rows, worst.grade, score, ranked)


def path_of(shelf: Shelf) -> Path:
    """Where the last look at the released version is kept."""
    return shelf.root / "drift.json"


def last_look(shelf: Shelf) -> Report | None:
    """The last look, None where there was none that can be read."""
    try:
        return msgspec.json.decode(path_of(shelf).read_bytes(), type=Report)
    except (OSError, msgspec.DecodeError):
        return None


def moved(name: str, then: Shares, now: list[float]) -> Moved:
    """How far a distribution moved."""
    pairs = zip(then.shares, now, strict=True)
    psi = sum((max(b, _EMPTY) - max(a, _EMPTY)) * math.log(max(b, _EMPTY) / max(a, _EMPTY)) for a, b in pairs)
    bounds = terms().drift
    grade: Grade = "alarm" if psi >= bounds.alarm else "watch" if psi >= bounds.watch else "steady"
    return Moved(name, round(psi, 4), grade)
