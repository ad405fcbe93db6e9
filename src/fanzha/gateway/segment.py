"""Decides how verdicts lie in a file so that a torn end is seen and whole ones are found: frames with length and CRC.

A segment is 8 bytes of magic, then frames: length of the body (u32, little-endian), CRC-32 of key hash and body (u32),
the call's key hash (u64), the body (MessagePack of a Line).
"""

from __future__ import annotations

import mmap
import struct
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from fanzha.gateway.call import Call
from fanzha.gateway.counters import hash_of
from fanzha.gateway.verdict import Verdict

MAGIC = b"FZVERD01"
LONGEST = 1 << 20  # bytes of a body; nothing we write comes near
WINDOW = 1 << 20  # bytes searched at a time
_HEAD = struct.Struct("<IIQ")


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One verdict with the question it answers. caller, callee: keys, 0 withheld. trunk: as it was found, "" unknown.
    ingress: code of records.contract.Ingress. region: GB/T 2260 of where the call was served, 0 unknown."""

    call: Call
    verdict: Verdict
    caller: int = 0
    callee: int = 0
    trunk: str = ""
    ingress: int = 0
    region: int = 0


_encoder, _decoder = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(Line)


def frame(line: Line, key_hash: int) -> bytes:
    """The bytes of one line."""
    body = _encoder.encode(line)
    check = zlib.crc32(body, zlib.crc32(key_hash.to_bytes(8, "little")))
    return _HEAD.pack(len(body), check, key_hash) + body


def whole(data: bytes) -> tuple[int, int]:
    """How many bytes from the beginning are whole, and how many lines these are; (0, 0) for what is no segment."""
    if not data.startswith(MAGIC):
        return 0, 0
    at, count = len(MAGIC), 0
    while (held := _body(data, at)) is not None:
        at, count = held[0], count + 1
    return at, count


def lines(path: Path) -> Iterator[Line]:
    """The whole lines of a segment, in the order in which they were said. Raises OSError."""
    data, at = path.read_bytes(), len(MAGIC)
    while data.startswith(MAGIC) and (held := _body(data, at)) is not None:
        at, body = held
        yield from _decoded(body)


def since(path: Path, start: int) -> tuple[list[Line], int]:
    """The whole lines that begin at `start` or later, and where they end; of an open segment what is written so far.
    Raises OSError."""
    data, at = path.read_bytes(), len(MAGIC)
    found: list[Line] = []
    while data.startswith(MAGIC) and (held := _body(data, at)) is not None:
        if at >= start:
            found += _decoded(held[1])
        at = held[0]
    return found, at


def search(path: Path, key: str) -> list[Line]:
    """The lines about one call, found by its hash without reading the others. Raises OSError."""
    wanted, found = hash_of(key).to_bytes(8, "little"), []
    with path.open("rb") as file:
        if path.stat().st_size <= len(MAGIC):
            return []
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            for start in range(0, len(data), WINDOW):
                at = data.find(wanted, start, start + WINDOW + 7)
                while at >= 0:
                    held = _body(data, at - 8) if at >= len(MAGIC) + 8 else None
                    if held is not None:
                        found += [line for line in _decoded(held[1]) if line.call.key == key]
                    at = data.find(wanted, at + 1, start + WINDOW + 7)
                time.sleep(0)  # the search holds the interpreter: let a waiting call through
    return found


def _body(data: bytes | mmap.mmap, at: int) -> tuple[int, bytes] | None:
    """The end and the body of the frame that begins at `at`; None if there is no whole one."""
    start = at + _HEAD.size
    if start > len(data):
        return None
    size, check, key_hash = _HEAD.unpack(data[at:start])
    body = data[start : start + size] if size <= LONGEST else b""
    if len(body) != size or zlib.crc32(body, zlib.crc32(key_hash.to_bytes(8, "little"))) != check:
        return None
    return start + size, body


def _decoded(body: bytes) -> Iterator[Line]:
    with suppress(msgspec.DecodeError):  # of another version
        yield _decoder.decode(body)
