"""Decides what a notice says, from notices.yaml, in both languages, with the three things that the law wants told."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec

from fanzha.desk.rights.roles import Words
from fanzha.vocabulary import decode, read


class Kind(Words, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One kind of notice: its text with places to fill."""

    id: str

    def told(self, language: str, filled: Mapping[str, str]) -> str:
        """The text."""
        return (self.en if language == "en" else self.zh).format_map(filled)


class Languages(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which language a number is told in before its subscriber has chosen one."""

    home: str
    abroad: str


class _Notices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kinds: list[Kind]
    remedy: Words
    documents: Words
    languages: Languages
    attempts: int
    source: str
    as_of: datetime.date


@cache
def words() -> _Notices:
    """From notices.yaml."""
    return decode(read(Path(__file__).with_name("notices.yaml")), _Notices)


def kind(name: str) -> Kind:
    """The notice of that id."""
    return next(each for each in words().kinds if each.id == name)


def half(text: Words, language: str) -> str:
    """A bilingual text in one language."""
    return text.en if language == "en" else text.zh
