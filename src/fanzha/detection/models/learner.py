"""Fits and runs the ensemble: members whose log-odds are averaged, each feature's share staying exact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from fanzha.detection.models.availability import booster_library
from fanzha.detection.models.linear import Linear
from fanzha.detection.models.table import Matrix

# apart enough that a member of one repeat never draws as another member of the next
_SEED_STEP = 1009
_SETTINGS = Path(__file__).parent / "learners.yaml"


class Member(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One member: its weight in the average of log-odds; LightGBM's rounds and parameters, or `linear` (linear.py)."""

    name: str
    weight: float
    rounds: int = 0
    params: dict[str, bool | int | float | str] = {}
    linear: float | None = None


class Settings(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What learners.yaml says: the ensemble, the plain LightGBM it is compared with, and threads and folds at once."""

    source: str
    as_of: str
    threads: int
    workers: int
    inner_folds: int
    members: tuple[Member, ...]
    plain: Member


def shipped_settings(path: Path = _SETTINGS) -> Settings:
    """The settings in the package: those for labelled tables, or another room's."""
    return msgspec.yaml.decode(path.read_bytes(), type=Settings)


@dataclass(frozen=True)
class Ensemble:
    """Fitted members in the order of the settings: each a lightgbm.Booster or a Linear."""

    weights: tuple[float, ...]
    boosters: tuple[Any, ...]
    threads: int

    def log_odds(self, matrix: Matrix) -> Matrix:
        """One uncalibrated log-odds of fraud per row."""
        return self._average(
            lambda one: (
                one.log_odds(matrix)
                if isinstance(one, Linear)
                else one.predict(matrix, raw_score=True, num_threads=self.threads)
            )
        )

    def contributions(self, matrix: Matrix) -> Matrix:
        """rows x (features + 1): each feature's part of log_odds (tree SHAP), the last column the base rate's.

        A row's parts add up to its log_odds exactly: the members' parts are averaged as their log-odds are.
        """
        return self._average(
            lambda one: (
                one.contributions(matrix)
                if isinstance(one, Linear)
                else one.predict(matrix, pred_contrib=True, num_threads=self.threads)
            )
        )

    def texts(self) -> list[str]:
        """Every member in LightGBM's own text format, or as JSON."""
        return [
            one.text() if isinstance(one, Linear) else one.model_to_string(num_iteration=-1) for one in self.boosters
        ]

    def _average(self, ask: Callable[[Any], Matrix]) -> Matrix:
        parts = [
            weight * np.asarray(ask(b), dtype=np.float64) for weight, b in zip(self.weights, self.boosters, strict=True)
        ]
        total: Matrix = np.sum(parts, axis=0) / sum(self.weights)
        return total


def fit(members: Sequence[Member], matrix: Matrix, labels: NDArray[np.bool_], *, seed: int, threads: int) -> Ensemble:
    """The members fitted to rows x features; same inputs and seed, same ensemble. Raises ModelError."""
    boosters = tuple(
        Linear.fit(matrix, labels, member.linear)
        if member.linear is not None
        else _fit_one(member, matrix, labels, seed + index * _SEED_STEP, threads)
        for index, member in enumerate(members)
    )
    return Ensemble(tuple(member.weight for member in members), boosters, threads)


def _fit_one(member: Member, matrix: Matrix, labels: NDArray[np.bool_], seed: int, threads: int) -> Any:
    lightgbm = booster_library()
    params = {
        "objective": "binary",
        "verbosity": -1,
        "num_threads": threads,
        "deterministic": True,
        "force_row_wise": True,
        "seed": seed,
        **member.params,
    }
    rows = lightgbm.Dataset(matrix, labels.astype(np.float64), params=params)
    return lightgbm.train(params, rows, num_boost_round=member.rounds)


def from_texts(texts: Sequence[str], weights: Sequence[float], threads: int) -> Ensemble:
    """The ensemble that was saved as `texts`. Raises ModelError without LightGBM."""
    lightgbm = booster_library()
    members = (Linear.from_text(text) if text.startswith("{") else lightgbm.Booster(model_str=text) for text in texts)
    return Ensemble(tuple(weights), tuple(members), threads)
