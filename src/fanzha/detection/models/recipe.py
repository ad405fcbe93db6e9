"""Works out engineered features (ratios of a table's own columns) from a YAML recipe, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from fanzha.detection.models.table import Matrix
from fanzha.errors import MappingError

_RECIPES = Path(__file__).parent / "recipes"

Operation = Literal["ratio", "difference", "product", "gap", "deviation_ratio", "zero", "missing"]


class Engineered(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One engineered feature: an operation on columns or on features above it.

    ratio a/b; difference a-b; product a*b; gap |a-b|; deviation_ratio sqrt(a)/b (a is a variance); zero 1 where a is 0;
    missing: how many of the columns are unknown. Whatever has no value (0/0, an unknown part) is unknown, never 0.
    """

    name: str
    op: Operation
    of: tuple[str, ...]
    zh: str
    en: str


class Recipe(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A named set of engineered features, and words (zh, en) for the raw columns."""

    name: str
    source: str
    as_of: str
    features: tuple[Engineered, ...]
    words: dict[str, tuple[str, str]] = {}

    @property
    def reads(self) -> frozenset[str]:
        """The raw columns without which the recipe cannot be worked out."""
        made = {feature.name for feature in self.features}
        return frozenset(name for feature in self.features for name in feature.of if name not in made)

    def names(self, raw: Sequence[str]) -> tuple[str, ...]:
        """Every feature a model sees, raw columns first."""
        return (*raw, *(feature.name for feature in self.features))

    def apply(self, raw: Sequence[str], matrix: Matrix) -> Matrix:
        """rows x len(names(raw)): the raw columns and the engineered ones. Each row depends on itself alone."""
        columns = {name: matrix[:, index] for index, name in enumerate(raw)}
        for feature in self.features:
            columns[feature.name] = _value(feature, columns)
        return np.column_stack([columns[name] for name in self.names(raw)])

    def title(self, name: str, language: Literal["zh", "en"]) -> str:
        """What a reader calls this feature; its own name where the recipe has no word for it."""
        index = 0 if language == "zh" else 1
        for feature in self.features:
            if feature.name == name:
                return (feature.zh, feature.en)[index]
        return self.words[name][index] if name in self.words else name


def _value(feature: Engineered, columns: dict[str, Matrix]) -> Matrix:
    parts = [columns[name] for name in feature.of]
    with np.errstate(all="ignore"):
        match feature.op:
            case "ratio":
                value = parts[0] / parts[1]
            case "difference":
                value = parts[0] - parts[1]
            case "product":
                value = parts[0] * parts[1]
            case "gap":
                value = np.abs(parts[0] - parts[1])
            case "deviation_ratio":
                value = np.sqrt(parts[0]) / parts[1]
            case "zero":
                value = np.where(np.isnan(parts[0]), np.nan, (parts[0] == 0).astype(np.float64))
            case "missing":
                value = np.isnan(np.column_stack(parts)).sum(axis=1).astype(np.float64)
    return np.where(np.isfinite(value), value, np.nan)


NO_RECIPE = Recipe(name="none", source="no engineered features", as_of="2026-11-22", features=())


def shipped_recipes() -> dict[str, Recipe]:
    """Every recipe in the package, by name."""
    found = [msgspec.yaml.decode(path.read_bytes(), type=Recipe) for path in sorted(_RECIPES.glob("*.yaml"))]
    return {recipe.name: recipe for recipe in found}


def choose_recipe(wanted: str, raw: Sequence[str]) -> Recipe:
    """The recipe called `wanted`; for `auto` the first whose columns are all there, else none. Raises MappingError."""
    if wanted == "none":
        return NO_RECIPE
    shipped = shipped_recipes()
    if wanted == "auto":
        return next((recipe for recipe in shipped.values() if recipe.reads <= set(raw)), NO_RECIPE)
    if wanted not in shipped:
        raise MappingError(f"no recipe {wanted!r}", hint=f"one of: auto, none, {', '.join(sorted(shipped))}")
    recipe = shipped[wanted]
    missing = sorted(recipe.reads - set(raw))
    if missing:
        raise MappingError(f"recipe {wanted} needs columns {', '.join(missing)}", hint="use `recipe: auto` or `none`")
    return recipe
