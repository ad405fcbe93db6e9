"""Decides how the loader's words about a rule read in Chinese: sayings.yaml."""

from __future__ import annotations

import datetime
import re
from functools import cache
from pathlib import Path

import msgspec
from django.utils.translation import get_language

from fanzha.vocabulary import decode, read


class Saying(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """en: a regular expression over a whole sentence; zh: what stands for it, with what was caught."""

    en: str
    zh: str


class Sayings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See sayings.yaml."""

    source: str
    as_of: datetime.date
    sayings: list[Saying]


def said(sentence: str) -> str:
    """A sentence of the loader in the reader's language, as it is where no saying knows it."""
    if get_language() == "en":
        return sentence
    for pattern, chinese in _sayings():
        if found := pattern.fullmatch(sentence):
            return found.expand(chinese)
    return sentence


@cache
def _sayings() -> list[tuple[re.Pattern[str], str]]:
    told = decode(read(Path(__file__).with_name("sayings.yaml")), Sayings)
    return [(re.compile(each.en, re.DOTALL), each.zh) for each in told.sayings]
