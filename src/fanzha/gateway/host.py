"""Decides what one worker has behind its front doors: the host's policy, its shared counters, its calls in progress."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path

from fanzha.gateway.call import Call
from fanzha.gateway.counters import Counters, hash_of
from fanzha.gateway.decide import decide, weigh
from fanzha.gateway.http.back import Back
from fanzha.gateway.inquiry import Inquiry
from fanzha.gateway.live.backlog import Backlog
from fanzha.gateway.live.event import DialogEvent, DialogState
from fanzha.gateway.live.livecalls import LiveCalls
from fanzha.gateway.live.remote import RemoteCalls
from fanzha.gateway.live.reports import Reports
from fanzha.gateway.sip.words import sip_words
from fanzha.gateway.state import Live, live_in
from fanzha.gateway.verdict import Verdict
from fanzha.gateway.witness import Witness
from fanzha.policy import Action
from fanzha.policy.store import PolicyStore, Receipt

LOG = logging.getLogger("fanzha.gateway")
SKEW = 60_000_000  # microseconds by which a call's own time may differ from ours and be counted as it is


class Host(Back):
    """One worker's engine. What it counts and enforces is the same for all workers of the host."""

    def __init__(
        self,
        store: PolicyStore | None,
        counters: Counters | None,
        live: LiveCalls | None = None,
        witness: Witness | None = None,
        own: Path | None = None,
    ) -> None:
        """witness: keeps the verdicts; without one they are counted in this process alone, and not written down.
        own: folder of the operator's limits.yaml and failure.yaml. Raises VocabularyError for one that is wrong."""
        self.witness = witness or Witness(None, now=_now())
        self.store = store
        self.live = live
        self._reports: Reports | None = None
        self._bringing: asyncio.Task[None] | None = None
        self._counters = counters
        self._own = own
        self._aids = self._made()
        self._taking = asyncio.Lock()

    def ask(self, call: Call) -> Verdict:
        """See Engine."""
        started = self._aids.clock()
        policy = self.store.current if self.store is not None else None
        asked = Inquiry(call, policy, self._aids.reader)
        verdict = weigh(asked, policy, self._aids, started)
        if self._counters is not None:
            passed, now = verdict.action < Action.LIMIT, _now()
            at = call.at if abs(now - call.at) <= SKEW else now  # a switch's clock must not spoil what is counted
            self._counters.record(
                asked.caller.number, asked.trunk_hash, asked.callee.number, asked.call_hash, at, passed
            )
        try:
            self.witness.keep(asked, verdict)
            if self.live is not None:
                self.live.asked(call, verdict)
        except Exception:  # a fault of ours in keeping a verdict must not undo it: the call would go on unjudged
            LOG.exception("a verdict was not kept")
        return verdict

    def reread(self) -> None:
        """Take up the operator's limits and failure policy as they are now. Raises VocabularyError; then all stays."""
        self._aids = self._made()

    def _made(self) -> Live:
        return live_in(self._own, self._counters) if self._own is not None else Live(counters=self._counters)

    def rehearse(self) -> None:
        """Judge a call that nobody makes, and keep nothing of it: the first real one then waits for no table."""
        call = Call(key="rehearsal", caller="+8613800000000", callee="+8613900000000", at=_now())
        decide(call, self.store.current if self.store is not None else None, self._aids)

    async def seen(self, event: DialogEvent) -> None:
        """See Engine. The call is counted out first, which bears repetition: whoever keeps calls may be down and the
        disk full; a caller must not seem to talk on."""
        if self._counters is not None:
            call = hash_of(event.key)
            if event.state is DialogState.CONFIRMED:
                self._counters.answered(call, event.at)
            else:
                self._counters.ended(call, event.at)
        keeper = self._reports or self.live
        if keeper is not None:
            await keeper.seen(event)
        self.witness.event(event.state)

    def ready(self) -> bool:
        """See Engine."""
        return self.store is not None and self.store.current is not None

    def said(self, key: str) -> list[Verdict]:
        """See Back."""
        return self.witness.said(key)

    def forget(self, caller: str) -> bool:
        """See Back."""
        number = self._aids.reader.read([caller])[0].number
        return self._counters is not None and number != 0 and self._counters.forget(number)

    def metrics(self) -> str:
        """See Back."""
        policy = self.store.current if self.store is not None else None
        refused = sum(self.store.refusals.totals().values()) if self.store is not None else 0
        return self.witness.page(policy, self._counters, _now(), refused)

    @property
    def version(self) -> int:
        """Number of the policy in force, 0 without one."""
        return self.store.version if self.store is not None else 0

    async def load(self) -> None:
        """Enforce the last good policy on disk."""
        if self.store is not None:
            async with self._taking:
                await asyncio.to_thread(self.store.load)

    async def refresh(self) -> bool:
        """Take up what another process has taken, and plan data that has changed; whether the policy is another."""
        self._aids.reader.refresh()
        if self.store is None:
            return False
        async with self._taking:
            return await asyncio.to_thread(self.store.refresh)

    async def take(self, message: Path) -> Receipt:
        """See Back."""
        assert self.store is not None
        async with self._taking:
            return await asyncio.to_thread(self.store.take, message)

    def sweep(self) -> None:
        """Some times a second: write down what was said, and end the calls whose end was missed, a sixtieth of them."""
        self.witness.tick(_now())
        if self._counters is not None:
            self._counters.sweep(_now())

    def follow(self, control: Path) -> None:
        """Tell `fanzha hep` of verdicts and events, once it has ever run here, and bring it what waits. control: its
        socket."""
        if self.live is None and control.parent.is_dir():
            self.live = RemoteCalls(control)
            if self._own is not None:
                self._reports = Reports(self.live, Backlog(self._own / "reports", sip_words().report_bytes))
        if self._reports is not None and (self._bringing is None or self._bringing.done()):
            self._bringing = asyncio.get_running_loop().create_task(self._reports.bring())

    @property
    def unheard(self) -> int:
        """Verdicts that `fanzha hep` did not hear of."""
        return self.live.unheard if isinstance(self.live, RemoteCalls) else 0

    @property
    def counts(self) -> dict[str, int]:
        """Reports that waited, and how many of them this worker has brought."""
        return dict(self._reports.counts) if self._reports is not None else {}

    async def close(self) -> None:
        """Before the process ends: what was said is written down."""
        if self._bringing is not None:
            self._bringing.cancel()
        self.witness.close()
        if isinstance(self.live, RemoteCalls):
            await self.live.close()


def _now() -> int:
    return time.time_ns() // 1000
