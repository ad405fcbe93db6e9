"""Decides whether a new policy would stop too many of the calls just seen: the last check before it takes effect."""

from __future__ import annotations

from collections import Counter
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
    """Raises Refused where `new` stops a larger share of these calls than guard.yaml allows, beyond those `now` stops.

    With fewer calls than guard.yaml asks for, nothing is judged. at: UTC microseconds.
    """
    if len(seen) < limits().traffic_calls:
        return
    stopping: Counter[str] = Counter()
    more = 0
    for call in seen:
        stopped = _stopped(new, call, at)
        if stopped and (now is None or not _stopped(now, call, at)):
            more += 1
            stopping.update({entry.id for entry in stopped})
    if more > limits().traffic_share * len(seen):
        raise _too_much(more, len(seen), limits().traffic_share, "")
    worst, calls = stopping.most_common(1)[0] if stopping else ("", 0)
    if calls > limits().entry_traffic_share * len(seen):
        raise _too_much(calls, len(seen), limits().entry_traffic_share, f"entry {worst}")


def _stopped(policy: Policy, call: Seen, at: int) -> list[Entry]:
    if policy.protected(call.callee):
        return []
    hits = (
        *policy.hit(Side.CALLER, call.caller, None, None, call.region, at),
        *policy.hit(Side.CALLEE, call.callee, None, None, call.region, at),
    )
    return [entry for entry in hits if entry.action > Action.LABEL]


def _too_much(calls: int, seen: int, share: float, where: str) -> Refused:
    return Refused(
        Refusal.TRAFFIC,
        f"it would stop {calls:,} of the last {seen:,} calls, more than {share:.1%}",
        where=where,
        hint="narrow the entries, or begin with a label and watch",
    )
