"""Decides how a small switch obeys the gateway where the reference edge is not installed: asks, goes on, refuses, cuts.

It is the smallest switch that a redirect server can serve: INVITE to the engine; 404, 503 and 302 let the call go on,
anything else is the caller's answer. It tells the engine by NOTIFY of calls answered and ended, and takes
`dlg.terminate_dlg` over JSON-RPC, as the reference edge does.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass

from fanzha.cli.telephony.endpoint import Address, Endpoint, Message, answer, written

GO_ON = (302, 404, 503)
_SIDES = ("caller", "callee")


@dataclass
class _Leg:
    """A call through the switch: the caller's INVITE, where it came from, and what has been answered."""

    invite: Message
    answered: Message | None = None


class Switchboard(Endpoint):
    """Between one caller, one engine and one callee."""

    def __init__(self, engine: Address, callee: Address) -> None:
        self._engine, self._callee = engine, callee
        self._calls: dict[str, _Leg] = {}
        self._turns = itertools.count()
        super().__init__()

    def hear(self, message: Message) -> None:
        """See Endpoint."""
        if not message.fields:  # JSON has no header lines
            self._command(message)
        elif message.code:
            self._answered(message)
        elif message.method == "INVITE":
            self._calls[message.first("call-id")] = _Leg(message)
            self._send(message.start, self._fields(message, "ask"), self._engine)
        elif message.method == "BYE":
            self.send(answer(message, "200 OK"), message.source)
            self._end(message.first("call-id"), (self._callee,))

    def _answered(self, message: Message) -> None:
        call = self._calls.get(message.first("call-id"))
        if call is None or not message.first("cseq").endswith("INVITE") or message.code < 180:
            return
        if message.source != self._engine:
            self._pass_back(call, message)
            return
        ack = self._fields(call.invite, "ask", method="ACK", to=message.first("to"))
        self._send(call.invite.start.replace("INVITE", "ACK", 1), ack, self._engine)
        if message.code in GO_ON:
            self._send(call.invite.start, self._fields(call.invite, "on"), self._callee)
        else:
            self._pass_back(call, message)

    def _pass_back(self, call: _Leg, message: Message) -> None:
        """Give the caller an answer of the callee or the engine."""
        kept = [(name.title(), value) for name, value in message.fields if name in ("reason", "call-info")]
        contact = [("Contact", f"<sip:switch@{self.address[0]}:{self.address[1]}>")]
        line = message.start.removeprefix("SIP/2.0 ")
        self.send(answer(call.invite, line, [*kept, *contact], tag="callee"), call.invite.source)
        if message.code == 200:
            call.answered = message
            self._send(call.invite.start.replace("INVITE", "ACK", 1),
                       self._fields(call.invite, "on", method="ACK", to=message.first("to")), self._callee)  # fmt: skip
            self._tell(call, "confirmed")

    def _command(self, message: Message) -> None:
        """`dlg.terminate_dlg CALL-ID ...`: both sides get a BYE."""
        asked = json.loads(message.start)
        call_id = asked["params"][0] if asked.get("params") else ""
        call = self._calls.get(call_id)
        found = asked.get("method") == "dlg.terminate_dlg" and call is not None
        told = {"result": "ok"} if found else {"error": {"code": 404, "message": "no such dialog"}}
        self.send(json.dumps({"jsonrpc": "2.0", "id": asked.get("id"), **told}).encode(), message.source)
        if found and call is not None:
            self._end(call_id, (call.invite.source, self._callee))

    def _end(self, call_id: str, sides: tuple[Address, ...]) -> None:
        call = self._calls.get(call_id)
        if call is None or call.answered is None:
            return
        own, other = call.invite.first("from"), call.answered.first("to")
        for side in sides:
            from_, to = (own, other) if side == self._callee else (other, own)
            fields = [("Via", self._via(call_id, "bye")), ("From", from_), ("To", to), ("Call-ID", call_id)]
            uri = f"sip:phone@{side[0]}:{side[1]}"
            self._send(f"BYE {uri} SIP/2.0", [*fields, ("CSeq", "100 BYE"), ("Max-Forwards", "70")], side)
        self._tell(call, "terminated")
        del self._calls[call_id]

    def remind(self, call_id: str) -> None:
        """Tell the engine once more that this call was answered: it may have been unable to keep it the first time."""
        call = self._calls.get(call_id)
        if call is not None and call.answered is not None:
            self._tell(call, "confirmed")

    def _tell(self, call: _Leg, state: str) -> None:
        """A dialog event for the engine (docs/gateway.md); each time a request of its own, else it is a repeat."""
        invite, call_id = call.invite, call.invite.first("call-id")
        state_told = f"{state}{next(self._turns)}"
        own_tag = invite.first("from").partition(";tag=")[2]
        other_tag = call.answered.first("to").partition(";tag=")[2] if call.answered else ""
        user = [name.partition("sip:")[2].partition("@")[0] for name in (invite.first("from"), invite.first("to"))]
        body = f"Call-ID: {call_id}\r\nState: {state}\r\nFrom-Tag: {own_tag}\r\nTo-Tag: {other_tag}\r\n"
        body += "".join(f"{side.title()}: {who}\r\n" for side, who in zip(_SIDES, user, strict=True))
        fields = [
            ("Via", self._via(call_id, state_told)), ("From", f"<sip:switch@{self.address[0]}>;tag=s"),
            ("To", "<sip:engine@127.0.0.1>"), ("Call-ID", f"{state_told}-{call_id}"), ("CSeq", "1 NOTIFY"),
            ("Event", "dialog"), ("Max-Forwards", "70"), ("Content-Type", "application/x-fanzha-dialog"),
        ]  # fmt: skip
        uri = f"sip:{self._engine[0]}:{self._engine[1]}"
        self.send(written(f"NOTIFY {uri} SIP/2.0", fields, body), self._engine)

    def _fields(self, invite: Message, leg: str, *, method: str = "", to: str = "") -> list[tuple[str, str]]:
        """An INVITE's fields, or those of its ACK, with our own Via alone."""
        own = [(name.title(), value) for name, value in invite.fields if name not in ("via", "content-length")]
        changed = {"Cseq": f"1 {method}" if method else "", "To": to}
        return [("Via", self._via(invite.first("call-id"), leg)), *((n, changed.get(n) or v) for n, v in own)]

    def _via(self, call_id: str, leg: str) -> str:
        return f"SIP/2.0/UDP {self.address[0]}:{self.address[1]};branch=z9hG4bK{call_id}{leg};rport"

    def _send(self, start: str, fields: list[tuple[str, str]], to: Address) -> None:
        self.send(written(start, fields), to)
