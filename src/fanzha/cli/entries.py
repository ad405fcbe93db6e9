"""Decides how entries and trunk contracts of the policy are shown: whole as JSON, masked in tables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from fanzha.cli.language import language, say
from fanzha.cli.moments import local
from fanzha.cli.terminal import console, count, foreign, nothing, show_json, table
from fanzha.numbering import mask
from fanzha.policy import Entry, Policy, Subject, reasons


def plain(entry: Entry) -> dict[str, Any]:
    """An entry as JSON: the action by name, times in UTC."""
    found: dict[str, Any] = msgspec.to_builtins(entry)
    times = {name: moment_of(found[name]).isoformat() for name in ("starts", "expires")}
    return {**found, "action": entry.action.name.lower(), **times}


def show_entries(entries: list[Entry]) -> None:
    """A table, numbers masked."""
    out = console()
    if not entries:
        out.print(nothing("名单条目", "entries"))
        return
    headings = (say("处置", "action"), say("对象", "value"), say("原因", "reason"), say("区划", "region"))
    made = table(*headings, say("到何时", "until"), say("依据", "source"), "id")
    for entry in entries:
        shown = entry.value if entry.subject is Subject.PREFIX else mask(entry.value)
        words = reasons().get(entry.reason)
        reason = getattr(words, language()) if words else entry.reason
        until = local_text(entry.expires)
        words_of = (foreign(shown), reason, str(entry.region or ""), until, foreign(entry.source), foreign(entry.id))
        made.add_row(entry.action.name.lower(), *words_of)
    out.print(made)


def show_trunks(policy: Policy, limit: int, as_json: bool) -> None:
    """The contracts, and whose they are."""
    trunks = list(policy.trunks.values())[:limit]
    if as_json:
        show_json([msgspec.to_builtins(trunk) for trunk in trunks])
        return
    headings = (say("专线", "trunk"), say("客户", "owner"), say("方向", "ingress"), say("地址", "peers"))
    figures = (say("号段数", "ranges"), say("特殊用户", "special users"))
    made = table(*headings, *figures, say("应答", "profile"), right=(4, 5))
    for trunk in trunks:
        ranges = "-" if trunk.ranges is None else count(len(trunk.ranges))
        whose, profile = (foreign(trunk.id), foreign(trunk.owner)), foreign(policy.profile(trunk.profile).name)
        made.add_row(*whose, trunk.ingress, " ".join(trunk.peers), ranges, str(len(trunk.special)), profile)
    console().print(made if trunks else nothing("专线", "trunks"))


def moment_of(micros: int) -> datetime:
    """UTC."""
    return datetime.fromtimestamp(micros / 1e6, UTC)


def local_text(micros: int) -> str:
    """A moment as people here read it."""
    return local(moment_of(micros))
