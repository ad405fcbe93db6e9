"""Decides whether the people a model looks at, or what it says of them, have changed since it learnt, and what has.

Population stability index (PSI): sum over bins of (now - then) x ln(now / then). Two groups, then and now, for which no
label is needed: a draw of everybody, and all who called much, among whom a new scheme or a new trade is.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec
from scipy.stats import chi2  # type: ignore[import-untyped]

from fanzha.detection.learning.examples import Progress
from fanzha.detection.learning.reference import SCORE, Reference, Shares, mean, shares
from fanzha.detection.learning.shelf import REFERENCE, Shelf
from fanzha.detection.learning.stretch import Stretch, busy, everybody, stretch_before
from fanzha.detection.learning.terms import features, terms
from fanzha.detection.models.model import Model
from fanzha.detection.models.table import Matrix
from fanzha.errors import InputError, ModelError
from fanzha.records.lake import Lake

Grade = Literal["steady", "watch", "alarm"]
_EMPTY = 1e-4  # stands for a share of none, so that the logarithm exists
_GRADES: tuple[Grade, ...] = ("steady", "watch", "alarm")


class Moved(msgspec.Struct, frozen=True):
    """One field, or the score, and how far it moved; then, now: its means, None where it was unknown to all."""

    name: str
    psi: float
    grade: Grade
    then: float | None = None
    now: float | None = None


class Crowd(msgspec.Struct, frozen=True):
    """The busy numbers. there: how many; said: how many of those looked at the model calls fraud (of both, psi is the
    logarithm of the ratio); rows, fields: the others, among whom is what the model does not know.
    """

    rows: int
    then_rows: int
    there: Moved
    said: Moved
    score: Moved
    fields: list[Moved]
    grade: Grade


class Report(msgspec.Struct, frozen=True):
    """Drift of one version over [start, end): the score, and the fields, the furthest first; of everybody and the busy.

    busy: None where there were too few, or the version is older than this look.
    """

    number: int
    network: str
    start: str
    end: str
    rows: int
    then_rows: int
    grade: Grade
    score: Moved
    fields: list[Moved]
    busy: Crowd | None = None

    def to_json(self) -> bytes:
        """One JSON object."""
        return msgspec.json.format(msgspec.json.encode(self)) + b"\n"


def drift(
    lake: Lake, *, home: Path, network: str, end: datetime, number: int = 0, progress: Progress | None = None
) -> Report:
    """Compare the days before `end` with those before version `number` learnt; 0: the released one.

    Raises ModelError where there is none, InputError where too few numbers called.
    """
    shelf, bounds = Shelf(home, network), terms().drift
    number = number or shelf.current()
    if not number:
        raise ModelError("no model is released", where=network, hint="fanzha learn, then fanzha learn release")
    then = msgspec.json.decode(shelf.file(number, REFERENCE), type=Reference)
    when = stretch_before(lake, network, int(end.timestamp()), history=then.history)
    start = datetime.fromtimestamp(when.start, UTC)
    rows = everybody(lake, network, when, progress)
    if len(rows) < bounds.least:
        what = f"{len(rows)} of the drawn numbers called from {start:%Y-%m-%d} on, {bounds.least} are needed"
        raise InputError(what, hint="import newer calls, or choose another --to")
    model = shelf.model(number)
    score, fields = moved(SCORE, then.score, model.score(rows), then.rows), _moves(then.rows, then.fields, rows)
    crowd = _crowd(lake, network, when, then, model, progress)
    grade = _worst(score, *fields, *([] if crowd is None else [crowd]))
    return Report(
        number, network, start.isoformat(), end.isoformat(), len(rows), then.rows, grade, score, fields, crowd
    )


def _crowd(
    lake: Lake, network: str, when: Stretch, then: Reference, model: Model, progress: Progress | None
) -> Crowd | None:
    bounds = terms()
    if then.busy is None:
        return None
    was, now = then.busy, busy(lake, network, when, progress)
    if min(was.rows, len(now.rows)) < bounds.drift.least_busy:
        return None
    found = model.score(now.rows)
    others = now.rows[found < bounds.unsure[1]]  # gangs come and go: they are counted, the others are compared
    fields = _moves(was.rows, was.fields, others)
    score = moved(SCORE, was.score, found, was.scored)
    there = grown("busy", was.there, now.there)
    convinced = len(found) - len(others)
    said = grown("said_fraud", was.said, round(convinced * was.scored / len(found)))
    said = msgspec.structs.replace(said, now=convinced)
    grade = _worst(there, said, score, *fields)
    return Crowd(len(others), was.rows, there, said, score, fields, grade)


def grown(name: str, then: int, now: int) -> Moved:
    """How far a count went up or down, beyond what chance does to one."""
    before, after = max(1, then), max(1, now)
    far = abs(math.log(after / before))
    chance = terms().drift.sigmas * math.sqrt(1 / before + 1 / after)
    return Moved(name, round(far, 4), _grade(far, chance), then, now)


def _moves(then_rows: int, then: dict[str, Shares], rows: Matrix) -> list[Moved]:
    """Every field, the furthest first."""
    fields = [moved(name, then[name], rows[:, at], then_rows) for at, name in enumerate(features()) if name in then]
    return sorted(fields, key=lambda each: (-_GRADES.index(each.grade), -each.psi, each.name))


def path_of(shelf: Shelf) -> Path:
    """Where the last look at the released version is kept."""
    return shelf.root / "drift.json"


def last_look(shelf: Shelf) -> Report | None:
    """The last look, None where there was none that can be read."""
    try:
        return msgspec.json.decode(path_of(shelf).read_bytes(), type=Report)
    except (OSError, msgspec.DecodeError):
        return None


def moved(name: str, then: Shares, values: Matrix, then_rows: int) -> Moved:
    """How far a distribution moved, from `then_rows` values to these."""
    now = shares(values, then.edges)
    pairs = zip(then.shares, now, strict=True)
    psi = sum((max(b, _EMPTY) - max(a, _EMPTY)) * math.log(max(b, _EMPTY) / max(a, _EMPTY)) for a, b in pairs)
    free = max(1, len(then.shares) - 1)
    chance = float(chi2.isf(terms().drift.chance, free)) * (1 / max(1, then_rows) + 1 / max(1, len(values)))
    return Moved(name, round(psi, 4), _grade(psi, chance), then.mean, mean(values))


def _grade(far: float, chance: float) -> Grade:
    """Nothing that chance alone would do is said to have moved."""
    bounds = terms().drift
    if far < chance:
        return "steady"
    return "alarm" if far >= bounds.alarm else "watch" if far >= bounds.watch else "steady"


def _worst(*each: Moved | Crowd) -> Grade:
    return max((one.grade for one in each), key=_GRADES.index)
