"""Small SIP peers for tests: a caller's switch, a core that answers, an engine whose every answer a test chooses."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

_numbers = itertools.count(1)
PATIENCE, AGAIN = 60.0, 2.0  # seconds: far more than anything here takes; after which a switch repeats itself


class Message:
    """One SIP message: start line, headers in order (names in lower case), body."""

    def __init__(self, data: bytes, source: tuple[str, int]) -> None:
        head, _, self.body = data.decode("utf-8", "replace").partition("\r\n\r\n")
        self.start, *lines = head.split("\r\n")
        self.headers = [(n.strip().lower(), v.strip()) for n, _, v in (line.partition(":") for line in lines)]
        self.source = source
        self.at = time.monotonic()

    @property
    def code(self) -> int:
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0") else 0

    @property
    def method(self) -> str:
        return "" if self.code else self.start.split()[0]

    def all(self, name: str) -> list[str]:
        return [value for n, value in self.headers if n == name]

    def get(self, name: str) -> str:
        return next(iter(self.all(name)), "")

    @property
    def cseq(self) -> str:
        return self.get("cseq").split()[-1]


class Endpoint:
    """A UDP socket and a thread that gives every message to `heard`."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, port))
        self.socket.settimeout(0.2)
        self.host, self.port = self.socket.getsockname()[:2]
        self.host = f"[{self.host}]" if ":" in self.host else self.host
        self.messages: list[Message] = []
        self._changed = threading.Condition()
        self._open = True
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    @property
    def uri(self) -> str:
        return f"sip:{self.host}:{self.port}"

    def close(self) -> None:
        self._open = False
        self._thread.join()
        self.socket.close()

    def send(self, text: str, to: tuple[str, int]) -> None:
        self.socket.sendto(text.encode(), to)

    def reply(self, request: Message, line: str, headers: Iterable[str] = (), tag: str = "") -> None:
        to = request.get("to")
        copied = [f"Via: {v}" for v in request.all("via")] + [f"Record-Route: {v}" for v in request.all("record-route")]
        copied += [f"From: {request.get('from')}", f"To: {to if 'tag=' in to or not tag else f'{to};tag={tag}'}"]
        copied += [f"Call-ID: {request.get('call-id')}", f"CSeq: {request.get('cseq')}"]
        self.send("\r\n".join([f"SIP/2.0 {line}", *copied, *headers, "Content-Length: 0", "", ""]), request.source)

    def heard(self, message: Message) -> None:
        """What to do about a message."""

    def wait(self, wanted: Callable[[Message], bool], count: int = 1, patience: float = PATIENCE) -> list[Message]:
        """At least `count` such messages, or an assertion fails."""
        until = time.monotonic() + patience
        with self._changed:
            while len(found := [m for m in self.messages if wanted(m)]) < count:
                left = until - time.monotonic()
                assert left > 0, f"{len(found)} of {count} messages; heard {[m.start for m in self.messages][-20:]}"
                self._changed.wait(left)
            return found

    def _listen(self) -> None:
        while self._open:
            try:
                data, source = self.socket.recvfrom(65536)
            except TimeoutError:
                continue
            if not data.strip():
                continue
            message = Message(data, source)
            with self._changed:
                self.messages.append(message)
                self._changed.notify_all()
            self.heard(message)


Answer = tuple[str, tuple[str, ...]]


class FakeEngine(Endpoint):
    """Answers as `answers` says: by the caller's digits, else `default`; None is silence, bytes are sent as they are.

    `delay` seconds pass before an answer to an INVITE. A hung engine says nothing to OPTIONS either.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self.default: Answer | bytes | None = ("404 Not Found", ())
        self.answers: dict[str, Answer | bytes | None] = {}
        self.delay = 0.0
        self.hung = False
        super().__init__(host, port)

    def reset(self) -> None:
        self.default, self.delay, self.hung = ("404 Not Found", ()), 0.0, False
        self.answers.clear()
        self.messages.clear()

    def asked(self, call_id: str) -> list[Message]:
        return [m for m in self.messages if m.method == "INVITE" and m.get("call-id") == call_id]

    def heard(self, message: Message) -> None:
        if self.hung or message.method in ("ACK", "CANCEL"):
            if message.method == "CANCEL" and not self.hung:
                self.reply(message, "481 No Such Call")
            return
        if message.method != "INVITE":
            self.reply(message, "200 OK", tag="e")
            return
        asserted = message.get("p-asserted-identity") or message.get("from")
        digits = asserted.partition("sip:")[2].partition("@")[0]
        answer = self.answers.get(digits, self.default)
        if self.delay:
            threading.Timer(self.delay, self._answer, (message, answer)).start()
        else:
            self._answer(message, answer)

    def _answer(self, message: Message, answer: Answer | bytes | None) -> None:
        if isinstance(answer, bytes):
            self.socket.sendto(answer, message.source)
        elif answer is not None:
            self.reply(message, answer[0], answer[1], tag="engine")


class Core(Endpoint):
    """The next hop: rings and answers every call, or as `final` says; ends what it is told to end."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self.final = "200 OK"
        self.ring_only = False
        super().__init__(host, port)

    def invites(self, call_id: str) -> list[Message]:
        return [m for m in self.messages if m.method == "INVITE" and m.get("call-id") == call_id]

    def heard(self, message: Message) -> None:
        contact = [f"Contact: <sip:core@{self.host}:{self.port}>"]
        if message.method == "INVITE":
            self.reply(message, "180 Ringing", contact, tag="core")
            if not self.ring_only:
                time.sleep(0.005)  # two Kamailio workers would else pass the 200 on before the 180
                self.reply(message, self.final, contact, tag="core")
        elif message.method == "CANCEL":
            self.reply(message, "200 OK", tag="core")
            invite = self.invites(message.get("call-id"))[-1]
            self.reply(invite, "487 Request Terminated", tag="core")
        elif message.method and message.method != "ACK":
            self.reply(message, "200 OK", contact, tag="core")


