"""Decides what the editor says of a rule as it is typed: what it would run as, or what is wrong and on which line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fanzha.desk.lab.releasing import files
from fanzha.desk.lab.sayings import said
from fanzha.detection.condition import leaves, text_of
from fanzha.detection.release import rule_of
from fanzha.detection.rule import Rule
from fanzha.detection.words import Words
from fanzha.errors import FanzhaError, VocabularyError
from fanzha.profiles.fields import FIELDS, EntityKind
from fanzha.profiles.labels import words as field_words

MOST = 20_000  # characters of a rule: the package's longest has 900
NAME = "规则 rule"
_UNITS = {
    "calls": "次", "numbers": "个号码", "devices": "台终端", "cells": "个小区", "changes": "次变化", "s": "秒",
    "h": "小时", "d": "天", "score": "分",
}  # fmt: skip


@dataclass(frozen=True)
class Checked:
    """A text as it was judged: the rule, or what is wrong with it and where."""

    rule: Rule | None = None
    message: str = ""
    hint: str = ""
    line: int = 0
    leaves: list[str] = field(default_factory=list)


def vocabulary() -> Words:
    """The words that rules may use."""
    return files().words


def checked(text: str) -> Checked:
    """Judge a text; never raises for what a person can type."""
    if len(text) > MOST:
        return Checked(message=_("超过 %(most)s 个字符") % {"most": MOST}, hint=_("每条规则单独起草"))
    try:
        rule = rule_of(text, vocabulary(), NAME)
    except VocabularyError as error:
        return Checked(message=said(error.message), hint=said(error.hint), line=_line(error))
    except FanzhaError as error:
        return Checked(message=said(error.message), hint=said(error.hint))
    found = [text_of(each) for each in leaves(rule.condition)] if rule.condition else []
    return Checked(rule, leaves=found)


def _line(error: VocabularyError) -> int:
    found = re.search(r":(\d+)$", error.where)
    return int(found[1]) if found else 0


@dataclass(frozen=True)
class Meaning:
    """A field that a rule may ask for."""

    name: str
    zh: str
    en: str
    unit: str
    kinds: str

    def __str__(self) -> str:
        return self.en if get_language() == "en" else self.zh

    @property
    def unit_words(self) -> str:
        """Its unit, in words."""
        return self.unit if get_language() == "en" else _UNITS.get(self.unit, "")


@cache
def meanings() -> tuple[Meaning, ...]:
    """Every field, with what it says of a number and what it may be asked of."""
    return tuple(
        Meaning(each.name, *field_words(each, EntityKind.NUMBER), each.unit,
                " ".join(kind.name.lower() for kind in sorted(each.kinds)))
        for each in FIELDS
    )  # fmt: skip


def renumbered(text: str, version: int) -> str:
    """The text with its rule's version set; the first `version:` line is the rule's, for defaults have none."""
    return re.sub(r"^(\s+version:\s*)\d+", lambda found: f"{found[1]}{version}", text, count=1, flags=re.MULTILINE)
