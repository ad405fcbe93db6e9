"""Decides what every room may ask of the calls in progress: the contract between the servers and the live table."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

import msgspec

from fanzha.gateway.call import Call
from fanzha.gateway.live.event import DialogEvent
from fanzha.gateway.verdict import Verdict

Party = Literal["caller", "callee"]


class LiveCall(msgspec.Struct, frozen=True, kw_only=True):
    """One call in progress, as it is shown. Times are UTC microseconds, None where it has not come to that.

    id: SIP Call-ID. caller: None if withheld. state: `ringing` or `talking`. verdict: name of the Action, "" if the
    call was never asked about. flags: codes of the verdict's reasons, then `degraded:...`. release: outcome of a
    tear-down under way or done, else "". sources: of what is known (`asked`, `hep`, `dialog`).
    """

    id: str
    state: str
    caller: str | None
    callee: str
    started: int
    ringing: int | None = None
    answered: int | None = None
    peer: str = ""
    trunk: str = ""
    ingress: str = ""
    clir: bool | None = None
    forwarded_from: str | None = None
    verdict: str = ""
    flags: tuple[str, ...] = ()
    policy_version: int = 0
    release: str = ""
    sources: tuple[str, ...] = ()


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a tear-down.

    result: `released` (both legs are proven gone), `half` (one leg is), `unproven` (commanded, no leg seen to end),
    `refused` (not allowed; `why` says it), `gone` (the call had ended before), `unknown` (no such call).
    proof: `hep` (BYE and its 200 seen on both legs), `dialog` (the switch reported the end), "" none.
    micros: from the command until both BYEs had been sent, 0 unknown. again: an earlier command had done it.
    """

    id: str
    result: str
    proof: str = ""
    why: str = ""
    attempts: int = 0
    micros: int = 0
    ticket: str = ""
    again: bool = False


class LiveCalls(ABC):
    """The calls in progress. One process owns them (`fanzha hep`); others reach it by `RemoteCalls`."""

    @abstractmethod
    def asked(self, call: Call, verdict: Verdict) -> None:
        """A verdict was given. Never waits, never raises: what cannot be passed on is counted and dropped."""

    @abstractmethod
    async def seen(self, event: DialogEvent) -> None:
        """A switch reported. Returns once the end of a call will survive a kill; only then answer 200.

        Raises StorageError where it cannot be kept, or the owner of the table is not there: answer 503.
        """

    @abstractmethod
    async def calls(self, limit: int = 1000) -> list[LiveCall]:
        """Calls in progress: answered ones first, the longest at the head; at most `limit`."""

    @abstractmethod
    async def release(self, id: str, who: str, why: str, victim: Party = "callee") -> Outcome:  # noqa: A002
        """Tear one call down on a person's command; asked twice it is done once. victim: who is called back.

        Raises StorageError where the owner of the table is not there.
        """

    @abstractmethod
    async def counts(self) -> dict[str, int]:
        """What was received, followed, written and lost since the owner started, by the names of docs/live-calls.md."""
