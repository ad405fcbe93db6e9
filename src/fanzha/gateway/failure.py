"""Decides what happens to a call when one of its checks cannot be made: it goes on, or it is refused; see the YAML."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from fanzha.errors import VocabularyError
from fanzha.vocabulary.loader import Document, decode, read


class Check(StrEnum):
    """The checks of a verdict, in their order."""

    PROTECTED = "protected"
    CONTRACT = "contract"
    FALSE_CLI = "false_cli"
    LISTS = "lists"
    LIMITS = "limits"


class Cause(StrEnum):
    """Why a check could not be made."""

    LATE = "late"
    ERROR = "error"
    MISSING = "missing"


Way = Literal["open", "closed"]


class Fallback(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What to do without one check. budget_ms: from the beginning of the verdict."""

    late: Way
    error: Way
    missing: Way
    budget_ms: Annotated[float, Meta(gt=0)]
    zh: str
    en: str

    def closed(self, cause: Cause) -> bool:
        """Whether the call is refused."""
        way: Way = getattr(self, cause)
        return way == "closed"


class Failure(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The failure policy of all checks."""

    source: str
    as_of: date
    checks: dict[Check, Fallback]
    policy_age_hours: Annotated[int, Meta(ge=1)]


def load_failure(path: Path) -> Failure:
    """A failure policy from a file. Raises VocabularyError where a check is missing, or protected calls could fail."""
    return _checked(read(path))


@cache
def shipped_failure() -> Failure:
    """The failure policy that comes with Fanzha."""
    return load_failure(Path(__file__).with_name("failure.yaml"))


def _checked(document: Document) -> Failure:
    found = decode(document, Failure)
    if left := [str(check) for check in Check if check not in found.checks]:
        raise VocabularyError(f"checks without a failure policy: {', '.join(left)}", where=document.where("checks"))
    protected = found.checks[Check.PROTECTED]
    if any(protected.closed(cause) for cause in Cause):
        where = document.where("checks", "protected")
        raise VocabularyError("an emergency call must never be refused", where=where, hint="let all three be open")
    return found
