"""Decides how new rules take the place of old ones in a running edge: beside them first, then all at once.

The edge holds two generations and one word that names which is in force. The idle one is filled, counted, and named by
a single set; no call ever meets half of a policy, or none. What an edge holds is told by a digest that lies in it, so
that a restart of either side is noticed, and nothing is sent twice.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from threading import Event
from typing import Any

from fanzha.errors import FanzhaError
from fanzha.gateway.edge.rpc import Question, Rpc, RpcError
from fanzha.gateway.edge.rules import Rules
from fanzha.gateway.edge.snapshot import write_snapshot

_LOG = logging.getLogger("fanzha.edge")
LULL = 1.0  # seconds; no look-up of a call that began before a flip is under way longer
BATCH = 2_000  # sets between two looks at whether the edge is still the same process
OTHER = {"a": "b", "b": "a"}


class Pushed(StrEnum):
    """What a push came to."""

    SAME = "same"  # the edge held these rules already
    NUMBERED = "numbered"  # only the version's number was new
    CHANGED = "changed"  # the difference was sent
    WHOLE = "whole"  # everything was sent


class Pusher:
    """Keeps one edge's rules as they should be. Not for two threads."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        self._process = ""  # since when the edge we know has been up
        self._held: dict[str, dict[str, str]] = {}  # generation -> rows it is known to hold
        self._flipped = 0.0

    def push(self, rules: Rules) -> Pushed:
        """Make the edge enforce `rules`. Raises RpcError where it does not answer, or restarts meanwhile."""
        process = self._uptime()
        if process != self._process:
            self._process, self._held = process, {}
        active = self._meta("active") or "a"
        if self._meta("digest") == rules.digest:
            self._held.setdefault(active, dict(rules.rows))
            return self._number(rules)
        idle = OTHER[active]
        outcome = self._fill(idle, rules.rows)
        if self._uptime() != process:
            raise RpcError("the edge was restarted while rules were sent", where=self._rpc.address)
        self._set([("active", idle)])
        self._flipped = time.monotonic()
        self._set([("digest", rules.digest), ("version", str(rules.version)), ("plan_until", str(rules.plan_until))])
        return outcome

    def _number(self, rules: Rules) -> Pushed:
        if self._meta("version") == str(rules.version):
            return Pushed.SAME
        self._set([("version", str(rules.version)), ("plan_until", str(rules.plan_until))])
        return Pushed.NUMBERED

    def _fill(self, generation: str, rows: dict[str, str]) -> Pushed:
        """Bring the idle generation to hold just `rows`."""
        table = f"rules_{generation}"
        time.sleep(max(0.0, self._flipped + LULL - time.monotonic()))
        held = self._held.pop(generation, None)
        if held is None:
            self._rpc.ask("htable.flush", table)
        old = held or {}
        self._ask_all([("htable.delete", (table, key)) for key in old if key not in rows])
        self._ask_all([("htable.sets", (table, key, value)) for key, value in rows.items() if old.get(key) != value])
        count = next((found["all"] for found in self._rpc.ask("htable.stats") if found["name"] == table), -1)
        if count != len(rows):
            raise RpcError(f"{table} holds {count} rows and not {len(rows)}", where=self._rpc.address)
        self._held[generation] = dict(rows)
        return Pushed.WHOLE if held is None else Pushed.CHANGED

    def _ask_all(self, questions: Sequence[Question]) -> None:
        for start in range(0, len(questions), BATCH):
            for answer in self._rpc.ask_all(questions[start : start + BATCH]):
                if isinstance(answer, RpcError):
                    raise answer

    def _set(self, values: Sequence[tuple[str, str]]) -> None:
        self._ask_all([("htable.sets", ("meta", key, value)) for key, value in values])

    def _meta(self, key: str) -> str:
        answer: Any = self._rpc.ask_all([("htable.get", ("meta", key))])[0]
        return "" if isinstance(answer, RpcError) else str(answer["item"]["value"])

    def _uptime(self) -> str:
        return str(self._rpc.ask("core.uptime")["up_since"])


def keep_pushed(
    pusher: Pusher,
    rules: Callable[[], Rules | None],
    tables: Path,
    stop: Event,
    every: float = 1.0,
    alarm: Callable[[], object] = lambda: None,
) -> None:
    """Until `stop`: write what `rules` gives for the next cold start, and push it; again after any restart.

    tables: folder of the snapshot. every: seconds between two looks. Trouble is told once, and that it is over. alarm:
    looks after the edge's counters, whatever becomes of the rules.
    """
    written, trouble = "", ""
    while not stop.is_set():
        try:
            wanted = rules()
            if wanted is not None:
                digest = f"{wanted.digest} {wanted.version}"
                if digest != written:
                    write_snapshot(tables, wanted)
                    written = digest
                outcome = pusher.push(wanted)
                if outcome is not Pushed.SAME or trouble:
                    _LOG.warning("edge: policy %d in force (%s)", wanted.version, outcome)
                trouble = ""
        except FanzhaError as error:
            if error.message != trouble:
                _LOG.error("edge: %s", error)
            trouble = error.message
        with suppress(RpcError):  # told above: the pusher asks the same edge
            alarm()
        stop.wait(every)
