"""Decides whether a call is cut, sees to it that it really is, and that the victim is called back.

A switch's success is not believed: both legs must be seen to end, or it is commanded again, then ended leg by leg by
our own BYE, then told as what it is. Never an emergency call, never a call to a protected number.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import time
from collections.abc import Awaitable

import msgspec

from fanzha.gateway.live.livecalls import Outcome, Party
from fanzha.gateway.live.progress import Leg, Progress
from fanzha.gateway.live.reading import address_text
from fanzha.gateway.live.table import LiveTable
from fanzha.gateway.release.ledger import Ledger, Release
from fanzha.gateway.release.rules import Finding, ReleaseWords
from fanzha.gateway.release.switch import Dialog, Side, Switch, SwitchError
from fanzha.gateway.release.ticket import ticket_for
from fanzha.numbering import is_emergency
from fanzha.numbering.single import Reader
from fanzha.policy.protected import is_protected

LOG = logging.getLogger("fanzha.gateway.release")
RULE = "rule"
_ANYBODY = (8613800000000, 8613900000000)
LEGS: tuple[Side, ...] = ("caller", "callee")


class Releaser:
    """Cuts calls of one live table at one switch (None: there is none, and every command is refused)."""

    def __init__(self, table: LiveTable, switch: Switch | None, ledger: Ledger, words: ReleaseWords) -> None:
        self._table, self._switch, self._ledger, self._words = table, switch, ledger, words
        self._reader = Reader()
        self._running: dict[str, asyncio.Task[Outcome]] = {}
        self._moved: dict[bytes, asyncio.Event] = {}
        table.leg_moved = self._leg_moved
        self._protected(*_ANYBODY, "")  # the tables are read now: a quarter of a second that no command is to wait
        for release in ledger.unfinished():
            self._close_unfinished(release)

    async def release(
        self,
        id: str,
        who: str,
        why: str,
        victim: Party = "callee",
        finding: Finding | None = None,  # noqa: A002
    ) -> Outcome:
        """Cut one call; the same call again is not cut again. victim: who is called back.

        Raises StorageError where it cannot be written down."""
        call = self._table.find(id)
        if call is None:
            return self._past(id)
        running = self._running.get(id)
        if running is not None:
            return msgspec.structs.replace(await asyncio.shield(running), again=True)
        refusal = self._refusal(call, who, why, finding)
        if refusal:
            return self._refused(call, who, why, refusal)
        task = self._running[id] = asyncio.create_task(self._cut(call, who, why, victim, finding))
        task.add_done_callback(lambda _: self._running.pop(id, None))
        return await asyncio.shield(task)  # whoever asked may go away: a cut once begun is finished

    def _past(self, id: str) -> Outcome:  # noqa: A002 - the field's name
        known = self._ledger.of_call(id)
        if known is not None:
            return _outcome(known, again=True)
        return Outcome(id=id, result="gone" if self._table.ended(id) else "unknown")

    def _refused(self, call: Progress, who: str, why: str, refusal: str) -> Outcome:
        if who != RULE:
            at = time.time_ns() // 1000
            name = f"{_name(call)}-{at}"
            self._ledger.note(
                Release(
                    id=name,
                    call=call.id,
                    at=at,
                    who=who,
                    why=why,
                    result="refused",
                    caller=call.caller,
                    callee=call.callee,
                )
            )
        return Outcome(id=call.id, result="refused", why=refusal)

    def _refusal(self, call: Progress, who: str, why: str, finding: Finding | None) -> str:
        """Why this call is not cut; "" if it may be."""
        caller, callee = (each.number for each in self._reader.read([call.caller, call.callee]))
        if protected := self._protected(caller, callee, call.ingress):
            return protected
        if not who.strip() or not why.strip():
            return "a command needs who and why (须注明操作人与理由)"
        if who == RULE and (finding is None or not finding.rule.automatic or callee == 0):
            return "only a person may cut this call (须人工确认)"
        if self._switch is None:
            return "no switch is configured (未配置交换设备)"
        return ""

    def _protected(self, caller: int, callee: int, ingress: str) -> str:
        """Why nobody may cut a call between these; "" if somebody may."""
        if is_protected(callee) or (callee > 0 and is_emergency(callee)):
            return "emergency or public-service number (紧急及公共服务呼叫不得阻断)"
        if caller > 0 and is_emergency(caller) and ingress != "international":
            return "a call from an emergency number (紧急号码来话不得阻断)"
        return ""

    async def _cut(self, call: Progress, who: str, why: str, victim: Party, finding: Finding | None) -> Outcome:
        assert self._switch is not None
        began = time.time_ns() // 1000
        release = Release(
            id=_name(call), call=call.id, at=began, who=who, why=why, result="commanded", caller=call.caller,
            callee=call.callee, rule=f"{finding.rule.id}@{finding.rule.version}" if finding else "",
            entry=finding.entry.id if finding else "", policy_version=call.policy_version,
            victim=victim,
        )  # fmt: skip
        self._ledger.note(release)
        call.release = "commanded"
        moved = self._moved[call.key] = asyncio.Event()
        try:
            attempts = await self._until_proven(call, self._switch, moved)
        finally:
            del self._moved[call.key]
        return await self._finish(call, release, attempts)

    async def _until_proven(self, call: Progress, switch: Switch, moved: asyncio.Event) -> int:
        attempts = 0
        for _ in range(self._words.attempts):
            if _open_legs(call) == LEGS:
                attempts += 1
                command = switch.terminate if call.answered else switch.cancel
                await self._told(command(_dialog(call)), call)
                await self._proof(call, moved)
        open_legs = _open_legs(call)
        if open_legs and call.answered:
            attempts += 1
            for side in open_legs:
                await self._told(switch.bye(_dialog(call), side), call)
            await self._proof(call, moved)
        return attempts

    async def _told(self, command: Awaitable[None], call: Progress) -> None:
        try:
            await command
        except SwitchError as error:
            LOG.warning("release of %s: %s", _name(call), error.message)

    async def _proof(self, call: Progress, moved: asyncio.Event) -> None:
        """Wait until both legs have ended, at most proof_ms; half_ms where only one of them was sent a BYE. No longer
        for a call that was ringing and is answered meanwhile: it is to be cut in another way."""
        deadline, rang = time.monotonic() + self._words.proof_ms / 1000, not call.answered
        while open_legs := _open_legs(call):
            if rang and call.answered:
                return
            if len(open_legs) == 1 and len(call.byes) == 1:
                deadline = min(deadline, time.monotonic() + self._words.half_ms / 1000)
            left = deadline - time.monotonic()
            if left <= 0:
                return
            moved.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(moved.wait(), left)

    def _leg_moved(self, call: Progress) -> None:
        moved = self._moved.get(call.key)
        if moved is not None:
            moved.set()

    async def _finish(self, call: Progress, release: Release, attempts: int) -> Outcome:
        open_legs = _open_legs(call)
        result = {0: "released", 1: "half", 2: "unproven"}[len(open_legs)]
        proof = "" if open_legs else "hep" if "hep" in call.sources else "dialog"
        sent = [bye.at for bye in call.byes.values()]
        ends = max(sent) if len(sent) > 1 else 0 if call.answered else call.ended
        micros = max(0, ends - release.at)
        call.release = result
        if result != "released":
            LOG.error("release %s of a call is %s: legs %s were not seen to end", release.id, result, open_legs)
        # In a thread: the disk takes longer than a cut, and the next one is not to wait for it.
        talked = call.answered or result != "released"
        ticket = await asyncio.to_thread(self._ticket, release, call.answered) if talked else ""
        done = msgspec.structs.replace(
            release, result=result, proof=proof, attempts=attempts, micros=micros, ticket=ticket
        )
        await asyncio.to_thread(self._ledger.note, done)
        return _outcome(done)

    def _ticket(self, release: Release, answered: int) -> str:
        now = time.time_ns() // 1000
        talked = max(0, release.at - answered) // 1_000_000 if answered else 0
        victim, other = release.callee, release.caller
        if release.victim == "caller" and release.caller:
            victim, other = release.caller, release.callee
        made = ticket_for(release.id, victim, other, now, talked, self._words.callback_minutes)
        self._ledger.tickets.append(made)
        return made.id

    def _close_unfinished(self, release: Release) -> None:
        """We were killed between a command and its outcome: what came of it is unknown, and the call-back is owed."""
        ticket = self._ticket(release, 0)
        self._ledger.note(msgspec.structs.replace(release, result="unproven", ticket=ticket))


def _open_legs(call: Progress) -> tuple[Side, ...]:
    """Legs not yet seen to end. A BYE to the caller bears the callee's tag as From, and the other way round."""
    if not call.answered:
        return () if call.ended else LEGS
    if "hep" not in call.sources:
        return () if call.reported else LEGS
    ended: set[Side] = set()
    for tag, bye in call.byes.items():
        by_caller = tag == call.from_tag
        if bye.done:
            ended.add("callee" if by_caller else "caller")
        if bye.source == (call.caller_leg if by_caller else call.callee_leg):
            ended |= {"caller", "callee"}  # one party hung up just then
    return tuple(side for side in LEGS if side not in ended)


