"""Says in Chinese and English which features moved one row's score, and by how much, for the analyst judging it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from fanzha.detection.models.recipe import Recipe
from fanzha.detection.models.table import Matrix


@dataclass(frozen=True)
class Contribution:
    """One feature of one row. value: None where unknown. log_odds: its part of the row's calibrated log-odds."""

    feature: str
    value: float | None
    log_odds: float


@dataclass(frozen=True)
class Explanation:
    """Why one row has its probability. base + all contributions' log_odds add up to the calibrated log-odds."""

    probability: float
    base: float
    contributions: tuple[Contribution, ...]
    zh: tuple[str, ...]
    en: tuple[str, ...]


def explain_row(names: tuple[str, ...], values: Matrix, parts: Matrix, recipe: Recipe, top: int) -> Explanation:
    """One row's explanation. values: one a feature; parts: one a feature and the base last, in calibrated log-odds."""
    order = np.argsort(-np.abs(parts[:-1]), kind="stable")
    every = tuple(Contribution(names[i], _known(values[i]), float(parts[i])) for i in order)
    first = [each for each in every[:top] if each.log_odds != 0.0]
    return Explanation(
        probability=1.0 / (1.0 + math.exp(-float(parts.sum()))),
        base=float(parts[-1]),
        contributions=every,
        zh=tuple(_sentence(each, recipe, "zh") for each in first),
        en=tuple(_sentence(each, recipe, "en") for each in first),
    )


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _sentence(part: Contribution, recipe: Recipe, language: Literal["zh", "en"]) -> str:
    title = recipe.title(part.feature, language)
    times = math.exp(abs(part.log_odds))
    if language == "zh":
        shown = "未知" if part.value is None else f"{part.value:.4g}"
        return f"{title}为{shown}，诈骗几率{'乘以' if part.log_odds > 0 else '除以'}{times:.2f}"
    shown = "unknown" if part.value is None else f"{part.value:.4g}"
    return f"{title} is {shown}: {'multiplies' if part.log_odds > 0 else 'divides'} the odds of fraud by {times:.2f}"
