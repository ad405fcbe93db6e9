"""Fits and runs the ensemble's one member that is no forest: logistic regression on ranks, which needs few labels.

Every feature is turned into its rank among the training rows and that into a normal deviate, so that no scale and no
outlier counts; an unknown value stands at the middle, and that it is unknown is a feature of its own.
"""

from __future__ import annotations

from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri  # type: ignore[import-untyped]

from fanzha.detection.models.table import Matrix

_CUTS = 100  # quantiles by which a rank is found
_FURTHEST = 2.5  # deviates


class Linear(msgspec.Struct, frozen=True):
    """Weights on deviates and on being unknown. cuts: features x quantiles; middle: the mean deviates."""

    cuts: list[list[float]]
    weights: list[float]
    unknown: list[float]
    middle: list[float]
    intercept: float

    @classmethod
    def fit(cls, matrix: Matrix, labels: NDArray[np.bool_], strength: float) -> Self:
        """From rows x features, NaN unknown; the smaller `strength`, the nearer all weights stay to zero."""
        # scikit-learn takes a second to load, which those who only score need not pay
        from sklearn.linear_model import LogisticRegression

        cuts = [_cuts(column) for column in matrix.T]
        deviates, missing = _deviates(matrix, cuts), np.isnan(matrix).astype(np.float64)
        solved = LogisticRegression(C=strength, max_iter=1000).fit(np.hstack([deviates, missing]), labels)
        weights, width = solved.coef_[0], matrix.shape[1]
        middle = deviates.mean(axis=0)
        return cls(
            cuts, weights[:width].tolist(), weights[width:].tolist(), middle.tolist(), float(solved.intercept_[0])
        )

    @classmethod
    def from_text(cls, text: str) -> Self:
        """What `text` wrote. Raises msgspec.DecodeError."""
        return msgspec.json.decode(text, type=cls)

    def text(self) -> str:
        """As JSON."""
        return msgspec.json.encode(self).decode()

    def log_odds(self, matrix: Matrix) -> Matrix:
        """One log-odds of fraud per row."""
        total: Matrix = self.contributions(matrix).sum(axis=1)
        return total

    def contributions(self, matrix: Matrix) -> Matrix:
        """rows x (features + 1): each feature's part of the log-odds, beside that of its mean; the base last."""
        away = _deviates(matrix, self.cuts) - np.array(self.middle)
        parts = away * np.array(self.weights) + np.isnan(matrix) * np.array(self.unknown)
        base = self.intercept + float(np.dot(self.weights, self.middle))
        return np.column_stack([parts, np.full(len(matrix), base)])


def _cuts(column: Matrix) -> list[float]:
    known = column[~np.isnan(column)]
    found: list[float] = np.quantile(known, np.linspace(0, 1, _CUTS)).tolist() if len(known) else []
    return found


def _deviates(matrix: Matrix, cuts: list[list[float]]) -> Matrix:
    found = np.zeros(matrix.shape)
    for at, edges in enumerate(cuts):
        column = matrix[:, at]
        known = ~np.isnan(column)
        if edges:
            ranks = np.searchsorted(edges, column[known], "left") + np.searchsorted(edges, column[known], "right")
            found[known, at] = ndtri(np.clip(ranks / (2 * len(edges)), 1e-6, 1 - 1e-6))
    return np.clip(found, -_FURTHEST, _FURTHEST)
