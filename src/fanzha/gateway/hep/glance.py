"""Decides what of a mirrored SIP message must be known to follow a call, at a tenth of the cost of reading it whole.

A message that says nothing new of a call (100, ACK, OPTIONS ...) is told apart by its first line. The first INVITE of a
call is afterwards read whole by the gateway's own parser.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from fanzha.gateway.call import written_bytes

MAX_ID = 256  # bytes of a Call-ID that is followed
_DULL = (b"ACK ", b"OPTIONS ", b"REGISTER ", b"SUBSCRIBE ", b"NOTIFY ", b"PUBLISH ", b"MESSAGE ", b"SIP/2.0 100")
_SHORT = {
    b"Call-ID": b"i", b"From": b"f", b"To": b"t", b"Via": b"v", b"Contact": b"m", b"Reason": b"Reason", b"CSeq": b"CSeq"
}  # fmt: skip
_SPELLED = {
    name: re.compile(rb"\n(?:" + name + rb"|" + short + rb")[ \t]*:[ \t]*([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)", re.I)
    for name, short in _SHORT.items()
}
_LINE = {name: b"\r\n" + name + b": " for name in _SHORT}
_TELLING = (b"INVITE", b"BYE")  # whose answers say what becomes of a call
_FOLDS = (b" ", b"\t")
_TAG = re.compile(rb";[ \t]*tag[ \t]*=[ \t]*([^;,\s>]*)", re.I)
_BRANCH = re.compile(rb";[ \t]*branch[ \t]*=[ \t]*([^;,\s]*)", re.I)


class Glance(NamedTuple):
    """What follows a call. method: of a request, b"" for a response; status: 0 for a request; what: CSeq's method."""

    method: bytes
    status: int
    id: bytes
    cseq: int
    what: bytes
    from_tag: bytes
    to_tag: bytes
    head: bytes


def glance(message: bytes) -> Glance | None:
    """The call a message belongs to and what it says of it; None for what says nothing, or is no SIP."""
    if message.startswith(_DULL):
        return None
    end = message.find(b"\r\n\r\n")
    head = message if end < 0 else message[: end + 2]
    first = head[: head.find(b"\r\n")].split(b" ", 2)
    if len(first) < 3:
        return None
    method, status = first[0], 0
    if method == b"SIP/2.0":
        if not (len(first[1]) == 3 and first[1].isdigit()):
            return None
        method, status = b"", int(first[1])
    elif not first[2].startswith(b"SIP/2.0"):
        return None
    number, _, what = value(head, b"CSeq").partition(b" ")
    if not method and not what.strip().endswith(_TELLING):
        return None
    name = value(head, b"Call-ID")
    if not number.isdigit() or len(number) > 10 or not 0 < len(name) <= MAX_ID:
        return None
    name = written_bytes(name).encode()  # as the gateway and the edge's reports name the call
    return Glance(method, status, name, int(number), what.strip(), _tag(head, b"From"), _tag(head, b"To"), head)


def value(head: bytes, name: bytes) -> bytes:
    """The first value of a header, however its name is spelled; b"" where it is missing."""
    line = _LINE[name]
    at = head.find(line)
    if at >= 0:
        begin = at + len(line)
        end = head.find(b"\r\n", begin)
        if head[end + 2 : end + 3] not in _FOLDS:
            return head[begin:end].strip()
    found = _SPELLED[name].search(head)
    return b" ".join(found[1].split()) if found else b""


def branch(head: bytes) -> bytes:
    """The branch of the topmost Via: the same in a request and in its responses on the same leg, and nowhere else."""
    text = value(head, b"Via")
    at = text.find(b";branch=")
    if at >= 0:
        return text[at + 8 :].partition(b";")[0].partition(b",")[0]
    found = _BRANCH.search(text)
    return found[1] if found else b""


def _tag(head: bytes, name: bytes) -> bytes:
    line = _LINE[name]
    begin = head.find(line)
    if begin >= 0:
        end = head.find(b"\r\n", begin + 2)
        at = head.rfind(b";tag=", begin, end)
        if at > head.rfind(b">", begin, end) and head[end + 2 : end + 3] not in _FOLDS:
            return head[at + 5 : end].partition(b";")[0]
    text = value(head, name)
    found = _TAG.search(text, text.rfind(b">") + 1)
    return found[1] if found else b""
