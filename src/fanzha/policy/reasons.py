"""Decides which reasons a list or a verdict may give, and how each is told in Chinese and English; words are YAML."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

import msgspec

from fanzha.vocabulary.loader import decode, read


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One reason for people."""

    zh: str
    en: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    source: str
    as_of: date
    reasons: dict[str, Words]


@cache
def reasons() -> Mapping[str, Words]:
    """Code -> words."""
    return decode(read(Path(__file__).with_name("reasons.yaml")), _File).reasons
