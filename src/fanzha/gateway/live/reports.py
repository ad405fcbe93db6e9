"""Decides how a switch's report of a call reaches `fanzha hep`: at once where it listens, else as soon as it does."""

from __future__ import annotations

import logging
import time
from collections import Counter

from fanzha.errors import StorageError
from fanzha.gateway.live.backlog import Backlog
from fanzha.gateway.live.event import DialogEvent
from fanzha.gateway.live.livecalls import LiveCalls

LOG = logging.getLogger("fanzha.gateway.live")
_AWAY_S = 1.0  # for so long nobody is asked again who has just not answered


class Reports:
    """One worker's. counts: report_later (put by), report_brought (of these, by this worker)."""

    def __init__(self, live: LiveCalls, backlog: Backlog) -> None:
        self._live, self._backlog = live, backlog
        self._away = float("-inf")
        self.counts: Counter[str] = Counter()

    async def seen(self, event: DialogEvent) -> None:
        """Once this returns a kill does not lose it. Raises StorageError where nobody listens and no room is left."""
        if time.monotonic() - self._away > _AWAY_S and not self._backlog.waiting:
            try:
                await self._live.seen(event)
                return
            except StorageError as error:
                LOG.warning("reports of calls wait for fanzha hep: %s", error)
                self._away = time.monotonic()
        self._backlog.put(event)
        self.counts["report_later"] += 1

    async def bring(self) -> None:
        """Some times a second: bring what waits, if anybody listens."""
        if time.monotonic() - self._away <= _AWAY_S or not self._backlog.waiting:
            return
        try:
            await self._live.counts()  # also makes the one connection on which all then go, in order
            self.counts["report_brought"] += await self._backlog.bring(self._live.seen)
        except StorageError:
            self._away = time.monotonic()
