"""Decides how what a rule's loader and a backtest say reads in Chinese: sayings.yaml."""

from __future__ import annotations

import datetime
import re
from functools import cache
from pathlib import Path

import msgspec
from django.utils.translation import get_language

from fanzha.errors import FanzhaError
from fanzha.vocabulary import decode, read

_TAKEN = re.compile(r"\\(\d)")


class Saying(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """en: a regular expression over a whole sentence; zh: what stands for it, with what was caught, in Chinese."""

    en: str
    zh: str


class Sayings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See sayings.yaml."""

    source: str
    as_of: datetime.date
    sayings: list[Saying]


def said(sentence: str) -> str:
    """A sentence of the loader or of a backtest in the reader's language, as it is where no saying knows it."""
    return sentence if get_language() == "en" else _chinese(sentence)


def told(problem: str) -> str:
    """What a backtest ended with, as `lines_of` kept it."""
    return "\n".join(said(line.strip().removeprefix("-> ")) for line in problem.splitlines())


def lines_of(error: FanzhaError) -> str:
    """An error to be kept for readers of any language: what is wrong, what to do, where; a line each."""
    return "\n".join(filter(None, (error.message, error.hint, error.where)))


def _chinese(sentence: str) -> str:
    for pattern, chinese in _sayings():
        if found := pattern.fullmatch(sentence):
            return _taken(chinese, [_chinese(each) for each in found.groups("")])
    return sentence


def _taken(chinese: str, caught: list[str]) -> str:
    return _TAKEN.sub(lambda place: caught[int(place[1]) - 1], chinese)


@cache
def _sayings() -> list[tuple[re.Pattern[str], str]]:
    known = decode(read(Path(__file__).with_name("sayings.yaml")), Sayings)
    return [(re.compile(each.en, re.DOTALL), each.zh) for each in known.sayings]
