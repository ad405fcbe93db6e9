"""One call as a mirror at the edge sees it, and a live table that hears it."""

from __future__ import annotations

from fanzha.gateway.hep.glance import glance
from fanzha.gateway.hep.packet import Packet
from fanzha.gateway.live.causes import causes
from fanzha.gateway.live.limits import limits
from fanzha.gateway.live.reading import InviteReader
from fanzha.gateway.live.record import Row
from fanzha.gateway.live.table import LiveTable

CALLER, EDGE, ENGINE, CALLEE = (bytes((10, 0, 0, last)) for last in (1, 2, 3, 4))
SECOND = 1_000_000
START = 1_790_000_000 * SECOND


class Wire:
    """One call as a mirror at the edge sees it: every message on the caller's leg and on the callee's."""

    def __init__(self, table: LiveTable, **fields: str) -> None:
        self.table = table
        self.now = START
        self.id = fields.get("id", "one@example")
        self.caller = fields.get("caller", "+8613812345678")
        self.callee = fields.get("callee", "+8613987654321")
        self.ftag, self.ttag = fields.get("ftag", "f1"), fields.get("ttag", "t1")
        self.more = fields.get("more", "")
        self.branch = fields.get("branch", "b1")
        self.cseq = 1

    def later(self, seconds: float) -> Wire:
        """Time goes on."""
        self.now += int(seconds * SECOND)
        return self

    def sent(self, source: bytes, target: bytes, first: str, cseq: str, vias: list[str], **more: str) -> None:
        """One message from one address to another."""
        self.now += 100
        ftag, ttag = more.get("ftag", self.ftag), more.get("ttag", "")
        to = f";tag={ttag}" if ttag else ""
        lines = [
            first,
            *(f"Via: SIP/2.0/UDP 10.0.0.9:5060;branch={branch}" for branch in vias),
            f"From: <sip:{self.caller}@a.example>;tag={ftag}",
            f"To: <sip:{self.callee}@b.example>{to}",
            f"Call-ID: {self.id}",
            f"CSeq: {cseq}",
            *([f"Contact: <sip:{source[-1]}@10.0.0.{source[-1]}>"] if "INVITE" in cseq else []),
            *([more["extra"]] if "extra" in more else []),
        ]
        payload = ("\r\n".join(lines) + "\r\n\r\n").encode()
        seen = glance(payload)
        if seen is not None:
            self.table.message(seen, Packet(source, 5060, target, 5060, self.now, 1, payload))

    def invite(self, *, to: bytes = CALLEE, branch: str = "e1", extra: str = "") -> Wire:
        """INVITE in and out."""
        words = "\r\n".join(filter(None, (self.more, extra)))
        first, cseq = f"INVITE sip:{self.callee}@b.example SIP/2.0", f"{self.cseq} INVITE"
        more = {"extra": words} if words else {}
        self.sent(CALLER, EDGE, first, cseq, [self.branch], **more)
        self.sent(EDGE, to, first, cseq, [branch, self.branch], **more)
        return self

    def answer(self, status: str, *, source: bytes = CALLEE, branch: str = "e1", ttag: str = "", **more: str) -> Wire:
        """A response on the callee's leg, then on the caller's."""
        self.far(status, source=source, branch=branch, ttag=ttag, **more)
        return self.near(status, ttag=ttag, **more)

    def far(self, status: str, *, source: bytes = CALLEE, branch: str = "e1", ttag: str = "", **more: str) -> Wire:
        """A response that reaches the edge only."""
        cseq = f"{self.cseq} INVITE"
        self.sent(source, EDGE, f"SIP/2.0 {status}", cseq, [branch, self.branch], ttag=ttag or self.ttag, **more)
        return self

    def near(self, status: str, *, ttag: str = "", **more: str) -> Wire:
        """A response of the edge to the caller."""
        cseq = f"{self.cseq} INVITE"
        self.sent(EDGE, CALLER, f"SIP/2.0 {status}", cseq, [self.branch], ttag=ttag or self.ttag, **more)
        return self

    def bye(self, who: str = "caller", *, extra: str = "", answered: bool = True) -> Wire:
        """BYE over both legs by the caller, the callee, or (both legs at once) the edge."""
        more = {"extra": extra} if extra else {}
        tags = {"ftag": self.ftag, "ttag": self.ttag}
        back = {"ftag": self.ttag, "ttag": self.ftag}
        legs = {
            "caller": [(CALLER, EDGE, tags), (EDGE, CALLEE, tags)],
            "callee": [(CALLEE, EDGE, back), (EDGE, CALLER, back)],
            "edge": [(EDGE, CALLER, back), (EDGE, CALLEE, tags)],
        }[who]
        for source, target, pair in legs:
            self.sent(source, target, "BYE sip:x@10.0.0.9 SIP/2.0", "2 BYE", ["y"], **pair, **more)
        for source, target, pair in reversed(legs) if answered else ():
            self.sent(target, source, "SIP/2.0 200 OK", "2 BYE", ["y"], **pair)
        return self

    def cancel(self) -> Wire:
        """CANCEL over both legs."""
        for source, target in ((CALLER, EDGE), (EDGE, CALLEE)):
            self.sent(source, target, f"CANCEL sip:{self.callee}@b.example SIP/2.0", f"{self.cseq} CANCEL", ["b1"])
        return self


class Desk:
    """A live table and the records it gives: the last of each call."""

    def __init__(self) -> None:
        self.told: list[Row] = []
        self.table = LiveTable(limits(), causes(), InviteReader(), self.told.append)

    def wire(self, **fields: str) -> Wire:
        """A call."""
        return Wire(self.table, **fields)

    @property
    def rows(self) -> list[Row]:
        """The records."""
        return list({row.call_id: row for row in self.told}.values())
