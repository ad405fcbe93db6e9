"""Decides whether a new policy would stop too many of the callers just seen: the last check before it takes effect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from fanzha.policy.action import Action
from fanzha.policy.entry import Entry, Side
from fanzha.policy.limits import limits
from fanzha.policy.policy import Policy
from fanzha.policy.refusal import Refusal, Refused


class Seen(NamedTuple):
    """A call that went through here a while ago: keys (0 withheld), GB/T 2260 of where it was served (0 unknown)."""

    caller: int
    callee: int
    region: int = 0


def check_traffic(now: Policy | None, new: Policy, seen: Sequence[Seen], at: int) -> None:
    """Raises Refused where `new` stops more of these callers, beyond those `now` stops, than guard.yaml allows. An
    entry that has not begun counts as if it had: nobody looks again when it does.

    Callers are counted, not calls: one who dials all day is one. With fewer than guard.yaml asks for, nothing is
    judged. at: UTC microseconds.
    """
    callers = len({call.caller for call in seen})
    if callers < limits().traffic_callers:
        return
    more: set[int] = set()
    by_entry: dict[str, set[int]] = {}
    for call in set(seen):
        stopped = _stopped(new, call, at)
        if stopped and (now is None or not _stopped(now, call, at)):
            more.add(call.caller)
            for entry in stopped:
                by_entry.setdefault(entry.id, set()).add(call.caller)
    if len(more) > limits().traffic_share * callers:
        raise _too_much(len(more), callers, limits().traffic_share, "")
    for identity, met in by_entry.items():
        if len(met) > limits().entry_traffic_share * callers:
            raise _too_much(len(met), callers, limits().entry_traffic_share, f"entry {identity}")


def _stopped(policy: Policy, call: Seen, at: int) -> list[Entry]:
    if policy.protected(call.callee):
        return []
    hits = (
        *policy.to_come(Side.CALLER, call.caller, call.region, at),
        *policy.to_come(Side.CALLEE, call.callee, call.region, at),
    )
    return [entry for entry in hits if entry.action > Action.LABEL]


def _too_much(stopped: int, callers: int, share: float, where: str) -> Refused:
    return Refused(
        Refusal.TRAFFIC,
        f"it would stop {stopped:,} of the last {callers:,} callers, more than {share:.1%}",
        where=where,
        hint="narrow the entries, or begin with a label and watch",
    )