class Call:
    """One call attempt as its caller sees it."""

    def __init__(self, phone: Phone, edge: tuple[str, int], caller: str, callee: str, headers: Iterable[str]) -> None:
        number = next(_numbers)
        self.phone, self.edge = phone, edge
        self.id = f"call-{number}-{phone.port}"
        self.caller, self.callee, self.extra = caller, callee, list(headers)
        self.branch, self.tag = f"z9hG4bK-{self.id}", f"t{number}"
        self.started = 0.0

    def request(self, method: str, uri: str, *, cseq: int = 1, to: str = "", route: Iterable[str] = ()) -> str:
        branch = self.branch if method in ("INVITE", "CANCEL") and cseq == 1 else f"{self.branch}-{method}{cseq}"
        return "\r\n".join([
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.phone.host}:{self.phone.port};branch={branch};rport",
            *[f"Route: {r}" for r in route],
            f"From: <{self.caller}>;tag={self.tag}",
            to or f"To: <{self.callee}>",
            f"Call-ID: {self.id}",
            f"CSeq: {cseq} {method}",
            f"Contact: <sip:phone@{self.phone.host}:{self.phone.port}>",
            "Max-Forwards: 70",
            *(self.extra if method == "INVITE" else []),
            "Content-Length: 0", "", "",
        ])  # fmt: skip

    def send(self, method: str = "INVITE") -> None:
        self.started = self.started or time.monotonic()
        self.phone.send(self.request(method, self.callee), self.edge)

    def replies(self, method: str = "INVITE") -> list[Message]:
        return [m for m in self.phone.messages if m.code and m.get("call-id") == self.id and m.cseq == method]

    def final(self, method: str = "INVITE", patience: float = PATIENCE) -> Message:
        """The final reply; a refusal is acknowledged, and a lost INVITE sent again, as a switch would."""

        def wanted(message: Message) -> bool:
            return message.code >= 200 and message.get("call-id") == self.id and message.cseq == method

        try:
            reply = self.phone.wait(wanted, patience=min(AGAIN, patience))[-1]
        except AssertionError:
            if self.started and method == "INVITE" and not self.replies():
                self.send()
            reply = self.phone.wait(wanted, patience=patience)[-1]
        if method == "INVITE" and reply.code >= 300:
            ack = self.request("ACK", self.callee, to=f"To: {reply.get('to')}").replace("-ACK1", "")
            self.phone.send(ack, self.edge)
        return reply

    def within(self, method: str, answer: Message, cseq: int = 2) -> None:
        """A request in the dialog that `answer` (a 200) made, by its Record-Routes."""
        uri = answer.get("contact").strip("<>")
        route = [part.strip() for line in answer.all("record-route") for part in line.split(",")][::-1]
        text = self.request(method, uri, cseq=cseq, to=f"To: {answer.get('to')}", route=route)
        self.phone.send(text, self.edge)

    def established(self) -> Message:
        """Wait for the 200 and acknowledge it."""
        answer = self.final()
        assert answer.code == 200, answer.start
        self.within("ACK", answer, cseq=1)
        return answer

    def hang_up(self, answer: Message) -> None:
        self.within("BYE", answer)
        assert self.final("BYE").code == 200


class Phone(Endpoint):
    """A switch that sends calls from an address of its own, and says yes to every BYE."""

    def heard(self, message: Message) -> None:
        if message.method and message.method != "ACK":
            self.reply(message, "200 OK")

    def call(
        self, edge: tuple[str, int], caller: str | None, callee: str = "13900000000", *, headers: Iterable[str] = (),
        asserted: str | None = None, **_: Any,
    ) -> Call:  # fmt: skip
        """Send an INVITE. caller: the From user, or a whole URI; None for anonymous."""
        uri = caller or "sip:anonymous@anonymous.invalid"
        uri = uri if ":" in uri else f"sip:{uri}@{self.host}"
        at = f"[{edge[0]}]" if ":" in edge[0] else edge[0]
        to = callee if ":" in callee else f"sip:{callee}@{at}"
        extra = [*headers, *([f"P-Asserted-Identity: <{asserted}>"] if asserted else [])]
        call = Call(self, edge, uri, to, extra)
        call.send()
        return call
