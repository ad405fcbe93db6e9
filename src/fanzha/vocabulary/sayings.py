"""Decides how a sentence that the code says in English reads in Chinese: sayings as YAML, for terminal and desk."""

from __future__ import annotations

import datetime
import re
from functools import cache
from pathlib import Path

import msgspec

from fanzha.vocabulary.loader import decode, read

_TAKEN = re.compile(r"\\(\d)")


class Saying(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """en: a regular expression over a whole sentence; zh: what stands for it, with what was caught, in Chinese."""

    en: str
    zh: str


class Sayings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of them; the first that fits a sentence is taken."""

    source: str
    as_of: datetime.date
    sayings: list[Saying]


def chinese(sentence: str, *files: Path) -> str:
    """A sentence as the sayings of `files` put it, what they catch too; as it is where none knows it.

    Raises VocabularyError for a file that is not as it should be.
    """
    for file in files:
        for pattern, words in _sayings(file):
            if found := pattern.fullmatch(sentence):
                return _taken(words, [chinese(each, *files) for each in found.groups("")])
    return sentence


def _taken(words: str, caught: list[str]) -> str:
    return _TAKEN.sub(lambda place: caught[int(place[1]) - 1], words)


@cache
def _sayings(file: Path) -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(each.en, re.DOTALL), each.zh) for each in decode(read(file), Sayings).sayings]
