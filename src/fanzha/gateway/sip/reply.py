"""Decides the bytes of an answer: what of the request is echoed, the tag it gets, and no line more than it should have.

A redirect server keeps no state (RFC 3261 8.2.7), so the To tag is made of the request itself: a retransmission gets
the same one from every process that shares the seed.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2s

from fanzha.gateway.sip.malformed import Malformed
from fanzha.gateway.sip.message import Request
from fanzha.gateway.sip.via import Hop

Headers = Iterable[tuple[str, str]]
_BREAKS = str.maketrans({"\r": " ", "\n": " ", "\0": " "})


def reply(request: Request, code: int, phrase: str, hop: Hop, seed: bytes, headers: Headers = ()) -> bytes:
    """The answer to `request` back over `hop`. No value can break out of its line. What the request lacks is empty here
    too: whoever wrote it knows it by its branch."""
    first = request.first
    to = first("to")
    tagged = to if _tagged(request) else f"{to};tag={tag(request, seed)}"
    vias = "\r\nVia: ".join(hop.lines())
    own = "".join([f"{name}: {value.translate(_BREAKS)}\r\n" for name, value in headers]) if headers else ""
    return (
        f"SIP/2.0 {code} {phrase.translate(_BREAKS)}\r\nVia: {vias}\r\nFrom: {first('from')}\r\nTo: {tagged}\r\n"
        f"Call-ID: {first('call-id')}\r\nCSeq: {first('cseq')}\r\n{own}Content-Length: 0\r\n\r\n"
    ).encode("utf-8", "surrogateescape")


def tag(request: Request, seed: bytes) -> str:
    """The To tag: the same for the same transaction, unknowable without the seed."""
    first = request.first
    text = f"{first('via')}\n{first('call-id')}\n{first('cseq')}"
    return "fz" + blake2s(text.encode("utf-8", "surrogateescape"), digest_size=8, key=seed).hexdigest()


def _tagged(request: Request) -> bool:
    try:
        return bool(request.to_tag)
    except Malformed:
        return True
