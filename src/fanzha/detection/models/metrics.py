"""Measures scores against labels: ranking, decisions, precision where fraud is rare, calibration, intervals."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv  # type: ignore[import-untyped]

from fanzha.detection.models.calibration import Thresholds
from fanzha.detection.models.table import Matrix

PREVALENCES = {"1_in_1000": 1e-3, "1_in_10000": 1e-4}


class Interval(msgspec.Struct, frozen=True):
    """A share with its exact 95 % binomial interval (Clopper and Pearson 1934): `count` of `total`."""

    value: float
    low: float
    high: float
    count: int
    total: int


class OperatingPoint(msgspec.Struct, frozen=True):
    """What one threshold, fixed in training, does to rows it has not seen.

    precision_at: prevalence -> precision there; precision_at_least the same with the worse ends of both intervals.
    Precision at a prevalence is r p / (r p + f (1 - p)), r recall, f false-positive rate, p prevalence; f is taken as
    (false positives + 1/2) / (honest + 1), after Jeffreys: none seen in a thousand does not mean none in a million.
    """

    threshold: float
    recall: Interval
    false_positive_rate: Interval
    precision_at: dict[str, float | None]
    precision_at_least: dict[str, float | None]


class Bin(msgspec.Struct, frozen=True):
    """Rows whose probability lies in [low, high): what was said and what was so."""

    low: float
    high: float
    rows: int
    said: float
    found: float


class CalibrationReport(msgspec.Struct, frozen=True):
    """ece: mean |said - found| weighted by rows; brier: mean squared error of the probability."""

    ece: float
    brier: float
    bins: list[Bin]


class Scores(msgspec.Struct, frozen=True):
    """Everything measured on one set of rows. recall_at_fpr_* read the curve of these rows; operating_points do not."""

    rows: int
    fraud: int
    auc: float
    average_precision: float
    macro_f1: float
    recall_at_fpr_1pct: float
    recall_at_fpr_01pct: float
    operating_points: dict[str, OperatingPoint]
    calibration: CalibrationReport


def measure(probability: Matrix, labels: NDArray[np.bool_], thresholds: Thresholds) -> Scores:
    """Scores of probabilities against labels (True is fraud), decisions by `thresholds`."""
    # scikit-learn takes a second to load, which those who only score need not pay
    from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

    return Scores(
        rows=len(labels),
        fraud=int(labels.sum()),
        auc=float(roc_auc_score(labels, probability)),
        average_precision=float(average_precision_score(labels, probability)),
        macro_f1=float(f1_score(labels, probability >= thresholds.decision, average="macro")),
        recall_at_fpr_1pct=recall_at_fpr(probability, labels, 0.01),
        recall_at_fpr_01pct=recall_at_fpr(probability, labels, 0.001),
        operating_points={
            name: operating_point(probability, labels, threshold) for name, threshold in thresholds.named().items()
        },
        calibration=calibration_report(probability, labels),
    )


def recall_at_fpr(probability: Matrix, labels: NDArray[np.bool_], rate: float) -> float:
    """The largest share of fraud found while at most `rate` of these honest rows are called fraud."""
    honest = np.sort(probability[~labels])[::-1]
    return float((probability[labels] > honest[int(rate * len(honest))]).mean())


def operating_point(probability: Matrix, labels: NDArray[np.bool_], threshold: float) -> OperatingPoint:
    """What `threshold` does to these rows."""
    called = probability >= threshold
    recall = binomial_interval(int((called & labels).sum()), int(labels.sum()))
    false = binomial_interval(int((called & ~labels).sum()), int((~labels).sum()))
    return operating_point_of(threshold, recall, false)


def operating_point_of(threshold: float, recall: Interval, false: Interval) -> OperatingPoint:
    """The same from shares that were counted already."""
    likely = (false.count + 0.5) / (false.total + 1)
    return OperatingPoint(
        threshold=threshold,
        recall=recall,
        false_positive_rate=false,
        precision_at={name: precision(recall.value, likely, p) for name, p in PREVALENCES.items()},
        precision_at_least={name: precision(recall.low, false.high, p) for name, p in PREVALENCES.items()},
    )


def precision(recall: float, false_positive_rate: float, prevalence: float) -> float | None:
    """Share of the called that are fraud where `prevalence` of everybody is; None where nobody is called."""
    found = recall * prevalence
    called = found + false_positive_rate * (1 - prevalence)
    return found / called if called > 0 else None


def binomial_interval(count: int, total: int, confidence: float = 0.95) -> Interval:
    """The exact interval of a share."""
    tail = (1 - confidence) / 2
    low = 0.0 if count == 0 else float(betaincinv(count, total - count + 1, tail))
    high = 1.0 if count == total else float(betaincinv(count + 1, total - count, 1 - tail))
    return Interval(count / total, low, high, count, total)


def calibration_report(probability: Matrix, labels: NDArray[np.bool_], bins: int = 10) -> CalibrationReport:
    """Reliability in `bins` equal steps of probability; empty bins are left out."""
    place = np.minimum((probability * bins).astype(np.int64), bins - 1)
    found = [_bin(index, bins, probability[place == index], labels[place == index]) for index in np.unique(place)]
    error = sum(each.rows * abs(each.said - each.found) for each in found) / len(labels)
    return CalibrationReport(float(error), float(np.mean((probability - labels) ** 2)), found)


def _bin(index: int, bins: int, probability: Matrix, labels: NDArray[np.bool_]) -> Bin:
    low, high = int(index) / bins, (int(index) + 1) / bins
    return Bin(low, high, len(labels), float(probability.mean()), float(labels.mean()))
