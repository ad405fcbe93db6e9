"""Decides how a field was spread over last week's entities: what people see beside the input of a threshold."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from fanzha.profiles.fields import FIELDS, EntityKind, Field
from fanzha.profiles.labels import words
from fanzha.profiles.layout import SUM_WIDTH

SHARES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0)
_STEPS = (0, 1, 2, 3, 5, 8, 13, 20, 30, 50, 80, 130, 200, 300, 500, 800, 1300, 2000, 5000, 10_000, 100_000, 10**9)
_Floats = NDArray[np.float64]


class Quantile(msgspec.Struct, frozen=True):
    """`share` of the entities have at most `value`."""

    share: float
    value: float


class Bin(msgspec.Struct, frozen=True):
    """About so many entities from `low` up to, not including, `high`."""

    low: float
    high: float
    entities: float


class Spread(msgspec.Struct, frozen=True):
    """One field over the entities of a week. taken: `peak`, the week's highest, or `last`, at the last kept moment.

    known: share of the entities whose value is known; quantiles and bins are over these.
    """

    name: str
    zh: str
    en: str
    unit: str
    taken: str
    known: float
    quantiles: list[Quantile]
    bins: list[Bin]


def spread_of(
    field: Field, kind: EntityKind, column: NDArray[np.float32], starts: NDArray[np.int64], weight: _Floats
) -> Spread:
    """The spread of one column of a sample: rows by entity from `starts` on, each entity standing for `weight`."""
    peak = field.index < SUM_WIDTH
    ends = np.append(starts[1:], len(column)) - 1
    values = (np.fmax.reduceat(column, starts) if peak else column[ends]).astype(np.float64)
    known = ~np.isnan(values)
    zh, en = words(field, kind)
    share = float(weight[known].sum() / weight.sum()) if len(weight) else 0.0
    order = np.argsort(values[known], kind="stable")
    ordered, total = values[known][order], np.cumsum(weight[known][order])
    return Spread(
        field.name,
        zh,
        en,
        field.unit,
        "peak" if peak else "last",
        round(share, 6),
        _quantiles(ordered, total),
        _bins(ordered, weight[known][order]),
    )


def fields_of_kind(kind: EntityKind) -> list[Field]:
    """The fields that say something about these entities, those of the single call left out."""
    return [field for field in FIELDS if kind in field.kinds and not field.of_call]


def _quantiles(ordered: _Floats, total: _Floats) -> list[Quantile]:
    if len(ordered) == 0:
        return []
    at = np.minimum(np.searchsorted(total, np.array(SHARES) * total[-1] * (1 - 1e-12)), len(ordered) - 1)
    return [Quantile(share, round(float(value), 6)) for share, value in zip(SHARES, ordered[at], strict=True)]


def _bins(ordered: _Floats, weight: _Floats) -> list[Bin]:
    """Steps people count in; shares in twentieths."""
    if len(ordered) == 0:
        return []
    whole = bool((ordered == np.floor(ordered)).all())
    edges = np.array(_STEPS, float) if whole or ordered[-1] > 1 else np.linspace(0, 1 + 1e-9, 21)
    edges = edges[: np.searchsorted(edges, ordered[-1], "right") + 1]
    if ordered[0] < edges[0]:
        edges = np.append(ordered[0], edges)
    counts, _ = np.histogram(ordered, edges, weights=weight)
    return [
        Bin(float(low), float(high), round(float(n), 1)) for low, high, n in zip(edges, edges[1:], counts, strict=False)
    ]
