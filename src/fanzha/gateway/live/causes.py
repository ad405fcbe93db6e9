"""Decides the Q.850 cause of a call's end and who ended it, from a Reason header, else from the SIP status."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from fanzha.vocabulary.loader import decode, read

Status = Annotated[int, Meta(ge=300, le=699)]
Side = Literal["caller", "callee", "network"]
_Q850 = re.compile(r"Q\.850\s*;[^,]*?\bcause\s*=\s*([0-9]{1,3})", re.IGNORECASE)
_SIP = re.compile(r"(?:SIP\s*;[^,]*?\bcause\s*=\s*)?\b([3-6][0-9]{2})\b", re.IGNORECASE)
_LAST_CAUSE = 127


class End(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a call ended. cause: Q.850; by: caller, callee or network."""

    cause: int
    by: Side


class Causes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The table of `causes.yaml`."""

    source: str
    as_of: date
    hangup: int
    statuses: dict[Status, End]

    def of(self, status: int) -> End | None:
        """What a final status means; an unknown one means what its class does, one below 400 nothing."""
        return self.statuses.get(status) or self.statuses.get(status // 100 * 100)


@cache
def causes() -> Causes:
    """The table that ships with Fanzha."""
    return decode(read(Path(__file__).with_name("causes.yaml")), Causes)


def q850(reason: str) -> int | None:
    """The Q.850 cause that a Reason header names (RFC 3326), None without one."""
    found = _Q850.search(reason)
    return int(found[1]) if found and 0 < int(found[1]) <= _LAST_CAUSE else None


def status_in(text: str) -> int:
    """The SIP status that a switch's report names ("486", "SIP;cause=486"), 0 without one."""
    found = _SIP.search(text)
    return int(found[1]) if found else 0
