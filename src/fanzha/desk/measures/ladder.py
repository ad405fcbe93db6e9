"""Decides what each rung of the ladder does, rests on, needs and ends with: ladder.yaml, for pages and actions."""

from __future__ import annotations

import datetime
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from fanzha.desk.rights.roles import Words
from fanzha.errors import Refused
from fanzha.vocabulary import decode, read

Approval = Literal["auto", "analyst", "leader"]
APPROVALS: dict[str, Promise] = {
    "auto": _("即时生效"),
    "analyst": _("研判员即可"),
    "leader": _("须另一人审批（双人）"),
}


class Evidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The least a rung rests on. note: someone's own words; document: of the police."""

    score: float = 0
    families: int = 0
    note: bool = False
    document: bool = False


class Rung(Words, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """See ladder.yaml."""

    id: str
    tone: str
    effect: Literal["none", "label", "challenge", "limit", "block"]
    approval: Approval
    evidence: Evidence
    notice: Literal["none", "self", "prompt", "ahead"]
    days: int
    most_days: int
    proposed_for: list[str]
    basis: str
    basis_en: str
    source: str
    as_of: datetime.date
    notice_hours: int = 0
    per_minute: int = 0
    deadline: str = ""
    police: bool = False
    unverified: bool = False

    @property
    def approval_words(self) -> Promise:
        """Who must agree, for pages."""
        return APPROVALS[self.approval]

    @property
    def basis_words(self) -> str:
        """The law it rests on, in the reader's language."""
        return self.basis_en if (get_language() or "").startswith("en") else self.basis


class _Ladder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rungs: list[Rung]
    suppression_days: int
    wrong_reads_as: list[str]
    source: str
    as_of: datetime.date


@cache
def ladder() -> _Ladder:
    """From ladder.yaml."""
    return decode(read(Path(__file__).with_name("ladder.yaml")), _Ladder)


def rungs() -> dict[str, Rung]:
    """Every rung by its id, mildest first."""
    return {rung.id: rung for rung in ladder().rungs}


def rung(name: str) -> Rung:
    """The rung of that id. Raises Refused."""
    found = rungs().get(name)
    if found is None:
        raise Refused(str(_("没有这种处置")), where=name)
    return found


def rung_for(measure: str) -> Rung | None:
    """Where a measure that detection proposes leads; None where it leads to no measure."""
    return next((each for each in ladder().rungs if measure in each.proposed_for), None)
