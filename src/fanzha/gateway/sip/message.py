"""Decides what a received message says: the request line, its header fields, and whether it is well-formed SIP.

RFC 3261 section 7. Lenient where peers are known to be (line ends, a missing Max-Forwards), and where a fault leaves no
doubt about who calls whom (Malformed.mild); strict where a reply or a decision would rest on a guess. Nothing is read
further than asked for: most fields of most requests never are.
"""

from __future__ import annotations

import re
from contextlib import suppress

import numpy as np

from fanzha.gateway.sip.address import parse_address
from fanzha.gateway.sip.headers import COMPACT, canonical, values
from fanzha.gateway.sip.malformed import Malformed, graver
from fanzha.gateway.sip.spans import HEAD, READ, UNKNOWN, WORDS, spans

_REQUEST_LINE = re.compile(r"([A-Za-z0-9!%*_+`'~.-]++) ([^\s<>\"]++) SIP/([0-9]++\.[0-9]++)", re.IGNORECASE)
# RFC 4475 3.1.2.7 to 3.1.2.10: brackets, blanks within and too many blanks around a URI may be passed over.
_LIBERAL_LINE = re.compile(r"([A-Za-z0-9!%*_+`'~.-]++)[ \t]++(\S.*)[ \t]SIP/([0-9]++\.[0-9]++)[ \t]*+", re.IGNORECASE)
_NO_URI = re.compile(r"[\s<>\"]+")
_CSEQ = re.compile(r"([0-9]{1,12}+)[ \t]++(\S*+)")
_LONE = re.compile(rb"\r(?=[A-Za-z-]{1,40}+[ \t]*+:)")
_BLANKS = (b"\r", b"\n", b"\t", b" ")
_FOLDED = re.compile(r"\n[ \t]+")
_ONCE = ("from", "to", "call-id", "cseq")
_NEEDED = frozenset(_ONCE)
_MOST_LINES = 1000  # of a head that are all taken; no switch writes so many
# What is taken of the lines beyond: they must not hide who calls.
_BEYOND = re.compile(
    rf"^(?:{'|'.join((*READ, *(short for short, name in COMPACT.items() if name in READ)))})[ \t]*:.*$",
    re.IGNORECASE | re.MULTILINE,
)
_LAST_CSEQ = 2**31 - 1


class Unanswerable(Exception):
    """Nothing in it says whom to answer: silence."""


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
        to = self.first("to")
        return parse_address(to).tag if "tag" in to.lower() else ""


def is_response(data: bytes) -> bool:
    """Whether this is somebody's answer, which a redirect server never expects."""
    return data[:4].upper() == b"SIP/"


def parse(data: bytes) -> Request:
    """One request out of a datagram, or out of a stream's frame.

    Raises Unanswerable where no reply can be addressed; any other fault is told by `Request.fault`. Line ends and
    blanks before the first line are passed over (RFC 3261 7.5), as Kamailio does: they must make us deaf to no call.
    """
    if data[:1] in _BLANKS:
        data = data.lstrip(b"\r\n\t ")
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
    return _checked(request)


def _whole(data: bytes) -> Request:
    """One in whatever way it is written."""
    head, body, cut = _cut(data)
    # RFC 4475 3.1.1.2 has control characters in a name, and a switch may let them through: whoever dials must not gain
    # silence by them. A lone carriage return ends a line where a header follows, as Kamailio reads it; else it is no
    # part of what an answer says again, for some would take it for a line's end there.
    text = _LONE.sub(b"\n", head).replace(b"\r", b"_").decode("utf-8", "surrogateescape")
    if "\n " in text or "\n\t" in text:
        text = _FOLDED.sub(" ", text)
    start, *lines = text.split("\n", _MOST_LINES + 1)
    many = None
    if len(lines) > _MOST_LINES:
        lines += _BEYOND.findall(lines.pop())
        many = Malformed("Too Many Header Lines", mild=True)
    method, _, uri = start.partition(" ")
    request = Request(method, uri.rpartition(" ")[0], {}, body)
    filled = _fill(request.fields, lines)
    _checked(request, start)
    for fault in (cut, filled, many):
        request.fault = graver(request.fault, fault)
    return request


