"""Decides what the owner of the live table answers: verdicts and reports in, calls and tear-downs out."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Protocol

from fanzha.errors import StorageError
from fanzha.gateway.call import Call
from fanzha.gateway.live.event import DialogEvent
from fanzha.gateway.live.journal import Journal
from fanzha.gateway.live.livecalls import LiveCall, LiveCalls, Outcome, Party
from fanzha.gateway.live.record import Row
from fanzha.gateway.live.table import LiveTable
from fanzha.gateway.verdict import Verdict

LOG = logging.getLogger("fanzha.gateway.live")
_WAITING = 100_000  # records held in memory while the disk is full; the oldest go first, counted


class Releases(Protocol):
    """What cuts calls."""

    async def release(self, id: str, who: str, why: str, victim: Party = "callee") -> Outcome:  # noqa: A002
        """See LiveCalls."""


class Kept:
    """Ended calls on their way into the journal. A full disk stops no signalling: they wait, and it is told."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._waiting: deque[Row] = deque(maxlen=_WAITING)
        self.lost = 0

    def __call__(self, row: Row) -> None:
        """Keep one."""
        try:
            self._journal.put(row)
        except StorageError as error:
            if not self._waiting:
                LOG.error("%s", error)
            self.lost += len(self._waiting) == _WAITING
            self._waiting.append(row)

    @property
    def waiting(self) -> int:
        """How many are in memory only."""
        return len(self._waiting)

    def retry(self) -> None:
        """Try those again that could not be written."""
        for _ in range(len(self._waiting)):
            self(self._waiting.popleft())


class LocalCalls(LiveCalls):
    """The calls of this process."""

    def __init__(self, table: LiveTable, kept: Kept, releases: Releases, counts: Callable[[], dict[str, int]]) -> None:
        self._table, self._kept, self._releases, self._counts = table, kept, releases, counts

    def asked(self, call: Call, verdict: Verdict) -> None:
        """See LiveCalls."""
        self._table.asked(call, verdict)

    async def seen(self, event: DialogEvent) -> None:
        """See LiveCalls."""
        self._table.reported(event)
        if self._kept.waiting:
            raise StorageError("ended calls cannot be written down", hint="free some disk space on the gateway's host")

    async def calls(self, limit: int = 1000) -> list[LiveCall]:
        """See LiveCalls."""
        return [call.shown() for call in islice(self._table, limit)]

    async def release(self, id: str, who: str, why: str, victim: Party = "callee") -> Outcome:  # noqa: A002
        """See LiveCalls."""
        return await self._releases.release(id, who, why, victim)

    async def counts(self) -> dict[str, int]:
        """See LiveCalls."""
        return self._counts()
