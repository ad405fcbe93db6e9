"""Decides what every call in progress has come to, from mirrored SIP, switch reports and verdicts, in bounded memory.

In the path each message is mirrored on both legs, and a question to the gateway is a leg of its own: only what is said
to the caller counts, told apart by the branch of the top Via, which no other leg has. Repeats change nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from fanzha.gateway.call import Call
from fanzha.gateway.hep.glance import Glance, branch, value
from fanzha.gateway.hep.packet import Packet
from fanzha.gateway.live.causes import Causes, q850, status_in
from fanzha.gateway.live.closed import Closed
from fanzha.gateway.live.event import DialogEvent, DialogState
from fanzha.gateway.live.limits import Limits
from fanzha.gateway.live.progress import Bye, Leg, Progress
from fanzha.gateway.live.reading import plain
from fanzha.gateway.live.record import Row, row_of
from fanzha.gateway.verdict import Verdict
from fanzha.policy.action import Action

_CHALLENGES = frozenset((401, 407))
_BLOCKED = b"SIP/2.0 603 Network Blocked"  # ATIS-1000099: never a callee's word
_SECOND = 1_000_000


class Reader(Protocol):
    """Reads the first INVITE of a call whole; None where it names no callee."""

    def __call__(self, message: bytes, peer: bytes, at: int) -> Call | None: ...


class LiveTable:
    """The calls in progress and those just ended. Times are UTC microseconds; one thread.

    ended: gets the record of a call when it ends, and again should the other leg tell more of it.
    located: the trunk, ingress and region (0: unknown) of an address, by the policy.
    """

    def __init__(
        self,
        limits: Limits,
        causes: Causes,
        read: Reader,
        ended: Callable[[Row], None],
        located: Callable[[str], tuple[str, str, int]] = lambda _: ("", "", 0),
    ) -> None:
        self._limits, self._causes = limits, causes
        self._read, self._emit, self._located = read, ended, located
        self._ringing: dict[bytes, Progress] = {}
        self._talking: dict[bytes, Progress] = {}
        self._closed = Closed(limits)
        self._now = 0  # of the last `expire`
        self._asked: dict[bytes, tuple[int, Verdict]] = {}
        self.counts: Counter[str] = Counter()
        self.leg_moved: Callable[[Progress], None] = lambda _: None  # told when a call is answered, or a leg ends

    def __len__(self) -> int:
        return len(self._ringing) + len(self._talking)

    def __iter__(self) -> Iterator[Progress]:
        yield from self._talking.values()
        yield from self._ringing.values()

    def talking(self) -> Iterable[Progress]:
        """Answered calls, the longest first."""
        return self._talking.values()

    def find(self, id: str) -> Progress | None:  # noqa: A002 - the field's name
        """A call in progress by its Call-ID."""
        key = id.encode("utf-8", "surrogateescape")
        return self._talking.get(key) or self._ringing.get(key)

    def ended(self, id: str) -> Progress | None:  # noqa: A002 - the field's name
        """A call that has just ended, by its Call-ID."""
        return self._closed.get(id.encode("utf-8", "surrogateescape"))

    def restore(self, calls: Iterable[Progress]) -> None:
        """Calls that a former process was following."""
        for call in calls:
            (self._talking if call.answered else self._ringing)[call.key] = call

    # Mirrored signalling

    def message(self, seen: Glance, packet: Packet) -> None:
        """One mirrored message that a glance has read."""
        call = self._of(seen)
        if seen.method == b"INVITE" and not seen.to_tag:
            self._invite(call, seen, packet)
        elif call is None:
            self.counts["orphan"] += 1
        elif seen.method:
            self._request(call, seen, packet)
        elif seen.what == b"INVITE" and seen.from_tag == call.from_tag and seen.cseq == call.cseq:
            self._answer(call, seen, packet)
        elif seen.what == b"BYE":
            self._bye_done(call, seen, packet)

    def _of(self, seen: Glance) -> Progress | None:
        """The call of a message; one Call-ID may be used by two calls at once, by accident or to hide."""
        call = self._with(seen.id, seen)
        if call is None:
            call = self._with(seen.id + b";" + seen.from_tag, seen) or self._with(seen.id + b";" + seen.to_tag, seen)
        return call

    def _with(self, key: bytes, seen: Glance) -> Progress | None:
        call = self._talking.get(key) or self._ringing.get(key) or self._closed.get(key)
        if call is not None and call.from_tag not in (seen.from_tag, seen.to_tag, b""):
            return None
        return call

    def _invite(self, call: Progress | None, seen: Glance, packet: Packet) -> None:
        if call is None:
            self._begin(seen, packet)
        elif call.ended:
            if packet.at > call.ended and not (call.branch and call.branch in seen.head):
                self._begin(seen, packet)  # the same Call-ID again
            else:
                self.counts["repeat"] += 1
        elif not call.from_tag:
            self._join(call, seen, packet)  # known from a verdict or a report so far
        elif seen.cseq > call.cseq and not call.answered:
            call.cseq, call.branch, call.retry, call.heard = seen.cseq, branch(seen.head), 0, packet.at
            call.cseqs = (max(call.cseqs[0], seen.cseq), call.cseqs[1])
        else:
            self.counts["repeat"] += 1

    def _begin(self, seen: Glance, packet: Packet) -> None:
        asked = self._read(packet.payload, packet.source, packet.at)
        if asked is None:
            self.counts["unread"] += 1
            return
        key = seen.id
        if key in self._talking or key in self._ringing:
            key = seen.id + b";" + seen.from_tag
        name = key.decode("utf-8", "replace")
        if key in self._closed or self._closed.remembers(key):
            name = f"{name};{packet.at}"
            self._closed.drop(key)
        call = Progress(id=name, key=key, call_id=seen.id, started=packet.at, heard=packet.at)
        self._fill(call, asked, seen, packet)
        self._follow(call)
        verdict = self._asked.pop(seen.id, None)
        if verdict is not None:
            self._judged(call, verdict[1])

    def _join(self, call: Progress, seen: Glance, packet: Packet) -> None:
        asked = self._read(packet.payload, packet.source, packet.at)
        if asked is not None:
            call.started = min(call.started, packet.at)
            self._fill(call, asked, seen, packet)

    def _fill(self, call: Progress, asked: Call, seen: Glance, packet: Packet) -> None:
        call.from_tag, call.cseq, call.branch = seen.from_tag, seen.cseq, branch(seen.head)
        call.cseqs = (seen.cseq, 0)
        call.caller, call.callee, call.clir = plain(asked.caller), plain(asked.callee) or "", asked.clir
        call.forwarded_from, call.device, call.peer = plain(asked.forwarded_from), asked.device, asked.peer or ""
        call.caller_leg, call.edge_leg = (packet.source, packet.source_port), (packet.target, packet.target_port)
        call.caller_address, call.caller_contact = value(seen.head, b"From"), value(seen.head, b"Contact")
        call.callee_address = value(seen.head, b"To")
        call.trunk, call.ingress, call.region = self._located(f"{call.peer}:{packet.source_port}")
        call.learn("hep")

    def _request(self, call: Progress, seen: Glance, packet: Packet) -> None:
        call.heard = packet.at
        from_caller = seen.from_tag == call.from_tag
        call.cseqs = (
            max(call.cseqs[0], seen.cseq if from_caller else 0), max(call.cseqs[1], 0 if from_caller else seen.cseq)
        )  # fmt: skip
        if seen.method == b"BYE":
            self._bye(call, seen, packet)
        elif seen.method == b"CANCEL" and not call.ended:
            call.cancelled = call.cancelled or packet.at

    def _bye(self, call: Progress, seen: Glance, packet: Packet) -> None:
        known = call.byes.get(seen.from_tag)
        if known is None:
            reason = value(seen.head, b"Reason").decode("ascii", "replace")
            self._leg_ends(call, seen.from_tag, packet.at, (packet.source, packet.source_port), reason)
        else:
            known.at = min(known.at, packet.at)

    def _bye_done(self, call: Progress, seen: Glance, packet: Packet) -> None:
        if seen.status < 200:
            return
        if seen.from_tag not in call.byes:
            # Mirrored before the BYE that it answers: two processes of the edge, each faster now and then.
            self._leg_ends(call, seen.from_tag, packet.at, (packet.target, packet.target_port), "")
        bye = call.byes[seen.from_tag]
        if not bye.done:
            bye.done = packet.at
            self.leg_moved(call)

    def _leg_ends(self, call: Progress, from_tag: bytes, at: int, source: Leg, reason: str) -> None:
        """A BYE that was not seen before, by whoever has this tag."""
        by = "caller" if from_tag == call.from_tag else "callee"
        call.byes = {**call.byes, from_tag: Bye(at, source)}
        self.leg_moved(call)
        if not call.ended:
            call.answered = call.answered or call.far_answer
            call.cause = q850(reason) or self._causes.hangup
            self._end(call, at, by)
        elif call.by != "network" and all(bye.source == source for bye in call.byes.values()):
            # Nobody hung up: both legs were ended from the middle. Or only now we hear who did.
            call.by = "network" if len(call.byes) > 1 else by
            self._tell(call)

    def _answer(self, call: Progress, seen: Glance, packet: Packet) -> None:
        call.heard = packet.at
        to_caller = branch(seen.head) == call.branch
        if seen.status < 200:
            if 180 <= seen.status < 190 and not call.ringing:
                call.ringing = packet.at
        elif seen.status < 300:
            self._answered(call, seen, packet, to_caller)
        elif call.ended or call.answered:
            self.counts["repeat"] += 1
        elif not to_caller:
            call.far_status = seen.status
        elif seen.status in _CHALLENGES or seen.status < 400:
            call.retry = seen.status
        else:
            reason = value(seen.head, b"Reason").decode("ascii", "replace")
            self._fail(call, packet.at, seen.status, reason, seen.head.startswith(_BLOCKED))

    def _answered(self, call: Progress, seen: Glance, packet: Packet, to_caller: bool) -> None:
        if not call.callee_contact:
            call.callee_contact, call.callee_address = value(seen.head, b"Contact"), value(seen.head, b"To")
        if not to_caller:
            call.far_answer = call.far_answer or packet.at
            call.to_tag = call.to_tag or seen.to_tag
            if not call.callee_leg[0]:
                call.callee_leg = (packet.source, packet.source_port)
        elif not call.answered and not call.ended:
            call.answered, call.to_tag = packet.at, seen.to_tag
            self._promote(call)

    def _fail(self, call: Progress, at: int, status: int, reason: str, blocked: bool = False) -> None:
        end = self._causes.of(status)
        by = end.by if end else ""
        blocked = blocked or call.verdict == Action.BLOCK.name or bool(call.release)
        if blocked or (by == "callee" and call.far_status not in (0, status)):
            by = "network"  # a callee's own word is seen on its own leg first
        call.code = status
        call.cause = q850(reason) or (end.cause if end else 0)
        self._end(call, at, by)

    # What others tell

    def asked(self, call: Call, verdict: Verdict) -> None:
        """A verdict was given; it waits for its call where that was not seen yet."""
        found = self.find(call.key) or self.ended(call.key)
        if found is not None:
            self._judged(found, verdict)
            if found.by == "callee" and not found.answered and verdict.action is Action.BLOCK:
                found.by = "network"  # the refusal was mirrored before we heard that it was ours
                self._tell(found)
            return
        self._asked[call.key.encode("utf-8", "surrogateescape")] = (call.at, verdict)
        if len(self._asked) > self._limits.asked:
            self._asked.pop(next(iter(self._asked)))
            self.counts["verdict_lost"] += 1

    def _judged(self, call: Progress, verdict: Verdict) -> None:
        call.verdict, call.code, call.policy_version = verdict.action.name, verdict.code, verdict.policy_version
        codes = (reason.code for reason in verdict.reasons)
        call.flags = (*dict.fromkeys(codes), *(f"degraded:{name}" for name in verdict.degraded))
        call.learn("asked")

    def reported(self, event: DialogEvent) -> None:
        """A switch's report. What its signalling says goes before what the report says."""
        call = self.find(event.key) or self.ended(event.key)
        if call is None and self._overtaken(event):
            self.counts["repeat"] += 1
            return
        call = call or self._from_report(event)
        call.learn("dialog")
        call.heard = max(call.heard, event.at)
        call.to_tag = call.to_tag or event.to_tag.encode()
        if event.state is DialogState.CONFIRMED:
            if not call.answered and not call.ended:
                call.answered = event.at
                self._promote(call)
            return
        call.reported = call.reported or event.at
        self.leg_moved(call)
        if call.ended:
            return
        if event.state is DialogState.FAILED:
            self._fail(call, event.at, status_in(event.cause), event.cause)
        else:
            call.cause = q850(event.cause) or self._causes.hangup
            self._end(call, event.at, "")

    def _overtaken(self, event: DialogEvent) -> bool:
        """Whether a report has waited so long that the call it is of has ended and been forgotten: it opens none."""
        late = self._now - event.at > self._limits.closed_s * _SECOND
        return late and self._closed.remembers(event.key.encode("utf-8", "surrogateescape"))

    def _from_report(self, event: DialogEvent) -> Progress:
        """A call whose signalling is not mirrored: it begins with its first report."""
        key = event.key.encode("utf-8", "surrogateescape")
        name = key.decode("utf-8", "replace")
        if self._closed.remembers(key):
            name = f"{name};{event.at}"
        call = Progress(id=name, key=key, call_id=key, started=event.at, heard=event.at)
        call.caller, call.callee, call.peer = plain(event.caller) or None, plain(event.callee) or "", event.peer
        call.from_tag, call.to_tag = event.from_tag.encode(), event.to_tag.encode()
        self._follow(call)
        verdict = self._asked.pop(key, None)
        if verdict is not None:
            call.started = min(call.started, verdict[0])
            self._judged(call, verdict[1])
        return call

    # Bounds

    def _follow(self, call: Progress) -> None:
        self._ringing[call.key] = call
        self.counts["begun"] += 1
        if len(self._ringing) > self._limits.ringing:
            self._overflow(self._ringing)

    def _promote(self, call: Progress) -> None:
        key = call.key
        self._ringing.pop(key, None)
        self._talking[key] = call
        self.leg_moved(call)
        if len(self._talking) > self._limits.talking:
            self._overflow(self._talking)

    def _overflow(self, calls: dict[bytes, Progress]) -> None:
        self.counts["overflow"] += 1
        self._lose(next(iter(calls.values())))

    def expire(self, now: int) -> None:
        """Give up what had no news for too long; to be called every second or so."""
        limits, self._now = self._limits, now
        for call in [*self._ringing.values()]:
            silent = (now - call.heard) / _SECOND
            if call.cancelled and silent > limits.retry_s:
                call.cause = self._causes.hangup
                self._end(call, call.cancelled, "caller")
            elif call.retry and silent > limits.retry_s:
                self._fail(call, call.heard, call.retry, "")
            elif silent > limits.setup_s:
                self._lose(call)
        for call in [each for each in self._talking.values() if (now - each.heard) / _SECOND > limits.talk_s]:
            self._lose(call)
        self._closed.expire(now)
        for key in [key for key, (at, _) in self._asked.items() if (now - at) / _SECOND > limits.verdict_s]:
            del self._asked[key]

    def _lose(self, call: Progress) -> None:
        """An end that nobody told: the record says what is known, and no end."""
        self.counts["lost"] += 1
        self._end(call, call.heard, "", known=False)

    def _end(self, call: Progress, at: int, by: str, *, known: bool = True) -> None:
        call.ended, call.by = at, by
        key = call.key
        self._ringing.pop(key, None)
        self._talking.pop(key, None)
        self._closed.add(key, call)
        self.counts["ended"] += 1
        self.leg_moved(call)
        self._tell(call, known=known)

    def _tell(self, call: Progress, *, known: bool = True) -> None:
        self._emit(row_of(call, known=known))
