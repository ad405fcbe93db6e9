"""Trains, signs and evaluates models on labelled tables, for the two commands and for whoever has profile fields."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fanzha import __version__
from fanzha.detection.models.availability import booster_library
from fanzha.detection.models.calibration import Thresholds
from fanzha.detection.models.crossvalidation import HeldOut, Progress, cross_validate, settle
from fanzha.detection.models.learner import Settings, fit, shipped_settings
from fanzha.detection.models.mapping import TableMapping, guess_mapping, read_mapping
from fanzha.detection.models.metrics import Scores, binomial_interval, calibration_report, measure, operating_point_of
from fanzha.detection.models.model import Card, Model
from fanzha.detection.models.recipe import choose_recipe
from fanzha.detection.models.report import CrossValidation, Report, compare, mean_of, spread_of
from fanzha.detection.models.store import refuse_unless_free
from fanzha.detection.models.table import LabelledTable, Matrix, read_arrow, read_labelled
from fanzha.errors import UsageError

DEFAULT_SEED = 0


def _silent(_what: str, _done: int, _total: int) -> None:
    """No progress shown."""


def train(
    table: Path,
    out: Path,
    *,
    mapping: Path | None = None,
    label: str | None = None,
    folds: int = 5,
    repeats: int = 3,
    seed: int = DEFAULT_SEED,
    progress: Progress = _silent,
    home: Path | None = None,
    settings: Settings | None = None,
) -> Report:
    """Cross-validates on a labelled CSV or Parquet, then trains on all of it and writes the signed model to `out`.

    Without `mapping` the label is `label` or a well-known name. progress is called with (what, done, total). Raises
    MappingError, InputError for the table, ModelError for the machine or `out`, UsageError for folds and repeats.
    """
    booster_library()
    refuse_unless_free(out.resolve())
    how = read_mapping(mapping) if mapping else guess_mapping(read_arrow(table).column_names, label)
    rows = read_labelled(table, how)
    return _train(rows, how, out, folds, repeats, seed, progress, home, settings or shipped_settings())


def train_profiles(
    features: Matrix,
    names: Sequence[str],
    labels: NDArray[np.bool_],
    groups: NDArray[np.int64] | None,
    out: Path,
    *,
    folds: int = 5,
    repeats: int = 3,
    seed: int = DEFAULT_SEED,
    progress: Progress = _silent,
    home: Path | None = None,
    settings: Settings | None = None,
) -> Report:
    """As `train`, on profile fields in memory: rows x len(names), NaN where unknown; labels True for fraud.

    Such a model is one family of its own (`card.family`): its score alone never proposes a suspension.
    """
    booster_library()
    refuse_unless_free(out.resolve())
    matrix = np.asarray(features, dtype=np.float64)
    if matrix.shape != (len(labels), len(names)):
        raise UsageError(f"features are {matrix.shape}, expected {(len(labels), len(names))}", hint="rows x names")
    digest = hashlib.sha256(np.ascontiguousarray(matrix).tobytes() + np.asarray(labels, np.bool_).tobytes()).hexdigest()
    rows = LabelledTable(
        tuple(names), matrix, np.asarray(labels, np.bool_), groups, ("double",) * len(names), digest, ()
    )
    how = TableMapping(label="label", features=tuple(names), recipe="none")
    return _train(rows, how, out, folds, repeats, seed, progress, home, settings or shipped_settings())


def evaluate(
    table: Path, model: Path, *, mapping: Path | None = None, home: Path | None = None, trust: Path | None = None
) -> Report:
    """Scores a labelled table with a trained model: thresholds and calibration stay as training fixed them.

    Without `mapping` the table is read as the model's own was. Raises as Model.load and read_labelled do.
    """
    loaded = Model.load(model, home=home, trust=trust)
    card = loaded.card
    rows = read_labelled(table, read_mapping(mapping) if mapping else card.mapping, card.features)
    scores = measure(loaded.score(rows.matrix), rows.labels, card.thresholds)
    notes = rows.notes
    if rows.sha256 == card.table_sha256:
        notes += ("这是训练用表，结果偏高 this is the table the model learnt from: the figures flatter it",)
    return _report("evaluate", loaded, rows, scores, notes, None)


def _train(
    rows: LabelledTable,
    how: TableMapping,
    out: Path,
    folds: int,
    repeats: int,
    seed: int,
    progress: Progress,
    home: Path | None,
    settings: Settings,
) -> Report:
    _check(folds, repeats)
    recipe = choose_recipe(how.recipe, rows.features)
    engineered = recipe.apply(rows.features, rows.matrix)
    held = cross_validate(rows, engineered, settings, folds=folds, repeats=repeats, seed=seed, progress=progress)
    truth = np.concatenate([rows.labels[h.rows] for h in held])
    calibration, thresholds = settle(np.concatenate([h.raw for h in held]), truth)
    ensemble = fit(settings.members, engineered, rows.labels, seed=seed, threads=settings.threads)
    card = Card(
        table_sha256=rows.sha256,
        rows=len(rows.labels),
        fraud=int(rows.labels.sum()),
        features=rows.features,
        dtypes=rows.dtypes,
        mapping=how,
        recipe=recipe,
        members=tuple(member.name for member in settings.members),
        weights=ensemble.weights,
        threads=settings.threads,
        calibration=calibration,
        thresholds=thresholds,
        seed=seed,
        versions=_versions(),
    )
    model = Model(card, ensemble)
    progress("训练 training", 1, 1)
    validation = _validation(held, folds, repeats, seed, rows.groups is not None)
    report = _report("train", model, rows, _pooled(held, rows, thresholds, repeats, validation), rows.notes, validation)
    model.save(out.resolve(), home=home, report=report.to_json().encode())
    return report


def _check(folds: int, repeats: int) -> None:
    if folds < 2 or repeats < 1:
        raise UsageError(f"{folds} folds x {repeats} repeats", hint="at least 2 folds and 1 repeat")


def _versions() -> dict[str, str]:
    libraries = ("lightgbm", "numpy", "pyarrow", "scikit-learn")
    return {"fanzha": __version__, "python": platform.python_version(), **{name: version(name) for name in libraries}}


def _validation(held: list[HeldOut], folds: int, repeats: int, seed: int, grouped: bool) -> CrossValidation:
    ours, plain = [h.ours for h in held], [h.plain for h in held]
    return CrossValidation(
        folds=folds,
        repeats=repeats,
        seed=seed,
        grouped=grouped,
        mean=mean_of(ours),
        spread=spread_of(ours),
        plain_mean=mean_of(plain),
        plain_spread=spread_of(plain),
        difference=compare(ours, plain, folds=folds),
        per_fold=[_one_fold(a, b) for a, b in zip(ours, plain, strict=True)],
    )


def _one_fold(ours: Scores, plain: Scores) -> dict[str, float]:
    return {**mean_of([ours]), **{f"plain_{name}": value for name, value in mean_of([plain]).items()}}


def _pooled(
    held: list[HeldOut], rows: LabelledTable, thresholds: Thresholds, repeats: int, validation: CrossValidation
) -> Scores:
    """Means over test folds; counts are those of one pass over the table (repeats see the same people again)."""
    truth = np.concatenate([rows.labels[h.rows] for h in held])
    points = {}
    for name, threshold in thresholds.named().items():
        called = np.concatenate([h.probability >= h.thresholds.named()[name] for h in held])
        recall = binomial_interval(round(int((called & truth).sum()) / repeats), int(rows.labels.sum()))
        false = binomial_interval(round(int((called & ~truth).sum()) / repeats), int((~rows.labels).sum()))
        points[name] = operating_point_of(threshold, recall, false)
    calibration = calibration_report(np.concatenate([h.probability for h in held]), truth)
    return Scores(
        rows=len(rows.labels),
        fraud=int(rows.labels.sum()),
        operating_points=points,
        calibration=calibration,
        **validation.mean,
    )


def _report(
    kind: str,
    model: Model,
    rows: LabelledTable,
    scores: Scores,
    notes: tuple[str, ...],
    validation: CrossValidation | None,
) -> Report:
    strict = scores.operating_points["fpr_01pct"].precision_at
    return Report(
        kind=kind,
        model=model.version,
        table_sha256=rows.sha256,
        rows=scores.rows,
        fraud=scores.fraud,
        auc=scores.auc,
        average_precision=scores.average_precision,
        macro_f1=scores.macro_f1,
        recall_at_fpr_1pct=scores.recall_at_fpr_1pct,
        recall_at_fpr_01pct=scores.recall_at_fpr_01pct,
        precision_at_1_in_1000=strict["1_in_1000"],
        precision_at_1_in_10000=strict["1_in_10000"],
        thresholds=model.card.thresholds,
        operating_points=scores.operating_points,
        calibration=scores.calibration,
        cross_validation=validation,
        notes=notes,
    )
