"""Decides what a trunk's contract (语音专线合同) allows: whose numbers, which exceptions, how its answers are said."""

from __future__ import annotations

from bisect import bisect_right
from enum import StrEnum
from functools import cached_property
from typing import Literal

import msgspec
import numpy as np

from fanzha.numbering import TrunkContract

Ingress = Literal["international", "interprovincial", "internetwork", "local", "trunk"]


class Exemption(StrEnum):
    """What a special user (特殊用户) may do that nobody else may (A7, E8)."""

    CLIR = "clir"  # hide the caller number
    EMPTY = "empty"  # send an unallocated or empty number
    ANY = "any"


class SpecialUser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One exemption. number: as `numbering.display` writes it, or "*" for whoever calls over this trunk (a caller who
    hides is not known by number). approver: who allowed it. expires: UTC microseconds; there is always an end."""

    number: str
    approver: str
    expires: int
    exemption: Exemption
    key: int = 0


class Trunk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """One trunk and its contract.

    peers: addresses or networks that send over it ("10.0.0.1", "10.0.0.1:5060", "10.1.0.0/16", "2001:db8::/32").
    ingress: a name of records.contract.Ingress. ranges: permitted callers as closed ranges of keys, ascending and
    apart; None where no contract is known, empty where it permits nobody. profile: name of the code profile.
    region: GB/T 2260 of where it ends, 0 unknown. area: area code that completes local numbers ("0571"), "" if none.
    """

    id: str
    owner: str
    peers: tuple[str, ...] = ()
    ingress: Ingress = "trunk"
    ranges: tuple[tuple[int, int], ...] | None = None
    special: tuple[SpecialUser, ...] = ()
    profile: str = ""
    region: int = 0
    area: str = ""

    @cached_property
    def permitted(self) -> TrunkContract | None:
        """The ranges for whole columns of callers."""
        if self.ranges is None:
            return None
        table = np.array(self.ranges, np.int64).reshape(-1, 2)
        return TrunkContract(table[:, 0].copy(), table[:, 1].copy())

    @cached_property
    def _firsts(self) -> list[int]:
        return [first for first, _ in self.ranges or ()]

    def permits(self, key: int | None) -> bool | None:
        """Whether the contract permits one caller; None where no contract is known. Withheld, irregular: never."""
        if self.ranges is None:
            return None
        if key is None or key <= 0:
            return False
        at = bisect_right(self._firsts, key) - 1
        return at >= 0 and key <= self.ranges[at][1]

    def exemption(self, key: int | None, wanted: Exemption, at: int) -> SpecialUser | None:
        """The special user whose exemption covers this caller (None or 0: withheld) at this moment, if any."""
        for user in self.special:
            covers = user.exemption in (wanted, Exemption.ANY) and at < user.expires
            if covers and (user.number == "*" or (key and user.key == key)):
                return user
        return None
