"""Decides how schemes, bands and measures are called on pages: detection's own words, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.utils.translation import get_language

from fanzha.detection.pack import CODES
from fanzha.detection.words import Band, Words, read_words


@dataclass(frozen=True)
class Grade:
    """A band as pages show it. `mark` names its CSS class and deadline."""

    id: str
    zh: str
    en: str
    colour: str
    colour_zh: str
    start: float

    def __str__(self) -> str:
        return self.en if get_language() == "en" else self.zh


class Told:
    """Detection's words, for readers."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self.grades = [_grade(band) for band in reversed(words.bands.bands)]
        self._grades = {grade.id: grade for grade in self.grades}

    @property
    def silent_days(self) -> int:
        """After so many days without a firing an alert closes."""
        return self._words.bands.silent_days

    def scheme(self, name: str) -> str:
        """The scheme's name; its id where the pack no longer has it."""
        found = self._words.schemes.get(name)
        return name if found is None else _one(found.zh, found.en)

    def about(self, name: str) -> str:
        """What the scheme is, in a sentence."""
        found = self._words.schemes.get(name)
        return "" if found is None else _one(found.about_zh, found.about_en)

    def schemes(self) -> list[tuple[str, str]]:
        """(id, name) of every scheme."""
        return [(name, self.scheme(name)) for name in self._words.schemes]

    def band(self, name: str) -> Grade:
        """The band; one of no colour where the words no longer have it."""
        return self._grades.get(name) or Grade(name, name, name, "#888888", "", 0)

    def grade_at(self, score: float) -> Grade:
        """The band that a score falls into; the lowest where it is below all."""
        return next((grade for grade in self.grades if score >= grade.start), self.grades[-1])

    def measure(self, name: str) -> str:
        """The measure's name."""
        found = self._words.measures.get(name)
        return name if found is None else _one(found.zh, found.en)

    def listed(self, name: str) -> str:
        """The name of a list of values."""
        return _one(*self._words.listed.get(name, (name, name)))

    def family(self, name: str) -> str:
        """The family's name."""
        found = self._words.families.get(name)
        return name if found is None else _one(found.zh, found.en)


@cache
def words() -> Told:
    """Read once: the package's words, and the operator's in FANZHA_HOME/rules."""
    own = settings.HOME / "rules"
    return Told(read_words([own] if own.is_dir() else [], CODES))


def _grade(band: Band) -> Grade:
    return Grade(band.id, band.zh, band.en, band.colour, band.colour_zh, band.start)


def _one(zh: str, en: str) -> str:
    return en if get_language() == "en" else zh
