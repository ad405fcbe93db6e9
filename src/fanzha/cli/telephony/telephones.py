"""Decides how the demo's two telephones behave: one dials, hangs up and hears why not; one rings and answers."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable

from fanzha.cli.telephony.endpoint import Address, Endpoint, Message, answer, written
from fanzha.errors import FanzhaError


class Callee(Endpoint):
    """Answers every call at once, and any hang-up."""

    def hear(self, message: Message) -> None:
        """See Endpoint."""
        contact = [("Contact", f"<sip:callee@{self.address[0]}:{self.address[1]}>")]
        if message.method == "INVITE":
            self.send(answer(message, "180 Ringing", contact, tag="callee"), message.source)
            time.sleep(0.05)  # two workers of a switch would else pass the 200 on before the 180
            self.send(answer(message, "200 OK", contact, tag="callee"), message.source)
        elif message.method not in ("", "ACK"):
            self.send(answer(message, "200 OK", tag="callee"), message.source)


class Caller(Endpoint):
    """Dials through a switch."""

    def hear(self, message: Message) -> None:
        """See Endpoint: a hang-up by the other side is agreed to."""
        if message.method == "BYE":
            self.send(answer(message, "200 OK"), message.source)

    def alive(self, place: Address) -> bool:
        """Whether somebody there is ready for calls: OPTIONS is answered 200 at once."""
        key = f"ping-{secrets.token_hex(8)}"
        host, port = self.address
        fields = [
            ("Via", f"SIP/2.0/UDP {host}:{port};branch=z9hG4bK{key};rport"),
            ("From", f"<sip:caller@{host}>;tag=1"), ("To", f"<sip:{place[0]}>"), ("Call-ID", key),
            ("CSeq", "1 OPTIONS"), ("Max-Forwards", "70"),
        ]  # fmt: skip
        self.send(written(f"OPTIONS sip:{place[0]}:{place[1]} SIP/2.0", fields), place)
        try:
            return self.wait(lambda message: message.code > 0 and message.first("call-id") == key, 0.3).code == 200
        except FanzhaError:
            return False

    def dial(self, caller: str, callee: str, switch: Address) -> Attempt:
        """Send the INVITE."""
        attempt = Attempt(self, caller, callee, switch)
        attempt.send("INVITE")
        return attempt


class Attempt:
    """One call as its caller sees it."""

    def __init__(self, phone: Caller, caller: str, callee: str, switch: Address) -> None:
        self._phone, self._switch = phone, switch
        self.id = f"demo-{secrets.token_hex(8)}"
        self._uri = f"sip:{callee}@{switch[0]}:{switch[1]}"
        self._from = f"<sip:{caller}@{phone.address[0]}>;tag={self.id[-6:]}"
        self._began = time.monotonic()

    def send(self, method: str, *, to: str = "", uri: str = "", number: int = 1, route: Iterable[str] = ()) -> None:
        """One request of this call."""
        host, port = self._phone.address
        fields = [
            ("Via", f"SIP/2.0/UDP {host}:{port};branch=z9hG4bK{self.id}{'' if method == 'INVITE' else method};rport"),
            *(("Route", each) for each in route),
            ("From", self._from),
            ("To", to or f"<{self._uri}>"),
            ("Call-ID", self.id),
            ("CSeq", f"{number} {method}"),
            ("Contact", f"<sip:caller@{host}:{port}>"),
            ("Max-Forwards", "70"),
        ]
        self._phone.send(written(f"{method} {uri or self._uri} SIP/2.0", fields), self._switch)

    def final(self) -> tuple[Message, float]:
        """The final answer and the milliseconds it took; acknowledged, within the call where it was answered."""
        got = self._phone.wait(lambda message: message.code >= 200 and self._mine(message, "INVITE"))
        took = (time.monotonic() - self._began) * 1000
        if got.code == 200:
            self._within("ACK", got)
        else:
            self.send("ACK", to=got.first("to"))
        return got, took

    def hang_up(self, answered: Message) -> None:
        """End an answered call."""
        self._within("BYE", answered, number=2)
        self._phone.wait(lambda message: message.code == 200 and self._mine(message, "BYE"))

    def cut(self) -> None:
        """Wait until the network ends the call."""
        self._phone.wait(lambda message: message.method == "BYE" and message.first("call-id") == self.id)

    def _within(self, method: str, answered: Message, number: int = 1) -> None:
        uri = answered.first("contact").strip("<>")
        route = [part.strip() for line in answered.all("record-route") for part in line.split(",")][::-1]
        self.send(method, to=answered.first("to"), uri=uri, number=number, route=route)

    def _mine(self, message: Message, method: str) -> bool:
        return message.first("call-id") == self.id and message.first("cseq").endswith(method)
