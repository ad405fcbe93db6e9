"""Decides how an answer is said on the wire, trunk by trunk: codes, phrases and headers; the values are YAML."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

import msgspec

from fanzha.policy.action import Action
from fanzha.vocabulary.loader import decode, read

DEFAULT = "default"


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A final SIP answer. Header values may hold {contact}, {reason}, {id}: where to complain, why, which verdict."""

    code: int
    phrase: str
    headers: tuple[tuple[str, str], ...] = ()


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answers of one kind of switch.

    go_on: route-advance, the call proceeds unchanged. changed: the call proceeds changed (302 with a Contact). block:
    refused by judgement (lists, counters, models). hard: refused by a plain rule (contract, CLIR, R1-R8), for which
    603+ must not be used. contact: URL, mail or telephone where a caller who was refused wrongly may complain.
    """

    name: str
    go_on: Answer
    changed: Answer
    block: Answer
    hard: Answer
    limit: Answer
    challenge: Answer
    zh: str
    en: str
    source: str
    as_of: date
    contact: str = ""

    def answer(self, action: Action, *, hard: bool = False) -> Answer:
        """How this action is said; `hard` for a refusal by a plain rule."""
        if action is Action.BLOCK:
            return self.hard if hard else self.block
        return {
            Action.ALLOW: self.go_on,
            Action.LABEL: self.changed,
            Action.CHALLENGE: self.challenge,
            Action.LIMIT: self.limit,
        }[action]


@cache
def shipped() -> Mapping[str, Profile]:
    """The profiles that come with Fanzha, by name; `default` is among them."""
    rows = decode(read(Path(__file__).with_name("profiles.yaml")), list[Profile])
    return {row.name: row for row in rows}
