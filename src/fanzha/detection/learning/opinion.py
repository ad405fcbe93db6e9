"""Decides what the released model says of the numbers that rules raised alerts about, or that it says nothing.

It is asked at assembly, of the profile at the alert's strongest moment. It abstains where it is unsure or little is
known; where there is no model, or it cannot be loaded, alerts go on without it and the log says why, once.
"""

from __future__ import annotations

import logging
import math

import numpy as np
from numpy.typing import NDArray

from fanzha.detection.alert import ModelRef
from fanzha.detection.learning.contest import thin
from fanzha.detection.learning.shelf import Shelf
from fanzha.detection.learning.terms import terms
from fanzha.detection.models.explanation import Contribution, Explanation
from fanzha.detection.models.model import Model
from fanzha.errors import ModelError
from fanzha.profiles.fields import BY_NAME, EntityKind
from fanzha.profiles.labels import words
from fanzha.records.lake import Lake

NAME = "outcomes"
_TOLD = 3  # contributions that are put into words
_REMEMBERED = 20_000  # opinions
_log = logging.getLogger(__name__)


class Adviser:
    """The released model of one network; released anew, it is loaded anew at the next question."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._read: int | None = None
        self._speaks: tuple[int, Model] | None = None
        self._told: dict[tuple[str, bytes], ModelRef] = {}  # watch tells an alert again with every call of its number

    def __call__(self, vectors: NDArray[np.float64]) -> list[ModelRef]:
        """One opinion for each row of float64[n, FIELD_COUNT]; none at all where no model speaks."""
        found = self._current()
        if found is None or not len(vectors):
            return []
        number, model = found
        try:
            rows = vectors[:, [BY_NAME[name].index for name in model.card.features]]
        except KeyError as error:
            _log.warning("model %s knows a field that is gone (%s): it stays silent", number, error)
            self._speaks = None
            return []
        version = f"{number}/{model.version}"
        keys = [(version, row.tobytes()) for row in rows]
        if len(self._told) + len(keys) > _REMEMBERED:
            self._told = {}
        fresh = [at for at, key in enumerate(keys) if key not in self._told]
        if fresh:
            silent = thin(rows[fresh], model.card.features, terms())
            for at, each, little in zip(fresh, model.explain(rows[fresh], top=0), silent, strict=True):
                self._told[keys[at]] = _opinion(version, each, bool(little))
        return [self._told[key] for key in keys]

    @property
    def number(self) -> int:
        """The model that spoke last, or would have; 0 for none."""
        return self._speaks[0] if self._speaks else 0

    def _current(self) -> tuple[int, Model] | None:
        try:
            changed = self._shelf.released.stat().st_mtime_ns
        except OSError:
            return None
        if changed != self._read:
            self._read = changed
            self._speaks = self._load()
        return self._speaks

    def _load(self) -> tuple[int, Model] | None:
        try:
            number = self._shelf.current()
            return (number, self._shelf.model(number)) if number else None
        except ModelError as error:
            _log.warning("the released model stays silent, rules run on: %s", error)
            return None


class FormerAdviser(Adviser):
    """One model of the shelf, released or not: what it said then, it says again. Raises ModelError if it is gone."""

    def __init__(self, shelf: Shelf, number: int) -> None:
        super().__init__(shelf)
        self._speaks = (number, shelf.model(number)) if number else None

    def _current(self) -> tuple[int, Model] | None:
        return self._speaks


def adviser_of(lake: Lake, network: str) -> Adviser:
    """Who is asked about alerts of this lake's network."""
    return Adviser(Shelf(lake.root.parent, network))


def former_adviser(lake: Lake, network: str, number: int) -> Adviser:
    """The model of this number (0 for none). Raises ModelError if it is gone."""
    return FormerAdviser(Shelf(lake.root.parent, network), number)


def _opinion(version: str, told: Explanation, little: bool) -> ModelRef:
    bounds = terms()
    if little:
        return ModelRef(NAME, version, says="unsure")
    strongest = [each for each in told.contributions[:_TOLD] if each.log_odds]
    return ModelRef(
        NAME,
        version,
        probability=round(told.probability, 4),
        says=bounds.says(told.probability),
        points=bounds.worth(told.probability),
        zh=[_sentence(each, 0) for each in strongest],
        en=[_sentence(each, 1) for each in strongest],
    )


def _sentence(part: Contribution, at: int) -> str:
    title = words(BY_NAME[part.feature], EntityKind.NUMBER)[at]
    value = ("未知", "unknown")[at] if part.value is None else f"{part.value:.4g}"
    times = math.exp(min(abs(part.log_odds), 20.0))
    if at == 0:
        return f"{title}为 {value}：诈骗几率{'乘以' if part.log_odds > 0 else '除以'} {times:.2f}"
    return f"{title} is {value}: {'multiplies' if part.log_odds > 0 else 'divides'} the odds of fraud by {times:.2f}"
