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
_NONE = [""]
_BREAKS = str.maketrans({"\r": " ", "\n": " ", "\0": " "})


def reply(request: Request, code: int, phrase: str, hop: Hop, seed: bytes, headers: Headers = ()) -> bytes:
    """The answer to `request` back over `hop`. No value can break out of its line. What the request lacks is empty here
    too: whoever wrote it knows it by its branch."""
    told = request.fields.get
    to = told("to", _NONE)[0]
    tagged = to if _tagged(request) else f"{to};tag={tag(request, seed)}"
    vias = "\r\nVia: ".join(hop.lines())
    own = "".join([f"{name}: {value.translate(_BREAKS)}\r\n" for name, value in headers]) if headers else ""
    return (
        f"SIP/2.0 {code} {phrase.translate(_BREAKS)}\r\nVia: {vias}\r\nFrom: {told('from', _NONE)[0]}\r\n"
        f"To: {tagged}\r\nCall-ID: {told('call-id', _NONE)[0]}\r\nCSeq: {told('cseq', _NONE)[0]}\r\n{own}"
        "Content-Length: 0\r\n\r\n"
    ).encode("utf-8", "surrogateescape")


def tag(request: Request, seed: bytes) -> str:
    """The To tag: the same for the same transaction, unknowable without the seed."""
    told = request.fields.get
    text = "\n".join([told("via", _NONE)[0], told("call-id", _NONE)[0], told("cseq", _NONE)[0]])
    return "fz" + blake2s(text.encode("utf-8", "surrogateescape"), digest_size=8, key=seed).hexdigest()


def _tagged(request: Request) -> bool:
    try:
        return bool(request.to_tag)
    except Malformed:
        return True
