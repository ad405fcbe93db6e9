"""Decides what of the stretch before a split is kept, in shares only, for later stretches to be compared with."""

from __future__ import annotations

import msgspec
import numpy as np

from fanzha.detection.learning.stretch import Busy, Stretch
from fanzha.detection.learning.terms import features
from fanzha.detection.models.model import Model
from fanzha.detection.models.table import Matrix

SCORE = "score"


class Shares(msgspec.Struct, frozen=True):
    """One field: inner edges of its bins, the share of the rows in each, the unknown last; and its mean."""

    edges: list[float]
    shares: list[float]
    mean: float | None = None


class Look(msgspec.Struct, frozen=True):
    """What was seen of the busy. there: how many there were; scored: how many of them were looked at; said: how many
    of these the model calls fraud; rows: the others, whose fields these are.
    """

    rows: int
    there: int
    said: int
    fields: dict[str, Shares]
    score: Shares
    scored: int


class Reference(msgspec.Struct, frozen=True):
    """The days before the split. history: seconds of records behind them; score: of the model that was trained."""

    rows: int
    fields: dict[str, Shares]
    score: Shares
    history: int = 0
    busy: Look | None = None


def reference_of(everybody: Matrix, busy: Busy, when: Stretch, model: Model, bins: int, sure: float) -> Reference:
    """From profiles float64[n, fields] of both groups; sure: from this probability on a model says fraud."""
    said = model.score(busy.rows) if len(busy.rows) else np.zeros(0)
    others = busy.rows[said < sure]
    look = Look(len(others), busy.there, len(said) - len(others), _cuts(others, bins), _cut(said, bins), len(said))
    score = _cut(model.score(everybody) if len(everybody) else np.zeros(0), bins)
    return Reference(len(everybody), _cuts(everybody, bins), score, when.history, look)


def shares(values: Matrix, edges: list[float]) -> list[float]:
    """The share of the values in each bin, the unknown last; all 0 where there are none."""
    known = values[~np.isnan(values)]
    counts = np.bincount(np.searchsorted(np.array(edges), known, side="right"), minlength=len(edges) + 1)
    total = max(1, len(values))
    return [*(float(count) / total for count in counts), (len(values) - len(known)) / total]


def mean(values: Matrix) -> float | None:
    """Of the known values, None where there is none."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None


def _cuts(rows: Matrix, bins: int) -> dict[str, Shares]:
    return {name: _cut(rows[:, at], bins) for at, name in enumerate(features())}


def _cut(values: Matrix, bins: int) -> Shares:
    """Equal shares, as far as equal values allow."""
    known = values[~np.isnan(values)]
    edges = np.unique(np.quantile(known, np.arange(1, bins) / bins)).tolist() if len(known) else []
    return Shares(edges, shares(values, edges), mean(values))
