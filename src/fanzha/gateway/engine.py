"""Decides what the gateway's front doors, SIP and HTTP, may ask of what is behind them; each worker process has one."""

from __future__ import annotations

from abc import ABC, abstractmethod

from fanzha.gateway.call import Call
from fanzha.gateway.live.event import DialogEvent
from fanzha.gateway.verdict import Verdict


class Engine(ABC):
    """Verdicts and what they rest on. Nothing here may wait but `seen`: a call is held up meanwhile."""

    @abstractmethod
    def ask(self, call: Call) -> Verdict:
        """The verdict on one call: decided, counted, written down. What is missing, the failure policy answers for."""

    @abstractmethod
    async def seen(self, event: DialogEvent) -> None:
        """A switch reported a call's course. Raises StorageError where that could not be kept: ask to be told again."""

    @abstractmethod
    def ready(self) -> bool:
        """Whether a policy is loaded; until then, dispatchers are told to look elsewhere."""
