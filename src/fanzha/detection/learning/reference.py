"""Decides what of the training stretch is kept, in shares only, so that a later stretch can be compared with it."""

from __future__ import annotations

import msgspec
import numpy as np

from fanzha.detection.learning.examples import Examples
from fanzha.detection.models.model import Model
from fanzha.detection.models.table import Matrix

SCORE = "score"


class Shares(msgspec.Struct, frozen=True):
    """One field: inner edges of its bins, and the share of the rows in each; the last share is of the unknown."""

    edges: list[float]
    shares: list[float]


class Reference(msgspec.Struct, frozen=True):
    """The background of the training stretch. score: of the model that was trained."""

    rows: int
    fields: dict[str, Shares]
    score: Shares


def reference_of(train: Examples, model: Model, bins: int) -> Reference:
    """From the presumed honest rows: they are drawn alike in every stretch, as outcomes are not."""
    rows = train.take(train.presumed)
    fields = {name: _cut(rows.matrix[:, at], bins) for at, name in enumerate(rows.names)}
    score = model.score(rows.matrix) if len(rows) else np.zeros(0)
    return Reference(len(rows), fields, _cut(score, bins))


def shares(values: Matrix, edges: list[float]) -> list[float]:
    """The share of the values in each bin, the unknown last; all 0 where there are none."""
    known = values[~np.isnan(values)]
    counts = np.bincount(np.searchsorted(np.array(edges), known, side="right"), minlength=len(edges) + 1)
    total = max(1, len(values))
    return [*(float(count) / total for count in counts), (len(values) - len(known)) / total]


def _cut(values: Matrix, bins: int) -> Shares:
    """Equal shares, as far as equal values allow."""
    known = values[~np.isnan(values)]
    edges = np.unique(np.quantile(known, np.arange(1, bins) / bins)).tolist() if len(known) else []
    return Shares(edges, shares(values, edges))
