"""Decides why a row is refused, and says it in Chinese and English; `reasons.yaml` holds the words."""

from __future__ import annotations

from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec

from fanzha.vocabulary.loader import decode, read


class Reason(IntEnum):
    """Why a row lies in quarantine (隔离); 0 is a row that was not refused."""

    GOOD = 0
    FIELDS = 1
    ENCODING = 2
    NUL = 3
    LONG_LINE = 4
    TRUNCATED = 5
    TIME = 6
    STARTED_MISSING = 7
    PAST = 8
    FUTURE = 9
    NEGATIVE = 10
    ORDER = 11
    CALLEE_MISSING = 12
    NUMBER = 13
    WORD = 14
    KEY_MISSING = 15
    QUOTE = 16

    @property
    def words(self) -> Words:
        """What to tell a person."""
        return _words()[self.value]


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One reason as `reasons.yaml` has it."""

    code: int
    name: str
    zh: str
    en: str


class Fault(NamedTuple):
    """A row that was refused: its line (or row) counted from 1, why, what exactly, and its text as it came."""

    line: int
    reason: Reason
    detail: str
    raw: str


@cache
def _words() -> dict[int, Words]:
    document = read(Path(__file__).with_name("reasons.yaml"))
    return {words.code: words for words in decode(document, list[Words])}
