"""Decides which trunk contracts can go live (两个必须: a contract names its numbers; E5, E8), for whoever publishes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from fanzha.policy.limits import limits
from fanzha.policy.profile import Profile
from fanzha.policy.refusal import Refusal, Refused
from fanzha.policy.trunk import Trunk


def check_trunks(trunks: Iterable[Trunk], profiles: Mapping[str, Profile]) -> None:
    """Raises Refused for a contract without numbers, an exemption without approver or end, an unknown profile."""
    held = list(trunks)
    twice = [name for name, times in Counter(trunk.id for trunk in held).items() if times > 1]
    if twice:
        raise Refused(Refusal.DUPLICATE, "one id for two trunks", where=f"trunk {twice[0]}")
    if len(held) > limits().trunks:
        raise Refused(Refusal.SIZE, f"{len(held):,} trunks, more than {limits().trunks:,}")
    for trunk in held:
        fault = _fault(trunk, profiles)
        if fault:
            raise Refused(Refusal.TRUNK, fault, where=f"trunk {trunk.id}", hint="correct the contract in the register")


def _fault(trunk: Trunk, profiles: Mapping[str, Profile]) -> str:
    if not trunk.id or not trunk.owner:
        return "it has no id or no owner"
    if trunk.ingress == "trunk" and not trunk.ranges:
        return "the contract names no permitted numbers (E5)"
    if trunk.profile and trunk.profile not in profiles:
        return f"there is no code profile {trunk.profile!r}"
    ranges = trunk.ranges or ()
    if any(not 0 < first <= last for first, last in ranges):
        return "a range of permitted numbers is empty or upside down"
    if any(after[0] <= before[1] for before, after in zip(ranges, ranges[1:], strict=False)):
        return "its ranges overlap, or do not ascend"
    for user in trunk.special:
        if not user.approver or user.expires <= 0:
            return f"the exemption of {user.number} has no approver or no end (E8)"
        if user.number != "*" and not user.key:
            return f"the exemption of {user.number} names no number"
    return ""
