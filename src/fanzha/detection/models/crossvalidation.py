"""Estimates how a model will do on people it has not seen, and gathers the held-out scores that fix its thresholds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fanzha.detection.models.calibration import Calibration, Thresholds, choose_thresholds, fit_calibration, sigmoid
from fanzha.detection.models.learner import Settings, fit
from fanzha.detection.models.metrics import Scores, measure
from fanzha.detection.models.table import LabelledTable, Matrix
from fanzha.errors import InputError

Progress = Callable[[str, int, int], None]
Rows = NDArray[np.int64]

_HALF = Thresholds(decision=0.5, fpr_1pct=0.5, fpr_01pct=0.5)


@dataclass(frozen=True)
class HeldOut:
    """One test fold: its rows, our raw log-odds and calibrated probabilities, and the scores of ours and of plain."""

    rows: Rows
    raw: Matrix
    probability: Matrix
    thresholds: Thresholds
    ours: Scores
    plain: Scores


def splits(
    labels: NDArray[np.bool_], groups: NDArray[np.int64] | None, folds: int, seed: int
) -> Iterator[tuple[Rows, Rows]]:
    """Train and test rows of each fold, fraud spread evenly; rows of one group stay together.

    Raises InputError where a fold would be left with one kind of row only.
    """
    # scikit-learn takes a second to load, which those who only score need not pay
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    few = min(int(labels.sum()), int((~labels).sum())) if groups is None else len(np.unique(groups))
    if few < folds:
        raise InputError(f"{folds} folds need {folds} rows (or groups) of each kind", hint="more rows, or fewer folds")
    for train, test in kind(folds, shuffle=True, random_state=seed).split(labels, labels, groups):
        for part in (train, test):
            if labels[part].all() or not labels[part].any():
                raise InputError("a fold holds one kind of row only", hint="more groups, or fewer folds")
        yield train, test


def cross_validate(
    table: LabelledTable,
    engineered: Matrix,
    settings: Settings,
    *,
    folds: int,
    repeats: int,
    seed: int,
    progress: Progress,
) -> list[HeldOut]:
    """Every test fold of every repeat. Calibration and thresholds come from inner folds of its training part alone."""
    parts = [
        (train, test, seed + repeat)
        for repeat in range(repeats)
        for train, test in splits(table.labels, table.groups, folds, seed + repeat)
    ]
    found: list[HeldOut] = []
    # threads do: LightGBM works outside the interpreter's lock, and every fold is fitted from its own seed
    with ThreadPoolExecutor(settings.workers) as pool:
        try:
            for each in pool.map(lambda part: _fold(table, engineered, settings, *part), parts):
                found.append(each)
                progress("交叉验证 cross-validation", len(found), len(parts))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    return found


def _fold(table: LabelledTable, engineered: Matrix, settings: Settings, train: Rows, test: Rows, seed: int) -> HeldOut:
    labels = table.labels
    inner_groups = None if table.groups is None else table.groups[train]
    inner = held_out_log_odds(engineered[train], labels[train], inner_groups, settings, seed)
    calibration, thresholds = settle(inner, labels[train])
    raw = fit(settings.members, engineered[train], labels[train], seed=seed, threads=settings.threads).log_odds(
        engineered[test]
    )
    plain = fit((settings.plain,), table.matrix[train], labels[train], seed=seed, threads=settings.threads)
    probability = calibration.probability(raw)
    return HeldOut(
        rows=test,
        raw=raw,
        probability=probability,
        thresholds=thresholds,
        ours=measure(probability, labels[test], thresholds),
        plain=measure(sigmoid(plain.log_odds(table.matrix[test])), labels[test], _HALF),
    )


def settle(raw: Matrix, labels: NDArray[np.bool_]) -> tuple[Calibration, Thresholds]:
    """Calibration and thresholds from held-out log-odds of training rows."""
    calibration = fit_calibration(raw, labels)
    return calibration, choose_thresholds(calibration.probability(raw), labels)


def held_out_log_odds(
    matrix: Matrix, labels: NDArray[np.bool_], groups: NDArray[np.int64] | None, settings: Settings, seed: int
) -> Matrix:
    """One log-odds a row, each from members that were fitted without it: what calibration and thresholds rest on."""
    raw = np.empty(len(labels))
    for train, test in splits(labels, groups, settings.inner_folds, seed):
        model = fit(settings.members, matrix[train], labels[train], seed=seed, threads=settings.threads)
        raw[test] = model.log_odds(matrix[test])
    return raw