def _name(call: Progress) -> str:
    """The id of a call's release: the same whoever asks for it."""
    whole = b"\0".join((call.id.encode(), call.from_tag, call.to_tag, str(call.started).encode()))
    return hashlib.blake2b(whole, digest_size=8).hexdigest()


def _dialog(call: Progress) -> Dialog:
    def text(raw: bytes) -> str:
        return raw.decode("utf-8", "replace")

    return Dialog(
        call_id=text(call.call_id),
        from_tag=text(call.from_tag),
        to_tag=text(call.to_tag),
        caller_leg=_place(call.caller_leg),
        callee_leg=_place(call.callee_leg),
        from_=text(call.caller_address),
        to=text(call.callee_address),
        caller_contact=text(call.caller_contact),
        callee_contact=text(call.callee_contact),
        cseqs=call.cseqs,
        invite=call.cseq,
    )


def _place(leg: Leg) -> str:
    host = address_text(leg[0])
    return "" if not host else f"[{host}]:{leg[1]}" if ":" in host else f"{host}:{leg[1]}"


def _outcome(release: Release, *, again: bool = False) -> Outcome:
    return Outcome(
        id=release.call, result=release.result, proof=release.proof, attempts=release.attempts, micros=release.micros,
        ticket=release.ticket, again=again,
    )  # fmt: skip
