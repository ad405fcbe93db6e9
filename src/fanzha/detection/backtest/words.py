"""Decides the words and prices of a backtest: kinds of honest people and what a wrong stop costs, from YAML."""

from __future__ import annotations

import datetime
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from fanzha.detection.backtest.report import Cost, Estimate
from fanzha.detection.rule import Text
from fanzha.errors import VocabularyError
from fanzha.profiles.fields import EntityKind
from fanzha.vocabulary.loader import decode, read

_HERE = Path(__file__).parent
OTHER = "other"


class KindRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind that the lake tells: a condition on the profile at the first hit, or the subscriber's age band."""

    id: str
    entity: Literal["number", "device", "cell"]
    zh: str
    en: str
    when: str | None = None
    age_bands: list[str] = []


class Kinds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """kinds.yaml: names of what people say of somebody, and the kinds that the lake tells, the first that holds."""

    source: str
    as_of: datetime.date
    roles: dict[str, Text]
    kinds: list[KindRow]
    other: Text

    def of(self, entity: EntityKind) -> list[KindRow]:
        """The kinds of these entities, in order."""
        return [row for row in self.kinds if row.entity == entity.name.lower()]

    def names(self, kind: str, *, role: bool) -> Text:
        """In both languages; a role that nobody named is its own name."""
        if role:
            return self.roles.get(kind, Text(kind, kind))
        return next((Text(row.zh, row.en) for row in self.kinds if row.id == kind), self.other)


class _Hours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    hours: float


class Costs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """costs.yaml: hours without service by measure, shares of the wrongly hit, and the bounds of a report."""

    measures: list[_Hours]
    assumed: str
    complaints: Estimate
    appeals: Estimate
    hardest: int
    prevalences: list[int]
    asked_events: int
    source: str
    as_of: datetime.date

    def priced(self, measure: str) -> tuple[str, float, bool]:
        """The measure that is priced for a rule that proposes `measure`, its hours, and whether it was assumed."""
        hours = {row.id: row.hours for row in self.measures}
        found = measure if measure in hours else self.assumed
        return found, hours[found], found != measure

    def cost(self, measure: str, people: int, calls: int) -> Cost:
        """The price of so many people wrongly hit, who made so many calls in the hours they would not have had."""
        name, hours, assumed = self.priced(measure)
        return Cost(
            name, assumed, people, calls, people * hours, _share(self.complaints, people), _share(self.appeals, people)
        )


def _share(of: Estimate, people: int) -> Estimate:
    return Estimate(*(round(part * people, 1) for part in (of.low, of.likely, of.high)))


@cache
def read_kinds() -> Kinds:
    """kinds.yaml. Raises VocabularyError."""
    document = read(_HERE / "kinds.yaml")
    kinds = decode(document, Kinds)
    for at, row in enumerate(kinds.kinds):
        if (row.when is None) != bool(row.age_bands):
            raise VocabularyError(f"{row.id} needs either `when` or `age_bands`", where=document.where("kinds", at))
    return kinds


@cache
def read_costs() -> Costs:
    """costs.yaml. Raises VocabularyError."""
    document = read(_HERE / "costs.yaml")
    costs = decode(document, Costs)
    if costs.assumed not in {row.id for row in costs.measures}:
        raise VocabularyError(f"{costs.assumed} has no hours", where=document.where("assumed"))
    return costs
