"""Decides what one line of a list says: whom it is about, what is done, where, from when, until when, and why."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from fanzha.policy.action import Action


class Subject(StrEnum):
    """What an entry names."""

    NUMBER = "number"
    PREFIX = "prefix"
    DEVICE = "device"


class Side(StrEnum):
    """Which party of a call the entry looks at. A device is always the caller's."""

    CALLER = "caller"
    CALLEE = "callee"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a list. Times are UTC microseconds.

    value: as `numbering.display` writes it ("+8613812345678"), a prefix with a star ("+8617*"), or an IMEI.
    region: GB/T 2260 code of where it holds, cut at 2, 4 or 6 digits (0: everywhere). expires: always there (a stop
    without an end is refused). reason: a code of reasons.yaml. source: the measure, list or document behind it.
    rule: "id@version" of the detection rule, "" if none. per_minute: calls a minute let through, for LIMIT.
    """

    id: str
    subject: Subject
    value: str
    action: Action
    reason: str
    source: str
    starts: int
    expires: int
    side: Side = Side.CALLER
    region: int = 0
    rule: str = ""
    basis: str = ""
    per_minute: int = 0