def _checked(request: Request, start: str | None = None) -> Request:
    """start: its first line, where that is still to be read. Raises Unanswerable where there is no Via."""
    if "via" not in request.fields:
        raise Unanswerable
    try:
        mild = _check_start(request, start) if start is not None else None
        request.fault = _check(request) or mild
    except Malformed as fault:
        request.fault = fault
    return request


def _cut(data: bytes) -> tuple[bytes, bytes, Malformed | None]:
    """The head with plain newlines, the body, and what is wrong with where one ends and the other begins."""
    end = data.find(b"\r\n\r\n")
    if end >= 0 and b"\n\n" not in (head := data[:end].replace(b"\r\n", b"\n")):
        return head, data[end + 4 :], None
    # An empty line of plain newlines ends a head as well, as other programs read it: nothing can be hidden behind it.
    head, empty, body = data.replace(b"\r\n", b"\n").partition(b"\n\n")
    if empty:
        return head, body, None
    # Kamailio passes it over where only this line is missing; else the last header may have been cut short.
    whole = head.rstrip(b"\r").endswith(b"\n")
    return head.rstrip(b"\r\n"), b"", Malformed("Missing Empty Line", mild=whole)


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
            fault = Malformed("Bad Header Line", mild=True)
        elif key in fields:
            fields[key].append(value.strip(" \t"))
        else:
            fields[key] = [value.strip(" \t")]
    return fault


def _check_start(request: Request, start: str) -> Malformed | None:
    """Read the first line; what is wrong with it and can be passed over. Raises Malformed for what cannot."""
    strict = _REQUEST_LINE.fullmatch(start)
    match = strict or _LIBERAL_LINE.fullmatch(start)
    if match is None:
        raise Malformed("Bad Request Line")
    request.method, request.uri = match[1], match[2] if strict else _NO_URI.sub("", match[2])
    if match[3] != "2.0":
        raise Malformed("Version Not Supported", 505)
    return None if strict else Malformed("Bad Request Line", mild=True)


def _check(request: Request) -> Malformed | None:
    """What RFC 3261 does not allow and may be passed over; raises Malformed for what may not."""
    fields = request.fields
    if not fields.keys() >= _NEEDED:
        raise Malformed(f"Missing {min(_NEEDED - fields.keys()).title()}")
    cseq = _CSEQ.fullmatch(fields["cseq"][0])
    if cseq is None:
        raise Malformed("Bad CSeq")
    if cseq[2] != request.method:
        raise Malformed("CSeq Method Mismatch")
    if not fields["call-id"][0]:
        raise Malformed("Bad Call-Id")
    for name in _ONCE:
        if len(fields[name]) != 1:
            return Malformed(f"{name.title()} Repeated", mild=True)  # the first counts
    if int(cseq[1]) > _LAST_CSEQ:
        return Malformed("CSeq Too Large", mild=True)
    for address in (fields["from"][0], fields["to"][0]):
        if '"' in address or address.count("<") != address.count(">"):  # else there is nothing to be left open
            try:
                parse_address(address)
            except Malformed as fault:
                return Malformed(fault.phrase, mild=True)  # whether a number can be had of it is seen by who needs one
    return _check_length(request)


def _check_length(request: Request) -> Malformed | None:
    """Octets beyond Content-Length are dropped (RFC 3261 18.3); missing ones are a fault."""
    lengths = request.fields.get("content-length")
    if lengths is None:
        return None
    text = lengths[0]
    if text == "0" and len(lengths) == 1:
        request.body = b""
        return None
    if len(set(lengths)) > 1 or not (text.isascii() and text.isdigit() and len(text) <= 9):
        return Malformed("Bad Content-Length", mild=True)  # who calls whom stands in the head
    if int(text) > len(request.body):
        return Malformed("Body Shorter Than Content-Length", mild=True)
    request.body = request.body[: int(text)]
    return None
