"""Decides what a received message says: the request line, its header fields, and whether it is well-formed SIP.

RFC 3261 section 7. Lenient where peers are known to be (line ends, a missing Max-Forwards), strict where a reply or a
decision would rest on a guess. Nothing is read further than asked for: most fields of most requests never are.
"""

from __future__ import annotations

import re
from contextlib import suppress

import numpy as np

from fanzha.gateway.sip.address import parse_address
from fanzha.gateway.sip.headers import canonical, values
from fanzha.gateway.sip.malformed import Malformed
from fanzha.gateway.sip.spans import HEAD, READ, UNKNOWN, WORDS, spans

_REQUEST_LINE = re.compile(r"([A-Za-z0-9!%*_+`'~.-]++) ([^\s<>\"]++) SIP/([0-9]++\.[0-9]++)", re.IGNORECASE)
_CSEQ = re.compile(r"([0-9]{1,12}+)[ \t]++(\S*+)")
_LONE = re.compile(rb"\r(?=[A-Za-z-]{1,40}+[ \t]*+:)")
_FOLDED = re.compile(r"\n[ \t]+")
_ONCE = ("from", "to", "call-id", "cseq")
_NEEDED = {"via", *_ONCE}
_MOST_LINES = 1000  # of a head; no switch writes so many
_LAST_CSEQ = 2**31 - 1


class Unanswerable(Exception):
    """Nothing in it says whom to answer, or an answer would repeat bytes that break lines: silence."""


class Request:
    """One request. `fields`: canonical name -> its lines in order, unfolded, trimmed, undivided.

    `fault`: what is wrong with it, None if it is well-formed; a faulty one can still be answered.
    """

    __slots__ = ("body", "fault", "fields", "method", "uri")

    def __init__(self, method: str, uri: str, fields: dict[str, list[str]], body: bytes) -> None:
        self.method = method
        self.uri = uri
        self.fields = fields
        self.body = body
        self.fault: Malformed | None = None

    def first(self, name: str) -> str:
        """The first line of that name, "" without one."""
        lines = self.fields.get(name)
        return lines[0] if lines else ""

    def all(self, name: str) -> list[str]:
        """Every value of that name, lists divided. Raises Malformed for quotes that do not close."""
        lines = self.fields.get(name)
        return [value for line in lines for value in values(line)] if lines else []

    @property
    def to_tag(self) -> str:
        """The To tag, "" outside a dialog. Raises Malformed for a To that cannot be read."""
        to = self.fields["to"][0]
        return parse_address(to).tag if "tag" in to.lower() else ""


def is_response(data: bytes) -> bool:
    """Whether this is somebody's answer, which a redirect server never expects."""
    return data[:4].upper() == b"SIP/"


def parse(data: bytes) -> Request:
    """One request out of a datagram, or out of a stream's frame.

    Raises Unanswerable where no reply can be addressed; any other fault is told by `Request.fault`.
    """
    return _plain(data) or _whole(data)


def rehearse() -> None:
    """Load the kernel now: the first message is not to wait for it."""
    with suppress(Unanswerable):
        parse(b"REHEARSE sip:x SIP/2.0\r\n\r\n")


def _plain(data: bytes) -> Request | None:
    """One that is written plainly, by the table of spans.py; None for any other."""
    out = np.empty(WORDS, np.int64)
    used = spans(data, len(data), out)
    if used == 0:
        return None
    words = memoryview(out)[:used].tolist()  # type: ignore[arg-type]
    text = data[: words[2]].decode("ascii")
    fields: dict[str, list[str]] = {}
    for at in range(HEAD, used, 3):
        code, value = words[at], text[words[at + 1] : words[at + 2]]
        if code == UNKNOWN:
            spelled, _, value = value.partition(":")
            name, value = canonical(spelled), value.strip(" \t")
        else:
            name = READ[code]
        if name in fields:
            fields[name].append(value)
        else:
            fields[name] = [value]
    request = Request(text[: words[0]], text[words[0] + 1 : words[1]], fields, data[words[2] :])
    return _checked(request, None, request.body)


