"""Decides which plain reason a subscriber is given for a measure, from reasons.yaml."""

from __future__ import annotations

import datetime
from functools import cache
from pathlib import Path

import msgspec

from fanzha.desk.rights.roles import Words
from fanzha.vocabulary import decode, read


class Reason(Words, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One reason. schemes: detection's schemes that lead to it. policy: the gateway's code."""

    id: str
    schemes: list[str]
    policy: str


class _Reasons(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reasons: list[Reason]
    source: str
    as_of: datetime.date


@cache
def reasons() -> dict[str, Reason]:
    """Every reason by its id."""
    document = read(Path(__file__).with_name("reasons.yaml"))
    return {each.id: each for each in decode(document, _Reasons).reasons}


def reason_for(scheme: str) -> str:
    """The id of the reason that a scheme leads to."""
    return next((each.id for each in reasons().values() if scheme in each.schemes), "gang")
