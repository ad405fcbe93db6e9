"""Decides, check by check, what speaks against a call or for it: callee, contract, R1-R8, lists, limits, in this order.

Each check adds its reasons and says what it could not know. None of them changes anything outside of its Weighing.
"""

from __future__ import annotations

from fanzha import vocabulary as words
from fanzha.gateway import reasons
from fanzha.gateway.counters import COUNTERS, Reading
from fanzha.gateway.inquiry import Inquiry
from fanzha.gateway.state import Live
from fanzha.gateway.verdict import Reason
from fanzha.numbering import Form, Kind
from fanzha.numbering.false_cli import INGRESS_UNKNOWN, TRUNK
from fanzha.numbering.single import Single
from fanzha.policy import Action, Entry, Exemption, Policy, Side

_IRREGULAR, _UNASSIGNED, _WITHHELD = int(Form.IRREGULAR), int(Form.UNASSIGNED), int(Kind.WITHHELD)
_R1, _R3, _R5, _R8 = (reasons.bits([name]) for name in ("R1", "R3", "R5", "R8"))
# What each exemption of a special user lifts (A7, E8).
_LIFTED = {Exemption.CLIR: _R5, Exemption.EMPTY: _R3 | _R8, Exemption.ANY: 0xFF}
MALFORMED = "malformed"  # in `degraded`: the question was, and yet is answered
_PASSED = COUNTERS.index("passed_per_minute")


class Weighing:
    """What has been found about one call. given: all reasons, as they were found. soft: those of them that an entry of
    an ALLOW list outweighs. lifted: bits of R1-R8 that a special user need not keep."""

    __slots__ = ("asked", "policy", "live", "given", "soft", "allowed", "missing", "owns", "lifted", "reading")

    def __init__(self, asked: Inquiry, policy: Policy | None, live: Live) -> None:
        self.asked, self.policy, self.live = asked, policy, live
        self.given: list[Reason] = []
        self.soft: list[Reason] = []
        self.allowed: list[Entry] = []
        self.missing: list[str] = [asked.fault] if asked.fault else []
        if asked.call.fault is not None:
            self.missing.append(MALFORMED)
        self.owns, self.lifted = -1, 0
        self.reading: Reading | None = None


def protected(found: Weighing) -> str:
    """Emergency calls and those to public services pass, whoever calls, and nothing else is asked."""
    asked, policy = found.asked, found.policy
    number = asked.callee.number
    if asked.emergency or (policy.protected(number) if policy is not None else number in found.live.protected):
        found.given.append(reasons.plain("emergency", Action.ALLOW))
    return ""


def contract(found: Weighing) -> str:
    """Trunk caller authentication (专线主叫鉴权, A8, E5, E8): the caller is in the contract, or a special user."""
    asked, trunk = found.asked, found.asked.trunk
    if found.policy is None:
        return "policy"
    if asked.trunk_name is None:
        return "trunk"
    if trunk is None:
        return "trunk.contract"
    hidden = asked.caller.number == 0
    key = None if hidden else asked.caller.number
    permitted = trunk.permits(key)
    found.owns = -1 if permitted is None else int(permitted)
    if trunk.special:
        _exempt(found, key)
    if permitted is None:
        return "trunk.contract" if asked.ingress == TRUNK else ""
    if found.owns == 0:
        found.given.append(reasons.named("contract", Action.BLOCK, f"trunk:{trunk.id}"))
    return ""


def _exempt(found: Weighing, key: int | None) -> None:
    """A special user may what nobody else may, until the exemption ends; the approver stands in the reason."""
    asked, trunk = found.asked, found.asked.trunk
    assert trunk is not None
    hides = key is None or asked.call.clir is True
    empty = asked.caller.form in (_IRREGULAR, _UNASSIGNED)
    wanted = Exemption.CLIR if hides else Exemption.EMPTY if empty else Exemption.ANY
    user = trunk.exemption(key, wanted, asked.call.at)
    if user is None:
        return
    found.lifted |= _LIFTED[user.exemption]
    if key is None or empty or user.exemption is Exemption.ANY:
        found.owns = 1  # a number shown as it is must be in the contract all the same
    by = f"trunk:{trunk.id} approved by {user.approver}"
    found.given.append(reasons.named("special", Action.ALLOW, by))


def false_cli(found: Weighing) -> str:
    """R1-R8 on the caller, and those of presented_rules on the number shown, where it is another."""
    asked, call = found.asked, found.asked.call
    clir = -1 if call.clir is None else int(call.clir)
    roaming = -1 if call.roaming is None else int(call.roaming)
    block, label = found.live.reader.rules(asked.caller, asked.ingress, found.owns, clir, roaming, call.at)
    block, label = block & ~found.lifted, label & ~found.lifted
    if block | label:
        found.given.extend(reasons.rules(block, label))
        if label & _R1 and roaming < 0:
            found.missing.append("roaming")
        if label & _R8 and found.live.reader.plan_age_days(call.at) > words.false_cli_rules().plan_max_age_days:
            found.missing.append("plan.age")
    if asked.presented is not None:
        _shown(found, asked.presented)
    return "ingress" if asked.ingress == INGRESS_UNKNOWN else ""


def _shown(found: Weighing, shown: Single) -> None:
    asked, trunk = found.asked, found.asked.trunk
    permitted = trunk.permits(shown.number or None) if trunk is not None else None
    owns = -1 if permitted is None else int(permitted)
    block, label = found.live.reader.rules(shown, asked.ingress, owns, -1, -1, asked.call.at)
    mask = reasons.shown_mask() & ~found.lifted
    found.given.extend(reasons.rules(block & mask, label & mask, True))


def lists(found: Weighing) -> str:
    """Entries on the caller, the device, the number shown and the callee, in the region where they hold."""
    asked, call, policy = found.asked, found.asked.call, found.policy
    if policy is None:
        return "policy"
    region, at = asked.region, call.at
    entries = policy.hit(Side.CALLER, asked.caller.number or None, call.caller, call.device, region, at)
    entries += policy.hit(Side.CALLEE, asked.callee.number or None, call.callee, None, region, at)
    if asked.presented is not None:
        entries += policy.hit(Side.CALLER, asked.presented.number or None, call.presented, None, region, at)
    for entry in entries:
        if entry.action is Action.ALLOW:
            found.allowed.append(entry)
        elif entry.action is not Action.LIMIT or _used_up(found, entry):
            reason = reasons.listed(entry)
            found.given.append(reason)
            if entry.rule:
                found.soft.append(reason)
    return ""


def _used_up(found: Weighing, entry: Entry) -> bool:
    """Whether a LIMIT entry has let through what it lets through in a minute; where nobody counts it only passes."""
    if entry.per_minute == 0:
        return True
    counted = reading(found)
    return counted is not None and counted.values[_PASSED] >= entry.per_minute


def limits(found: Weighing) -> str:
    """Limits by the call-time counters, of the caller and of the trunk."""
    counted = reading(found)
    if counted is None:
        return "counters"
    found.missing.extend(counted.missing)
    above = found.live.limits.above(counted.values, found.asked.caller.kind, found.asked.trunk_name)
    found.given += above
    found.soft += above
    return ""


def reading(found: Weighing) -> Reading | None:
    """The counters for this call, read once; None where there are none."""
    counters = found.live.counters
    if found.reading is None and counters is not None:
        asked = found.asked
        found.reading = counters.look(
            asked.caller.number, asked.trunk_hash, asked.callee.number, asked.call_hash, asked.call.at
        )
    return found.reading
