"""Turns log-odds into probabilities that mean what they say, and fixes the thresholds, from held-out scores alone."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from fanzha.detection.models.table import Matrix

# macro-F1 is a ragged curve of the threshold; the mean of all thresholds, weighted by exp(loss of F1 / this), moves
# less from sample to sample than the peak does
_RAGGEDNESS = 0.002


class Calibration(msgspec.Struct, frozen=True):
    """Platt scaling: probability = 1 / (1 + exp(-(slope * log_odds + intercept))). Affine, so contributions add up."""

    slope: float = 1.0
    intercept: float = 0.0

    def log_odds(self, raw: Matrix) -> Matrix:
        """Calibrated log-odds."""
        return self.slope * raw + self.intercept

    def probability(self, raw: Matrix) -> Matrix:
        """Calibrated probability of fraud at the prevalence of the training table."""
        return sigmoid(self.log_odds(raw))


class Thresholds(msgspec.Struct, frozen=True):
    """Probabilities at and above which a row is called fraud: by macro-F1, and by false-positive rate in training."""

    decision: float
    fpr_1pct: float
    fpr_01pct: float

    def named(self) -> dict[str, float]:
        """Name of each operating point and its threshold."""
        return {"decision": self.decision, "fpr_1pct": self.fpr_1pct, "fpr_01pct": self.fpr_01pct}


def sigmoid(log_odds: Matrix) -> Matrix:
    """1 / (1 + exp(-x)) without overflow."""
    value: Matrix = 0.5 * (1.0 + np.tanh(0.5 * log_odds))
    return value


def fit_calibration(raw: Matrix, labels: NDArray[np.bool_], steps: int = 50) -> Calibration:
    """Platt's two numbers by Newton's method, with his smoothed targets (Platt 1999; Lin, Lin and Weng 2007)."""
    positive, negative = int(labels.sum()), int((~labels).sum())
    target = np.where(labels, (positive + 1) / (positive + 2), 1 / (negative + 2))
    design = np.column_stack([raw, np.ones_like(raw)])
    beta = np.array([1.0, 0.0])
    for _ in range(steps):
        chance = sigmoid(design @ beta)
        gradient = design.T @ (chance - target)
        curvature = (design * (chance * (1 - chance))[:, None]).T @ design + 1e-9 * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        beta = beta - step / max(1.0, float(np.abs(step).max()))  # never further than 1: Newton overshoots far out
        if float(np.abs(step).max()) < 1e-10:
            break
    return Calibration(float(max(beta[0], 1e-6)), float(beta[1]))  # a falling curve would turn the ranking round


def choose_thresholds(probability: Matrix, labels: NDArray[np.bool_]) -> Thresholds:
    """The thresholds by held-out probabilities of training rows; a test row must never be among them."""
    return Thresholds(
        decision=_best_macro_f1(probability, labels),
        fpr_1pct=threshold_at_fpr(probability, labels, 0.01),
        fpr_01pct=threshold_at_fpr(probability, labels, 0.001),
    )


def threshold_at_fpr(probability: Matrix, labels: NDArray[np.bool_], rate: float) -> float:
    """The lowest threshold that at most `rate` of the honest rows reach."""
    honest = np.sort(probability[~labels])[::-1]
    allowed = int(rate * len(honest))
    return float(np.nextafter(honest[allowed], 2.0))


def _best_macro_f1(probability: Matrix, labels: NDArray[np.bool_]) -> float:
    order = np.argsort(-probability, kind="stable")
    ranked = probability[order]
    called = np.arange(1, len(ranked) + 1)
    true_fraud = np.cumsum(labels[order])
    fraud, honest = int(labels.sum()), int((~labels).sum())
    true_honest = honest - (called - true_fraud)
    macro = true_fraud / (called + fraud) + true_honest / (len(ranked) - called + honest)
    whole = np.append(ranked[1:] < ranked[:-1], True)  # a threshold cannot part rows of one score
    weight = np.where(whole, np.exp((macro - macro[whole].max()) / _RAGGEDNESS), 0.0)
    return float((ranked * weight).sum() / weight.sum())
