"""Decides what HTTP may ask of one worker beside verdicts: what was said, what is in force, what is going on."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path

from fanzha.gateway.engine import Engine
from fanzha.gateway.live.livecalls import LiveCalls
from fanzha.gateway.verdict import Verdict
from fanzha.policy.store import PolicyStore, Receipt


class Back(Engine):
    """What a worker has. live: None where no process keeps the calls in progress. store: None without a folder."""

    store: PolicyStore | None = None
    live: LiveCalls | None = None

    @abstractmethod
    def said(self, key: str) -> list[Verdict]:
        """The verdicts on the call of this key that are still kept, newest first."""

    @abstractmethod
    async def take(self, message: Path) -> Receipt:
        """Put a pushed policy message in force, or say why not. Only asked where there is a store."""

    @abstractmethod
    def forget(self, caller: str) -> bool:
        """Set one caller's counters at call time to nothing, nobody else's; whether there were any."""

    @abstractmethod
    def metrics(self) -> str:
        """All processes' counts, as Prometheus reads them."""
