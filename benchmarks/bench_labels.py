"""Prints how the ensemble does on the Sichuan table with 1, 5 and 10 % of the labels, for an operator who begins.

Five folds x three seeds. Of each training part a stratified share keeps its labels; calibration and thresholds come
from inner folds of that share alone; the whole test fold is scored. Plain LightGBM on the same rows stands beside.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bench_models import sichuan_table
from fanzha.detection.models import available
from fanzha.detection.models.calibration import Thresholds, sigmoid
from fanzha.detection.models.crossvalidation import held_out_log_odds, settle, splits
from fanzha.detection.models.learner import Settings, fit, shipped_settings
from fanzha.detection.models.mapping import guess_mapping
from fanzha.detection.models.metrics import Scores, measure
from fanzha.detection.models.recipe import choose_recipe
from fanzha.detection.models.table import LabelledTable, Matrix, read_arrow, read_labelled
from memory import peak_gb

SHARES = (0.01, 0.05, 0.10)
_SEEDS = (0, 1, 2)
_FOLDS = 5
_HALF = Thresholds(decision=0.5, fpr_1pct=0.5, fpr_01pct=0.5)
_MEASURES = ("auc", "average_precision", "macro_f1", "recall_at_fpr_1pct", "recall_at_fpr_01pct")


def run() -> None:
    """Some minutes on one core; says so and returns where it cannot run."""
    reason, path = available(), sichuan_table()
    if reason is not None or not path.is_file():
        print(f"labels: skipped, {reason or f'no {path} (set FANZHA_DATA)'}")
        return
    rows = read_labelled(path, guess_mapping(read_arrow(path).column_names))
    engineered = choose_recipe("auto", rows.features).apply(rows.features, rows.matrix)
    print("labels: Sichuan 2020, five folds x three seeds, mean ± spread over test folds")
    for share in SHARES:
        found = list(_scores(rows, engineered, share))
        kept = round(share * len(rows.labels) * (_FOLDS - 1) / _FOLDS)
        print(f"  {share:.0%} of the labels (about {kept} people)")
        for name, at in (("plain", 1), ("ours", 0)):
            told = ", ".join(_told([pair[at] for pair in found], measured) for measured in _MEASURES)
            print(f"    {name:6} {told}")
    print(f"  peak {peak_gb():.2f} GB")


def _told(scores: list[Scores], name: str) -> str:
    values = [getattr(each, name) for each in scores]
    return f"{name} {np.mean(values):.3f} ± {np.std(values, ddof=1):.3f}"


def _scores(rows: LabelledTable, engineered: Matrix, share: float) -> Iterator[tuple[Scores, Scores]]:
    settings = shipped_settings()
    for seed in _SEEDS:
        for train, test in splits(rows.labels, None, _FOLDS, seed):
            draw = np.random.default_rng([seed, len(train)])
            kinds = (train[rows.labels[train]], train[~rows.labels[train]])
            kept = np.concatenate(
                [draw.choice(kind, max(2, round(share * len(kind))), replace=False) for kind in kinds]
            )
            yield _ours(rows, engineered, kept, test, settings, seed), _plain(rows, kept, test, settings, seed)


def _ours(
    rows: LabelledTable, engineered: Matrix, kept: np.ndarray, test: np.ndarray, settings: Settings, seed: int
) -> Scores:
    labels = rows.labels[kept]
    calibration, thresholds = settle(held_out_log_odds(engineered[kept], labels, None, settings, seed), labels)
    model = fit(settings.members, engineered[kept], labels, seed=seed, threads=settings.threads)
    return measure(calibration.probability(model.log_odds(engineered[test])), rows.labels[test], thresholds)


def _plain(rows: LabelledTable, kept: np.ndarray, test: np.ndarray, settings: Settings, seed: int) -> Scores:
    model = fit((settings.plain,), rows.matrix[kept], rows.labels[kept], seed=seed, threads=settings.threads)
    return measure(sigmoid(model.log_odds(rows.matrix[test])), rows.labels[test], _HALF)


if __name__ == "__main__":
    run()
