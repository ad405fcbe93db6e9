"""Decides when the rules look at a call in progress: once when it has lasted long enough, and after each new policy."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter

from fanzha.errors import StorageError
from fanzha.gateway.live.progress import Progress
from fanzha.gateway.live.table import LiveTable
from fanzha.gateway.release.releaser import RULE, Releaser
from fanzha.gateway.release.rules import Finding, ReleaseWords, Watchman
from fanzha.policy.policy import Policy

LOG = logging.getLogger("fanzha.gateway.release")
PROPOSED = "release?"  # flag of a call that a person should look at now


class Patrol:
    """Goes round the answered calls. counts: `release_automatic`, `release_proposed`, outcomes of automatic ones."""

    def __init__(self, table: LiveTable, releaser: Releaser, words: ReleaseWords) -> None:
        self._table, self._releaser = table, releaser
        self._watchman = Watchman(words)
        self._running: set[asyncio.Task[None]] = set()
        self.counts: Counter[str] = Counter()

    def round(self, policy: Policy) -> None:
        """Look at every call that is due."""
        now = time.time_ns() // 1000
        horizon = now - self._watchman.shortest_us
        for call in [each for each in self._table.talking() if each.answered <= horizon]:
            stage = self._watchman.stage(call, now)
            if call.checked != (policy.version, stage) and call.release == "":
                call.checked = (policy.version, stage)
                finding = self._watchman.judge(call, policy, now)
                if finding is not None:
                    self._act(call, finding)

    async def close(self) -> None:
        """Wait for what has begun."""
        if self._running:
            await asyncio.wait(self._running)

    def _act(self, call: Progress, finding: Finding) -> None:
        if not finding.rule.automatic:
            self.counts["release_proposed"] += 1
            call.flags = (*call.flags, f"{PROPOSED}{finding.rule.id}")
            return
        self.counts["release_automatic"] += 1
        task = asyncio.create_task(self._cut(call, finding))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _cut(self, call: Progress, finding: Finding) -> None:
        try:
            outcome = await self._releaser.release(call.id, RULE, finding.rule.title.zh, finding=finding)
            self.counts[f"release_{outcome.result}"] += 1
        except StorageError as error:
            self.counts["release_unwritten"] += 1
            LOG.error("%s", error)
