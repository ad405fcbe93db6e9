"""What training and evaluation tell: the figures scripts read, and the spread and comparison people ask for."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from fanzha.detection.models.calibration import Thresholds
from fanzha.detection.models.metrics import CalibrationReport, OperatingPoint, Scores

COMPARED = ("auc", "average_precision", "macro_f1", "recall_at_fpr_1pct", "recall_at_fpr_01pct")


class Difference(msgspec.Struct, frozen=True):
    """Ours minus plain LightGBM over the same folds: mean, spread, folds won, and a standard error.

    corrected_error allows for the overlap of training parts (Nadeau and Bengio 2003); the naive one would flatter.
    """

    mean: float
    spread: float
    won: int
    of: int
    corrected_error: float


class CrossValidation(msgspec.Struct, frozen=True):
    """Folds x repeats. mean and spread (standard deviation over test folds) by measure; plain: LightGBM as it comes."""

    folds: int
    repeats: int
    seed: int
    grouped: bool
    mean: dict[str, float]
    spread: dict[str, float]
    plain_mean: dict[str, float]
    plain_spread: dict[str, float]
    difference: dict[str, Difference]
    per_fold: list[dict[str, float]]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """`train` fills the figures with means over test folds, `evaluate` with those of the table it was given.

    recall_at_fpr_*: read off the curve of the scored rows. precision_at_*: at the threshold that training fixed for
    0.1 % false positives; operating_points has every threshold with exact intervals.
    """

    kind: str
    model: str
    table_sha256: str
    rows: int
    fraud: int
    auc: float
    average_precision: float
    macro_f1: float
    recall_at_fpr_1pct: float
    recall_at_fpr_01pct: float
    precision_at_1_in_1000: float | None
    precision_at_1_in_10000: float | None
    thresholds: Thresholds
    operating_points: dict[str, OperatingPoint]
    calibration: CalibrationReport
    cross_validation: CrossValidation | None = None
    notes: tuple[str, ...] = ()

    def to_json(self) -> str:
        """One JSON object, indented."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2).decode()

    def lines(self) -> list[str]:
        """The report for a terminal, Chinese and English."""
        return [*_head(self), *_figures(self), *_points(self), *self.notes]


def compare(ours: Sequence[Scores], plain: Sequence[Scores], *, folds: int) -> dict[str, Difference]:
    """Paired differences by measure; `ours` and `plain` hold the same test folds in the same order."""
    return {
        name: _difference([getattr(a, name) - getattr(b, name) for a, b in zip(ours, plain, strict=True)], folds)
        for name in COMPARED
    }


def mean_of(scores: Sequence[Scores]) -> dict[str, float]:
    """Mean of each compared measure."""
    return {name: float(np.mean([getattr(each, name) for each in scores])) for name in COMPARED}


def spread_of(scores: Sequence[Scores]) -> dict[str, float]:
    """Standard deviation of each compared measure."""
    return {name: _spread([getattr(each, name) for each in scores]) for name in COMPARED}


def _spread(values: Sequence[float]) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else 0.0


def _difference(values: Sequence[float], folds: int) -> Difference:
    spread = _spread(values)
    error = spread * float(np.sqrt(1 / len(values) + 1 / (folds - 1)))
    return Difference(float(np.mean(values)), spread, sum(value > 0 for value in values), len(values), error)


def _head(report: Report) -> list[str]:
    share = report.fraud / report.rows
    lines = [f"模型 model {report.model}   样本 rows {report.rows:,}, 诈骗 fraud {report.fraud:,} ({share:.1%})"]
    if report.cross_validation is not None:
        cv = report.cross_validation
        kind = "分组 grouped" if cv.grouped else "分层 stratified"
        lines.append(f"交叉验证 cross-validation: {kind}, {cv.folds} folds x {cv.repeats} repeats, seed {cv.seed}")
    return lines


_TITLES = {
    "auc": "AUC",
    "average_precision": "平均精度 average precision",
    "macro_f1": "宏平均 F1 macro-F1",
    "recall_at_fpr_1pct": "误报 1 % 时召回 recall at 1 % false positives",
    "recall_at_fpr_01pct": "误报 0.1 % 时召回 recall at 0.1 %",
}


def _figures(report: Report) -> list[str]:
    cv = report.cross_validation
    lines = []
    for name, title in _TITLES.items():
        line = f"  {title}: {getattr(report, name):.4f}"
        if cv is not None:
            gap = cv.difference[name]
            line += f" ± {cv.spread[name]:.4f}   (plain LightGBM {cv.plain_mean[name]:.4f}, difference {gap.mean:+.4f}"
            line += f" ± {gap.corrected_error:.4f}, better in {gap.won} of {gap.of} folds)"
        lines.append(line)
    fit = report.calibration
    return [*lines, f"  校准 calibration: ECE {fit.ece:.4f}, Brier {fit.brier:.4f}"]


def _points(report: Report) -> list[str]:
    lines = ["训练时定下的阈值 thresholds fixed in training:"]
    for name, point in report.operating_points.items():
        rate = point.false_positive_rate
        lines.append(
            f"  {name} >= {point.threshold:.4f}: recall {point.recall.value:.3f}, false positives {rate.count} of "
            f"{rate.total} [{rate.low:.4%} .. {rate.high:.4%}], precision at 1:1000 {_share(point, '1_in_1000')}, "
            f"at 1:10000 {_share(point, '1_in_10000')}"
        )
    return lines


def _share(point: OperatingPoint, prevalence: str) -> str:
    value, least = point.precision_at[prevalence], point.precision_at_least[prevalence]
    shown = "n/a" if value is None else f"{value:.1%}"
    return shown if least is None else f"{shown} (at least {least:.1%})"
