"""Decides which request for verdicts needs no HTTP machinery: a whole, plainly written POST /v1/decide in one piece.

A switch that asks thousands of times a second always writes the same few fields. Whatever is written otherwise, or
comes in pieces, goes the long way, to the same end.
"""

from __future__ import annotations

from typing import NamedTuple

_START = b"POST /v1/decide HTTP/1.1\r\n"
# Fields that change nothing about how the request is read. Any other (Transfer-Encoding, Connection, Expect, ...) may.
_PLAIN = frozenset(
    (b"host", b"authorization", b"content-length", b"content-type", b"accept", b"accept-encoding", b"user-agent")
)
_REPEATED = frozenset((b"authorization", b"content-length"))


class Asked(NamedTuple):
    """What such a request says."""

    authorization: bytes
    body: bytes


def express(data: bytes, head_bytes: int, body_bytes: int) -> Asked | None:
    """The request, None where it must go the long way. head_bytes, body_bytes: the most there may be of each."""
    if not data.startswith(_START):
        return None
    end = data.find(b"\r\n\r\n")
    if not 0 < end <= head_bytes:
        return None
    found = {}
    for line in data[len(_START) : end].split(b"\r\n"):
        name, colon, value = line.partition(b":")
        name = name.lower()
        if not colon or name not in _PLAIN or (name in _REPEATED and name in found):
            return None
        found[name] = value
    length = found.get(b"content-length", b"").strip(b" \t")
    body = data[end + 4 :]
    if b"host" not in found or not length.isdigit() or len(length) > 9 or len(body) > body_bytes:
        return None
    if int(length) != len(body):
        return None
    return Asked(found.get(b"authorization", b"").strip(b" \t"), body)
