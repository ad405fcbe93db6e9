"""Decides the answer to every SIP message that reaches the gateway, without a socket: bytes in, bytes out, counted.

INVITE gets its verdict, OPTIONS tells a dispatcher whether to ask here, NOTIFY brings a switch's reports of calls. What
is malformed gets 400 where a reply is possible, silence else, and never an answer that stops a call; but an INVITE that
says who calls whom all the same is judged: it goes on with its verdict, or gets 400 with the refusal told in a field,
for an edge that wants to act on it.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Coroutine
from typing import Any, NamedTuple

from fanzha.errors import InputError, StorageError
from fanzha.gateway.engine import Engine
from fanzha.gateway.live.event import DialogEvent, read_dialog
from fanzha.gateway.sip.admission import Admission, Admitted, Known
from fanzha.gateway.sip.malformed import Malformed, graver
from fanzha.gateway.sip.message import Request, Unanswerable, is_response, parse, rehearse
from fanzha.gateway.sip.question import question
from fanzha.gateway.sip.recent import Recent
from fanzha.gateway.sip.reply import Headers, reply
from fanzha.gateway.sip.via import Hop, hop
from fanzha.gateway.sip.words import SipWords
from fanzha.policy.action import Action

LOG = logging.getLogger("fanzha.gateway.sip")
Source = tuple[str, int]
_ALLOW = (("Allow", "INVITE, ACK, CANCEL, OPTIONS, NOTIFY"),)
ELSEWHERE = frozenset(
    ("BYE", "INFO", "MESSAGE", "PRACK", "PUBLISH", "REFER", "REGISTER", "SUBSCRIBE", "UPDATE")
)  # methods that are known, and not for a redirect server
_GO_ON = (404, "Not Found")  # where no verdict is asked for or had
_OVERLOAD = 503  # what others say when they cannot judge: where it is our "go on", we say that it is a verdict
_JUDGED, _UNJUDGED = (("X-Fanzha-Verdict", "allow"),), (("X-Fanzha-Verdict", "none"),)
_NONE = [""]
_DIALOG_TYPE = "application/x-fanzha-dialog"


_YES = Admitted.YES


class Reply(NamedTuple):
    """An answer's bytes and, over UDP, the port at the source's address to which it goes."""

    data: bytes
    port: int


Answer = Reply | Coroutine[Any, Any, Reply] | None


class Responder:
    """One process's SIP answers. `counts`: what was received and answered, by name, since the process began.

    Every message received is counted as exactly one of: stranger, flood, ignored, unanswerable, ack, retransmission, or
    by its method (invite, options, cancel, notify, a method of ELSEWHERE, other), or malformed."""

    def __init__(
        self,
        engine: Engine,
        words: SipWords,
        seed: bytes,
        admission: Admission,
        edges: Known,
        go_on: tuple[int, str] | None = None,
    ) -> None:
        """seed: 16 to 32 bytes that all processes share. edges: whose X-Fanzha fields are believed. go_on: how to say
        "go on", where not as the trunk's profile says."""
        self._engine = engine
        self._words = words
        self._seed = seed
        self._admission = admission
        self._edges = edges
        self._own_go_on = go_on
        self._go_on = go_on or _GO_ON
        self._recent: Recent[Reply] = Recent(words.remembered_answers, words.remembered_seconds)
        self._telling: set[int] = set()
        rehearse()
        self.counts: Counter[str] = Counter()

    def receive(self, data: bytes, source: Source, now: float) -> Answer:
        """The answer to one message: at once, later (a coroutine), or none. now: seconds of a steady clock."""
        counts = self.counts
        counts["received"] += 1
        admitted = self._admission.admit(source[0], now)
        if admitted is not _YES:
            counts[admitted.value] += 1
            return None
        if is_response(data) or not data.strip(b"\r\n\0 \t"):
            counts["ignored"] += 1
            return None
        try:
            request = parse(data)
        except Unanswerable:
            counts["unanswerable"] += 1
            return None
        if request.method == "ACK":
            counts["ack"] += 1
            return None
        # 64 bits keyed by this process's own random: two transactions will not meet, and half the memory is enough.
        told = request.fields.get
        key = hash((told("via", _NONE)[0], told("call-id", _NONE)[0], told("cseq", _NONE)[0], request.uri, source))
        if (kept := self._recent.get(key, now)) is not None:
            counts["retransmission"] += 1
            return kept
        return self._fresh(request, source, now, key)

    def knows(self, address: str) -> bool:
        """Whether this address is heard at all."""
        return address in self._admission.known

    def _fresh(self, request: Request, source: Source, now: float, key: int) -> Answer:
        """A request that was not met before."""
        try:
            back = hop(request.fields["via"], source)
        except Malformed as bad:
            request.fault = graver(bad, request.fault)
            back = Hop(None, request.fields["via"], source)
        fault = request.fault
        if fault is None and request.method == "NOTIFY":
            return self._notified(request, back, now, key)
        asked = request.method == "INVITE" and (fault is None or fault.mild)
        made = self._make(request, back, *(self._invite(request, source) if asked else self._judge(request)))
        self._recent.put(key, made, now)
        return made

    def _make(self, request: Request, back: Hop, code: int, phrase: str, headers: Headers = ()) -> Reply:
        self.counts[f"answered_{code}"] += 1
        return Reply(reply(request, code, phrase, back, self._seed, headers), back.port)

    def _judge(self, request: Request) -> tuple[int, str, Headers]:
        """Code, phrase and headers for all but INVITE and NOTIFY."""
        fault = request.fault
        if fault is not None:
            self.counts["malformed"] += 1
            return fault.code, fault.phrase, ()
        method = request.method
        self.counts[method.lower() if method in ("OPTIONS", "CANCEL") or method in ELSEWHERE else "other"] += 1
        if method == "CANCEL":
            return 200, "OK", ()
        if method not in ("OPTIONS", *ELSEWHERE):
            return 501, "Not Implemented", _ALLOW
        if method in ELSEWHERE:
            return 405, "Method Not Allowed", _ALLOW
        if required := request.first("require"):
            return 420, "Bad Extension", (("Unsupported", required),)
        if self._engine.ready():
            return 200, "OK", (*_ALLOW, ("Accept", _DIALOG_TYPE))
        return 503, "No Policy Loaded", ()

    def _invite(self, request: Request, source: Source) -> tuple[int, str, Headers]:
        """The verdict's answer. Require is passed over: an extension we do not know must not leave a call unjudged."""
        self.counts["invite"] += 1
        try:
            if _within(request):
                self.counts["reinvite"] += 1
                return *self._go_on, ()
            call = question(request, source[0], time.time_ns() // 1000, self._words, believed=source[0] in self._edges)
        except Malformed as fault:
            self.counts["nobody_called"] += 1
            return fault.code, fault.phrase, ()
        try:
            verdict = self._engine.ask(call)
        except Exception:
            # A fault of ours stops no call; the edge's hard rules hold without us.
            self.counts["failed"] += 1
            LOG.exception("no verdict: the call goes on unjudged")
            return *self._go_on, _UNJUDGED
        if call.fault is not None and verdict.action >= Action.LIMIT:
            return 400, call.fault, (("X-Fanzha-Verdict", f"block {verdict.code} {verdict.phrase}"), *verdict.headers)
        if verdict.action is Action.ALLOW and self._own_go_on is not None:
            return *self._own_go_on, _JUDGED if self._own_go_on[0] == _OVERLOAD else ()
        if verdict.code == _OVERLOAD:
            return verdict.code, verdict.phrase, (*verdict.headers, *_JUDGED)
        if 300 <= verdict.code < 400:
            return verdict.code, verdict.phrase, (("Contact", f"<{request.uri}>"), *verdict.headers)
        return verdict.code, verdict.phrase, verdict.headers

    def _notified(self, request: Request, back: Hop, now: float, key: int) -> Answer:
        """A switch's report of a call, in its own form (docs/gateway.md); other events are not for us."""
        if key in self._telling:
            self.counts["retransmission"] += 1
            return None  # its answer is on the way
        self.counts["notify"] += 1
        package = request.first("event").partition(";")[0].strip().lower()
        form = request.first("content-type").partition(";")[0].strip().lower()
        if package != "dialog":
            return self._make(request, back, 489, "Bad Event", (("Allow-Events", "dialog"),))
        if form != _DIALOG_TYPE:
            return self._make(request, back, 415, "Unsupported Media Type", (("Accept", _DIALOG_TYPE),))
        try:
            event = read_dialog(request.body, time.time_ns() // 1000, back.source[0])
        except InputError:
            self.counts["report_unread"] += 1
            return self._make(request, back, 400, "Bad Dialog Report")
        self._telling.add(key)
        return self._tell(request, back, event, now, key)

    async def _tell(self, request: Request, back: Hop, event: DialogEvent, now: float, key: int) -> Reply:
        """Pass a report on, and answer once it is safe; one that could not be kept is to be sent again."""
        try:
            await self._engine.seen(event)
        except StorageError as error:
            self.counts["report_unkept"] += 1
            LOG.warning("a dialog report could not be kept: %s", error)
            return self._make(request, back, 503, "Not Kept", (("Retry-After", "1"),))
        finally:
            self._telling.discard(key)
        made = self._make(request, back, 200, "OK")
        self._recent.put(key, made, now)
        return made


def _within(request: Request) -> bool:
    """Whether it belongs to a call that was judged when it began. A To that cannot be read says no such thing."""
    try:
        return bool(request.to_tag)
    except Malformed:
        return False
