"""Decides when whoever is on duty is told that calls go on without a verdict: at once, then at most every so often."""

from __future__ import annotations

import logging
import time
from typing import Any, Protocol

_LOG = logging.getLogger("fanzha.edge")
_HEAD = "script."
_WORD = "unscreened"
PAUSE_S = 10.0  # between two alarms of what goes on


class Asked(Protocol):
    """Whom the edge's counters are asked of; an edge.rpc.Rpc."""

    def ask(self, method: str, *parameters: str | int) -> Any: ...


class Alarm:
    """Watches one edge's `unscreened` counters, which begin anew when it is restarted."""

    def __init__(self, rpc: Asked) -> None:
        self._rpc = rpc
        self._before: dict[str, int] | None = None
        self._told = float("-inf")
        self._new: dict[str, int] = {}

    def look(self, now: float | None = None) -> str:
        """The alarm that was just logged, "" for none. now: seconds of a steady clock. Raises RpcError.

        What was counted before the first look is history and not told."""
        now = time.monotonic() if now is None else now
        found = self._rpc.ask("stats.fetch", "script:")
        counts = {name.removeprefix(_HEAD): int(value) for name, value in found.items() if _WORD in name}
        before, self._before = self._before, counts
        for name, value in counts.items() if before is not None else ():
            was = before.get(name, 0) if before is not None else 0
            self._new[name] = self._new.get(name, 0) + (value - was if value >= was else value)
        total = self._new.get(_WORD, 0)
        if not total or now - self._told < PAUSE_S:
            return ""
        why = ", ".join(f"{name.removeprefix(f'{_WORD}_')} {n}" for name, n in self._new.items() if n and name != _WORD)
        self._told, self._new = now, {}
        said = f"{total} calls went on unscreened (未经研判放行): {why}"
        _LOG.warning("edge: %s", said)
        return said
