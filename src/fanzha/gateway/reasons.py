"""Decides how each reason of a verdict is told: made once, with its words, and shared by all verdicts that give it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from fanzha import vocabulary as words
from fanzha.gateway.verdict import Reason
from fanzha.numbering.false_cli import RULES
from fanzha.policy import Action, Entry, reasons
from fanzha.policy.reasons import Words
from fanzha.vocabulary.loader import decode, read


class CallWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The values of reasons.yaml."""

    source: str
    as_of: date
    reasons: dict[str, Words]
    presented_rules: tuple[Literal["R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8"], ...]


@cache
def call_words() -> CallWords:
    """Words of the reasons that only a call gives."""
    return decode(read(Path(__file__).with_name("reasons.yaml")), CallWords)


@cache
def codes() -> tuple[str, ...]:
    """Every code that a reason of a verdict may have."""
    return (*reasons(), *call_words().reasons, *RULES)


def listed(entry: Entry) -> Reason:
    """The reason an entry of a list gives; an ALLOW entry's as well."""
    said = reasons().get(entry.reason)
    return Reason(
        code=entry.reason,
        action=entry.action,
        by=f"entry:{entry.id}",
        zh=said.zh if said else "",
        en=said.en if said else "",
    )


@cache
def plain(code: str, action: Action, by: str = "") -> Reason:
    """A reason of a fixed code; `by` must be one of few (this is remembered)."""
    said = call_words().reasons.get(code) or reasons()[code]
    return Reason(code=code, action=action, by=by, zh=said.zh, en=said.en)


def named(code: str, action: Action, by: str) -> Reason:
    """As `plain`, for a `by` that may be one of many."""
    known = plain(code, action)
    return Reason(code=code, action=action, by=by, zh=known.zh, en=known.en)


@cache
def rules(block: int, label: int, shown: bool = False) -> tuple[Reason, ...]:
    """The reasons of the bits of R1-R8 that block and that only label; `shown`: of the number shown, not the caller."""
    said = words.false_cli_rules().rules
    found = []
    for bit, name in enumerate(RULES):
        if (block | label) >> bit & 1:
            rule = said[name]  # type: ignore[index]
            action = Action.BLOCK if block >> bit & 1 else Action.LABEL
            found.append(Reason(code=name, action=action, by="shown" if shown else "", zh=rule.zh, en=rule.en))
    return tuple(found)


def bits(names: Iterable[str]) -> int:
    """The mask of some of R1-R8 by name."""
    return sum(1 << RULES.index(name) for name in names)


@cache
def shown_mask() -> int:
    """The mask of the rules that judge the number shown, where it is another than the caller."""
    return bits(call_words().presented_rules)
