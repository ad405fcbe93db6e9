"""Decides which calls in progress are cut or proposed for it, by the rules of release.yaml and the policy in force."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from fanzha.errors import VocabularyError
from fanzha.gateway.live.progress import Progress
from fanzha.numbering.single import Reader
from fanzha.policy.action import Action
from fanzha.policy.entry import Entry, Side
from fanzha.policy.policy import Policy
from fanzha.policy.reasons import reasons
from fanzha.vocabulary.loader import OVERRIDE, Document, decode, read
from fanzha.vocabulary.schemas import Name

_SECOND = 1_000_000


class ReleaseRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A caller listed for one of `reasons` has talked for `held_s` seconds. automatic: without a person's word."""

    id: str
    version: int
    title: Name
    held_s: Annotated[int, Meta(ge=1, le=86_400)]
    reasons: frozenset[str]
    automatic: bool
    source: str
    as_of: date


class ReleaseWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """release.yaml, which says what each of them means."""

    source: str
    as_of: date
    automatic_for: frozenset[str]
    attempts: Annotated[int, Meta(ge=1, le=5)]
    proof_ms: Annotated[int, Meta(ge=10, le=60_000)]
    half_ms: Annotated[int, Meta(ge=1, le=60_000)]
    callback_minutes: Annotated[int, Meta(ge=1, le=60)]
    callback_source: str
    rules: tuple[ReleaseRule, ...]


class Finding(msgspec.Struct, frozen=True):
    """A rule that holds for a call, and the policy's entry behind it."""

    rule: ReleaseRule
    entry: Entry


def release_words(path: Path | None = None) -> ReleaseWords:
    """The rules of a file: of the operator's vocabulary folder if it has one, else the shipped ones.

    Raises VocabularyError with file and line: also for a rule that would cut by itself whom the police did not list.
    """
    own = Path(os.environ.get(OVERRIDE, "")) / "release.yaml"
    document = read(path or (own if own.is_file() else Path(__file__).with_name("release.yaml")))
    words = decode(document, ReleaseWords)
    for at, rule in enumerate(words.rules):
        _check(document, at, rule, words)
    return words


def _check(document: Document, at: int, rule: ReleaseRule, words: ReleaseWords) -> None:
    where = document.where("rules", at, "reasons")
    strange = sorted(rule.reasons - reasons().keys())
    if strange or not rule.reasons:
        raise VocabularyError(f"{rule.id}: {strange} are no reasons", where=where, hint="see policy/reasons.yaml")
    if rule.automatic and not rule.reasons <= words.automatic_for:
        raise VocabularyError(
            f"{rule.id}: cuts calls by itself for {sorted(rule.reasons - words.automatic_for)}",
            where=where,
            hint="only callers listed by the police may be cut without a person (domain 2.3): set automatic: false",
        )


class Watchman:
    """Looks at calls that have lasted long enough, once for each version of the policy."""

    def __init__(self, words: ReleaseWords) -> None:
        self._rules = sorted(words.rules, key=lambda rule: (not rule.automatic, rule.held_s))
        self.shortest_us = min((rule.held_s for rule in words.rules), default=86_400) * _SECOND
        self._reader = Reader()

    def stage(self, call: Progress, at: int) -> int:
        """For how many rules it has lasted long enough. at: UTC microseconds."""
        return sum(at - call.answered >= rule.held_s * _SECOND for rule in self._rules)

    def judge(self, call: Progress, policy: Policy, at: int) -> Finding | None:
        """The hardest rule that holds. None also where the caller is trusted by another entry."""
        key = self._reader.read([call.caller])[0].number
        hits = policy.hit(Side.CALLER, key or None, call.caller, call.device, call.region, at)
        if any(entry.action is Action.ALLOW for entry in hits):
            return None
        for rule in self._rules:
            held = at - call.answered >= rule.held_s * _SECOND
            entry = next((each for each in hits if each.reason in rule.reasons), None)
            if held and entry is not None:
                return Finding(rule, entry)
        return None
