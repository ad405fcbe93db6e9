"""Decides by which figures models learn, compare, watch themselves and keep silent, from terms.yaml."""

from __future__ import annotations

import datetime
from functools import cache
from pathlib import Path

import msgspec

from fanzha.detection.models.learner import Settings, shipped_settings
from fanzha.profiles.fields import FIELDS, EntityKind
from fanzha.vocabulary import decode, read


class Points(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a probability at or above this adds to an alert."""

    probability: float
    points: float


class Drift(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a drift is measured, and from which population stability index on it is looked at or alarming."""

    days: int
    bins: int
    sample: int
    least: int
    busy_calls: int
    least_busy: int
    history_days: int
    chance: float
    sigmas: float
    watch: float
    alarm: float
    source: str
    as_of: datetime.date


class Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See terms.yaml."""

    unseen: list[str]
    least_fraud: int
    least_honest: int
    background: int
    most_background: int
    most_judged: int
    test_share: float
    folds: int
    resamples: int
    least_calls: int
    most_unknown: float
    unsure: tuple[float, float]
    points: list[Points]
    drift: Drift
    every_days: int
    new_outcomes: int
    source: str
    as_of: datetime.date

    def worth(self, probability: float) -> float:
        """The points of a probability, 0 to 100; none while unsure."""
        return max((each.points for each in self.points if probability >= each.probability), default=0.0)

    def says(self, probability: float) -> str:
        """fraud, unsure or honest."""
        low, high = self.unsure
        return "fraud" if probability >= high else "honest" if probability <= low else "unsure"


@cache
def terms() -> Terms:
    """From terms.yaml."""
    return decode(read(Path(__file__).with_name("terms.yaml")), Terms)


@cache
def settings() -> Settings:
    """The ensemble that learns, from learners.yaml."""
    return shipped_settings(Path(__file__).with_name("learners.yaml"))


@cache
def features() -> tuple[str, ...]:
    """The fields of a number's profile that a model sees, in order; none that describes a single call."""
    return tuple(
        field.name
        for field in FIELDS
        if EntityKind.NUMBER in field.kinds and not field.of_call and field.name not in terms().unseen
    )
