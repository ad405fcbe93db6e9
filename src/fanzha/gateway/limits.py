"""Decides which call goes above a limit of the call-time counters, and what is then done; the limits are YAML."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta

from fanzha.errors import VocabularyError
from fanzha.gateway.counters import COUNTERS
from fanzha.gateway.verdict import Reason
from fanzha.numbering import Kind
from fanzha.policy import Action
from fanzha.vocabulary.loader import Document, decode, read
from fanzha.vocabulary.schemas import KindName

CounterName = Literal["per_minute", "passed_per_minute", "total", "concurrent", "sequential", "duration"]
RATE = "rate"  # the reason's code, as policy/reasons.yaml tells it


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One limit of limits.yaml, which says what the fields mean."""

    id: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]*$")]
    of: Literal["caller", "trunk"]
    counter: CounterName
    above: Annotated[int, Meta(ge=0)]
    action: Literal["label", "challenge", "limit", "block"]
    kinds: tuple[KindName, ...] = ()
    trunks: tuple[str, ...] = ()
    zh: str
    en: str
    source: str
    as_of: date


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    source: str
    as_of: date
    rules: list[Limit]


class Line(NamedTuple):
    """A limit made ready: where its counter stands in Reading.values, and the reason it gives. kinds, trunks: of which
    numbers and over which trunks, None for all."""

    at: int
    above: int
    kinds: frozenset[int] | None
    trunks: frozenset[str] | None
    reason: Reason


class Limits:
    """The limits in force."""

    def __init__(self, rules: list[Limit]) -> None:
        self.rules = rules
        self._lines = [_line(rule) for rule in rules]

    def above(self, values: list[int], kind: int, trunk: str | None) -> list[Reason]:
        """The reasons of all limits that a call from a number of this kind, over this trunk, goes above; an unknown
        counter (-1) is above nothing."""
        return [
            reason
            for at, most, kinds, trunks, reason in self._lines
            if values[at] > most and (kinds is None or kind in kinds) and (trunks is None or trunk in trunks)
        ]


def load_limits(path: Path) -> Limits:
    """Limits from a file. Raises VocabularyError with file and line for a rule that cannot be."""
    return _checked(read(path))


@cache
def shipped_limits() -> Limits:
    """The limits that come with Fanzha."""
    return load_limits(Path(__file__).with_name("limits.yaml"))


def _checked(document: Document) -> Limits:
    rules = decode(document, _File).rules
    seen: set[str] = set()
    for row, rule in enumerate(rules):
        if rule.id in seen:
            raise VocabularyError(f"limit {rule.id!r} stands twice", where=document.where("rules", row, "id"))
        if rule.counter == "passed_per_minute" and rule.action not in ("limit", "block"):
            hint = "count per_minute, or let the action be limit"
            where = document.where("rules", row, "counter")
            raise VocabularyError(f"{rule.action} stops nobody, so all calls pass", where=where, hint=hint)
        seen.add(rule.id)
    return Limits(rules)


def _line(rule: Limit) -> Line:
    at = COUNTERS.index(rule.counter) + (6 if rule.of == "trunk" else 0)
    # A call refused by a rate does not use it up: the (above + 1)-th to be let through is the first to be refused.
    most = rule.above - 1 if rule.counter == "passed_per_minute" else rule.above
    kinds = frozenset(int(Kind[name.upper()]) for name in rule.kinds) or None
    action = Action[rule.action.upper()]
    reason = Reason(code=RATE, action=action, by=f"limit:{rule.id}", zh=rule.zh, en=rule.en)
    return Line(at, most, kinds, frozenset(rule.trunks) or None, reason)