def _whole(data: bytes) -> Request:
    """One in whatever way it is written."""
    head, body = _cut(data)
    # RFC 4475 3.1.1.2 has control characters in a name, and a switch may let them through: whoever dials must not gain
    # silence by them. A lone carriage return ends a line where a header follows, as Kamailio reads it; else it is no
    # part of what an answer says again, for some would take it for a line's end there.
    text = _LONE.sub(b"\n", head).replace(b"\r", b"_").decode("utf-8", "surrogateescape")
    if "\n " in text or "\n\t" in text:
        text = _FOLDED.sub(" ", text)
    start, *lines = text.split("\n")
    if len(lines) > _MOST_LINES:
        raise Unanswerable
    method, _, uri = start.partition(" ")
    request = Request(method, uri.rpartition(" ")[0], {}, body if body is not None else b"")
    fault = _fill(request.fields, lines)
    _checked(request, start, body)
    request.fault = fault or request.fault
    return request


def _checked(request: Request, start: str | None, body: bytes | None) -> Request:
    """start: its first line, where that is still to be read. Raises Unanswerable where a field is not there that every
    answer repeats."""
    if not request.fields.keys() >= _NEEDED:
        raise Unanswerable
    try:
        if start is not None:
            _check_start(request, start)
        _check(request, body)
    except Malformed as fault:
        request.fault = fault
    return request


def _cut(data: bytes) -> tuple[bytes, bytes | None]:
    """The head with plain newlines, and the body: None where the empty line before it never came."""
    end = data.find(b"\r\n\r\n")
    if end >= 0 and b"\n\n" not in (head := data[:end].replace(b"\r\n", b"\n")):
        return head, data[end + 4 :]
    # An empty line of plain newlines ends a head as well, as other programs read it: nothing can be hidden behind it.
    head, empty, body = data.replace(b"\r\n", b"\n").partition(b"\n\n")
    return head, body if empty else None


def _fill(fields: dict[str, list[str]], lines: list[str]) -> Malformed | None:
    """Sort lines by name. All are taken, so that a request with one bad line can be answered; and it is told."""
    fault: Malformed | None = None
    for line in lines:
        name, colon, value = line.partition(":")
        try:
            key = canonical(name)
        except Malformed as error:
            fault = error
            continue
        if not colon:
            fault = Malformed("Bad Header Line")
        elif key in fields:
            fields[key].append(value.strip(" \t"))
        else:
            fields[key] = [value.strip(" \t")]
    return fault


def _check_start(request: Request, start: str) -> None:
    match = _REQUEST_LINE.fullmatch(start)
    if match is None:
        raise Malformed("Bad Request Line")
    request.method, request.uri = match[1], match[2]
    if match[3] != "2.0":
        raise Malformed("Version Not Supported", 505)


def _check(request: Request, body: bytes | None) -> None:
    """Raise Malformed for what RFC 3261 does not allow and an answer should not pass over."""
    fields = request.fields
    for name in _ONCE:
        if len(fields[name]) != 1:
            raise Malformed(f"{name.title()} Repeated")
    cseq = _CSEQ.fullmatch(fields["cseq"][0])
    if cseq is None or int(cseq[1]) > _LAST_CSEQ:
        raise Malformed("Bad CSeq")
    if cseq[2] != request.method:
        raise Malformed("CSeq Method Mismatch")
    if not fields["call-id"][0]:
        raise Malformed("Bad Call-Id")
    for address in (fields["from"][0], fields["to"][0]):
        if '"' in address or address.count("<") != address.count(">"):  # else there is nothing to be left open
            parse_address(address)
    _check_length(request, body)


def _check_length(request: Request, body: bytes | None) -> None:
    """Octets beyond Content-Length are dropped (RFC 3261 18.3); missing ones are a fault."""
    if body is None:
        raise Malformed("Missing Empty Line")
    lengths = request.fields.get("content-length")
    if lengths is None:
        return
    text = lengths[0]
    if text == "0" and len(lengths) == 1:
        request.body = b""
        return
    if len(set(lengths)) > 1 or not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Malformed("Bad Content-Length")
    if int(text) > len(body):
        raise Malformed("Body Shorter Than Content-Length")
    request.body = body[: int(text)]
