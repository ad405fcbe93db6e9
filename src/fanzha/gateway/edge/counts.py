"""Decides what an edge says of itself: each call under one outcome, its engines, the policy it enforces."""

from __future__ import annotations

from typing import Any

import msgspec

from fanzha.gateway.edge.rpc import Rpc, RpcError

WORDS = {
    "emergency": ("紧急呼叫，未检查即放行", "emergency calls, passed before any check"),
    "hard": ("边缘规则拦截", "refused by the edge's own rules"),
    "allowed": ("引擎放行", "let on by an engine"),
    "labelled": ("标记后放行", "let on with a label"),
    "blocked": ("引擎拦截", "refused by an engine"),
    "unscreened": ("未经引擎判定即放行", "let on unscreened: no engine said anything"),
    "cancelled": ("待判时主叫已挂机", "given up by the caller before the verdict"),
}
OUTCOMES = tuple(WORDS)


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """calls = sum of OUTCOMES, but for calls whose verdict is pending. engines: address -> asked or not.

    policy_version: 0 where none was ever pushed. failing: engines that have just failed, and how often.
    """

    up_since: str
    policy_version: int
    calls: int
    counts: dict[str, int]
    engines: dict[str, bool]
    next_hops: dict[str, bool]
    failing: dict[str, int]
    in_progress: int

    @property
    def pending(self) -> int:
        """Calls that have begun and have no outcome yet."""
        return self.calls - sum(self.counts.get(name, 0) for name in OUTCOMES)


def status(rpc: Rpc) -> Status:
    """Ask an edge. Raises RpcError where it does not answer."""
    counts = _numbers(rpc.ask("stats.fetch", "script:"), "script.")
    hosts = _destinations(rpc.ask("dispatcher.list"))
    version = rpc.ask_all([("htable.get", ("meta", "version"))])[0]
    dialogs = _numbers(rpc.ask("stats.fetch", "dialog:"), "dialog.")
    return Status(
        up_since=str(rpc.ask("core.uptime")["up_since"]),
        policy_version=0 if isinstance(version, RpcError) else int(version["item"]["value"]),
        calls=counts.pop("calls", 0),
        counts=counts,
        engines=hosts.pop(1, {}),
        next_hops={uri: up for group in hosts.values() for uri, up in group.items()},
        failing=_failing(rpc),
        in_progress=dialogs.get("active_dialogs", 0),
    )


def _numbers(found: dict[str, Any], head: str) -> dict[str, int]:
    return {name.removeprefix(head): int(value) for name, value in found.items()}


def _destinations(found: dict[str, Any]) -> dict[int, dict[str, bool]]:
    """Group -> address -> whether it is in use; flags begin with A where it is."""
    sets = (record["SET"] for record in found.get("RECORDS", ()))
    return {
        int(one["ID"]): {to["DEST"]["URI"]: to["DEST"]["FLAGS"].startswith("A") for to in one["TARGETS"]}
        for one in sets
    }


def _failing(rpc: Rpc) -> dict[str, int]:
    answer = rpc.ask_all([("htable.dump", ("breaker",))])[0]
    if isinstance(answer, RpcError):
        return {}
    slots = answer if isinstance(answer, list) else []
    return {item["name"]: int(item["value"]) for slot in slots for item in slot.get("slot", [])}
