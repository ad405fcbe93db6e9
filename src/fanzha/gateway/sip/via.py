"""Decides where an answer goes and how the top Via is echoed, so that it comes back through every router on the way."""

from __future__ import annotations

import re
from typing import NamedTuple

from fanzha.gateway.sip.headers import values
from fanzha.gateway.sip.malformed import Malformed

DEFAULT_PORT = 5060
_LONGEST = 4096  # characters of one Via; some hundred suffice
_VIA = re.compile(
    r"SIP\s*/\s*2\.0\s*/\s*[A-Za-z0-9!%*_+`'~.-]+\s+(\[[0-9A-Fa-f:.]+\]|[^\s;:,\[\]]+)\s*(?::\s*([0-9]{1,5}))?"
    r"((?:\s*;\s*[^\s;=,\"]+(?:\s*=\s*(?:\"[^\"]*\"|[^\s;,\"]+))?)*)\s*",
    re.IGNORECASE,
)
# How nearly every switch writes it: read in one step, to the same end.
_PLAIN = re.compile(r"SIP/2\.0/[A-Z]++ ([a-z0-9.-]++)(?::([0-9]{1,5}+))?+((?:;[a-z]++(?:=[^\s;=,\"]++)?+)*+)")
_RPORT = re.compile(r";\s*rport\s*(?=;|$)", re.IGNORECASE)


class Via(NamedTuple):
    """The hop that sent a request. port: its sent-by port; rport: from where to where in `text` it asks to be answered
    where it sent from, None if it does not."""

    text: str
    host: str
    port: int
    rport: tuple[int, int] | None


def parse_via(text: str) -> Via:
    """Read one Via value. Raises Malformed."""
    if len(text) > _LONGEST:
        raise Malformed("Via Too Long")
    match = _PLAIN.fullmatch(text)
    if match is None:
        text = " ".join(text.split())  # so that no run of blanks can cost more than its length
        match = _VIA.fullmatch(text)
    if match is None or int(match[2] or 0) > 65535:
        raise Malformed("Bad Via")
    asked = _RPORT.search(text, match.start(3))
    host = match[1].strip("[]").lower()
    return Via(text, host, int(match[2] or DEFAULT_PORT), asked.span() if asked is not None else None)


class Hop(NamedTuple):
    """The way back: the top Via (None where it cannot be read), all others as they came, and who really sent it."""

    via: Via | None
    others: list[str]
    source: tuple[str, int]

    @property
    def port(self) -> int:
        """Where an answer over UDP goes, at the source's address and no other: the source with rport, else sent-by."""
        return self.source[1] if self.via is None or self.via.rport else self.via.port

    def lines(self) -> list[str]:
        """The Via lines as they are echoed (RFC 3261 18.2.1, RFC 3581 section 4)."""
        if self.via is None:
            return self.others
        address, port = self.source
        via = self.via
        if via.rport:
            start, end = via.rport
            return [f"{via.text[:start]};rport={port}{via.text[end:]};received={address}", *self.others]
        return [via.text if via.host == address.lower() else f"{via.text};received={address}", *self.others]


def hop(lines: list[str], source: tuple[str, int]) -> Hop:
    """Read a request's Via lines; source: address and port it came from. Raises Malformed for a bad top Via."""
    if "," not in lines[0]:
        return Hop(parse_via(lines[0]), lines[1:], source)
    first, *others = values(lines[0]) or [""]
    return Hop(parse_via(first), [", ".join(others), *lines[1:]] if others else lines[1:], source)
