"""Decides what the one process that follows calls does: collects, follows, writes records, and cuts calls by rule."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from fanzha.errors import FanzhaError, StorageError, UsageError
from fanzha.gateway.hep.collector import Collector, Network
from fanzha.gateway.hep.mirror import Mirror
from fanzha.gateway.live import control, snapshot
from fanzha.gateway.live.causes import causes
from fanzha.gateway.live.journal import Journal
from fanzha.gateway.live.limits import Limits, limits
from fanzha.gateway.live.local import Kept, LocalCalls
from fanzha.gateway.live.outlet import Outlet
from fanzha.gateway.live.page import write_page
from fanzha.gateway.live.reading import InviteReader
from fanzha.gateway.live.table import LiveTable
from fanzha.gateway.release.ledger import Ledger
from fanzha.gateway.release.patrol import Patrol
from fanzha.gateway.release.releaser import Releaser
from fanzha.gateway.release.rules import ReleaseWords, release_words
from fanzha.gateway.release.switch import Switch
from fanzha.policy.policy import Policy
from fanzha.policy.store import PolicyStore

LOG = logging.getLogger("fanzha.gateway.live")
_SWITCH_S = 0.0005  # after which a thread that writes a file lets the signalling go on; 5 ms are as long as a cut
FOLDER, CONTROL, RECORDS, PAGE = "calls", "control.sock", "records", "counts.prom"  # FANZHA_HOME/calls/...


class LiveService:
    """The owner of the live table. `run` until `stop`; whatever kills it, no end that was acknowledged is lost."""

    def __init__(
        self,
        folder: Path,
        *,
        records: Path | None = None,
        policy: PolicyStore | None = None,
        switch: Switch | None = None,
        agents: Sequence[Network] = (),
        bounds: Limits | None = None,
        words: ReleaseWords | None = None,
    ) -> None:
        """folder: FANZHA_HOME/calls. records: where Parquet files go (folder/records). agents: whose mirror is heard.

        Raises StorageError, UsageError where another process has the folder, VocabularyError for bad rules.
        """
        self._folder, self._limits = folder, bounds or limits()
        self._lock = _locked(folder)
        self._policy, self._switch = policy, switch
        self._journal = Journal(folder / "journal")
        self.records = records or folder / RECORDS
        self._outlet = Outlet(self.records, self._journal)
        self._kept = Kept(self._journal)
        self.table = LiveTable(self._limits, causes(), InviteReader(), self._kept, self._located)
        self._ledger = Ledger(folder)
        words = words or release_words()
        self._releaser = Releaser(self.table, switch, self._ledger, words)
        self._patrol = Patrol(self.table, self._releaser, words)
        self._mirror = Mirror(self.table.message, self._limits.clock_s)
        self._collector = Collector(self._mirror, agents)
        self.calls = LocalCalls(self.table, self._kept, self._releaser, lambda: self.counts)
        self._stopping: asyncio.Event | None = None
        self._restored = 0
        self._told_dropped = 0

    def stop(self) -> None:
        """End in order: from a signal handler of the loop."""
        if self._stopping is not None:
            self._stopping.set()

    async def run(self, host: str, port: int, started: Callable[[int], None] = lambda _: None) -> None:
        """Collect at host:port until stopped. started: told the port. Raises UsageError, StorageError at the start."""
        self._stopping = asyncio.Event()
        gc.freeze()  # half a million objects of libraries: looked through again and again, each time the mirror waits
        gc.set_threshold(20_000, 50, 100)
        sys.setswitchinterval(_SWITCH_S)
        saved = self._folder / "calls.saved"
        calls = snapshot.load(saved, self._journal)
        self.table.restore(calls)
        self._restored = len(calls)
        self._outlet.store()
        server = await control.serve(self.calls, self._folder / CONTROL)
        try:
            started(await self._collector.open(host, port))
            await self._work(self._stopping, saved)
        finally:
            self._collector.close()
            server.close()
            await self._end(saved)

    async def _work(self, stopping: asyncio.Event, saved: Path) -> None:
        last_saved = time.monotonic()
        while not stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), self._limits.batch_s)
            try:
                await self._batch()
                if time.monotonic() - last_saved >= self._limits.snapshot_s:
                    snapshot.save(saved, self.table, self._journal)
                    last_saved = time.monotonic()
            except FanzhaError as error:
                LOG.error("%s", error)  # a full disk or a bad policy: the next batch tries again

    async def _batch(self) -> None:
        """What is done once a second, beside the signalling."""
        self.table.expire(time.time_ns() // 1000)
        self._kept.retry()
        policy = await self._fresh_policy()
        if policy is not None:
            self._patrol.round(policy)
        if self._journal.turn(self._limits.settle_ms / 1000) is not None or self._journal.waiting():
            await asyncio.to_thread(self._outlet.store)
        counts = self.counts
        self._warn(counts)
        write_page(self._folder / PAGE, counts)

    def _warn(self, counts: dict[str, int]) -> None:
        """What a mirror lost must show while it can still be put right."""
        lost = counts["dropped"] - self._told_dropped
        if lost > 0:
            self._told_dropped += lost
            LOG.warning(
                "%d mirrored packets found no room in a buffer of %d kB: raise net.core.rmem_max, or use TCP",
                lost,
                counts["buffer_bytes"] // 1000,
            )

    async def _fresh_policy(self) -> Policy | None:
        if self._policy is None:
            return None
        await asyncio.to_thread(self._policy.refresh)
        return self._policy.current

    async def _end(self, saved: Path) -> None:
        await self._patrol.close()
        try:
            self._kept.retry()
            self._journal.turn()
            self._outlet.store()
            snapshot.save(saved, self.table, self._journal)
        except StorageError as error:
            LOG.error("%s", error)  # the journal has it for the next start
        self._journal.close()
        self._ledger.close()
        if self._switch is not None:
            await self._switch.close()
        (self._folder / CONTROL).unlink(missing_ok=True)
        os.close(self._lock)

    def _located(self, peer: str) -> tuple[str, str, int]:
        policy = self._policy.current if self._policy is not None else None
        trunk = policy.contract(policy.trunk_of(peer)) if policy is not None else None
        return ("", "", 0) if trunk is None else (trunk.id, trunk.ingress, trunk.region)

    @property
    def counts(self) -> dict[str, int]:
        """Everything that is counted, by the names of docs/live-calls.md."""
        told = {f"calls_{name}": count for name, count in self.table.counts.items()}
        kept = {f"records_{name}": count for name, count in self._outlet.counts.items()}
        return {
            **self._collector.counts,
            "calls": len(self.table),
            "calls_restored": self._restored,
            **told,
            **kept,
            "records_waiting": self._kept.waiting,
            "records_lost": self._kept.lost,
            **self._patrol.counts,
        }


def _locked(folder: Path) -> int:
    """Hold the folder. Raises UsageError where another process has it."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StorageError(f"the folder cannot be used: {error.strerror or error}", where=str(folder)) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise UsageError(
            "another process follows calls here", where=str(folder), hint="stop it, or set another FANZHA_HOME"
        ) from None
    return lock
