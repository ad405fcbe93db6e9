"""Decides what one HEPv3 packet says: from where to where, when, and which bytes were mirrored.

Shape (sipcapture/HEP, "HEP3 rev. 12"): "HEP3", total length, then chunks of vendor, type, length (its own six
bytes included) and data, all big-endian. Chunks of other vendors or unknown types are passed over.
"""

from __future__ import annotations

from enum import IntEnum
from struct import Struct
from struct import error as StructError
from typing import NamedTuple

MAGIC = b"HEP3"
HEAD = 6  # magic and total length
MAX_BYTES = 65_535
SIP = 1  # protocol type of a payload

_CHUNK = Struct("!HHH")
_U16, _U32 = Struct("!H"), Struct("!I")
_TOTAL = Struct("!4xH")
_NO_U8, _NO_U16, _NO_U32 = bytes(1), bytes(2), bytes(4)
_PAYLOAD = 15


class Fault(IntEnum):
    """Why a packet is set aside."""

    SHORT = 1  # not even a header
    MAGIC = 2  # not HEPv3 (version 1 and 2 are not spoken)
    LENGTH = 3  # shorter than it says: cut off on the way
    CHUNK = 4  # a chunk that ends outside the packet, or of a wrong size
    EMPTY = 5  # no payload, or only a compressed one


class Packet(NamedTuple):
    """One mirrored message. Addresses are 4 or 16 bytes, b"" if not said; at: UTC microseconds, 0 if not said."""

    source: bytes
    source_port: int
    target: bytes
    target_port: int
    at: int
    kind: int
    payload: bytes


def parse(data: bytes | memoryview) -> Packet | Fault:
    """One packet. Never raises; bytes beyond the length it names are passed over."""
    if len(data) < HEAD:
        return Fault.SHORT
    if data[:4] != MAGIC:
        return Fault.MAGIC
    end = _TOTAL.unpack_from(data)[0]
    if end > len(data) or end < HEAD:
        return Fault.LENGTH
    return _usual(data, end) or _chunks(data, end)


def total(head: bytes | bytearray) -> int:
    """How many bytes the packet that begins so has, 0 if it is none: for streams."""
    if len(head) < HEAD or head[:4] != MAGIC:
        return 0
    length: int = _TOTAL.unpack_from(head)[0]
    return length if length >= HEAD else 0


# What Kamailio's siptrace and most agents write for IPv4, in this order: read at one stroke, three times as fast.
_USUAL = Struct("!6sB6sB6s4s6s4s6sH6sH6sI6sI6sB6sI4sH")
_USUAL_HEADS = (1, 7), (2, 7), (3, 10), (4, 10), (7, 8), (8, 8), (9, 10), (10, 10), (11, 7), (12, 10)
_HEADS = tuple(_CHUNK.pack(0, *head) for head in _USUAL_HEADS)
_PAYLOAD_HEAD = b"\0\0\0\x0f"


def _usual(data: bytes | memoryview, end: int) -> Packet | None:
    """The packet, if its chunks are the usual ones in the usual order."""
    begin = HEAD + _USUAL.size
    if end <= begin:
        return None
    (
        head1, _, head2, _, head3, source, head4, target, head5, port, head6, target_port,
        head7, seconds, head8, micros, head9, kind, head10, _, last, size,
    ) = _USUAL.unpack_from(data, HEAD)  # fmt: skip
    if last != _PAYLOAD_HEAD or begin + size - HEAD != end:
        return None
    if (head1, head2, head3, head4, head5, head6, head7, head8, head9, head10) != _HEADS:
        return None
    at = seconds * 1_000_000 + micros
    return Packet(source, port, target, target_port, at, kind, bytes(data[begin:end]))


def _chunks(data: bytes | memoryview, end: int) -> Packet | Fault:
    """Walk the chunks."""
    found: dict[int, bytes | memoryview] = {}
    at = HEAD
    while at < end:
        if at + HEAD > end:
            return Fault.CHUNK
        vendor, type_, length = _CHUNK.unpack_from(data, at)
        if length < HEAD or at + length > end:
            return Fault.CHUNK
        if vendor == 0:
            found[type_] = data[at + HEAD : at + length]
        at += length
    payload = found.get(_PAYLOAD)
    if not payload:
        return Fault.EMPTY
    return _packet(found, bytes(payload))


def _packet(found: dict[int, bytes | memoryview], payload: bytes) -> Packet | Fault:
    try:
        return Packet(
            bytes(found.get(3) or found.get(5) or b""),
            _U16.unpack(found.get(7, _NO_U16))[0],
            bytes(found.get(4) or found.get(6) or b""),
            _U16.unpack(found.get(8, _NO_U16))[0],
            _U32.unpack(found.get(9, _NO_U32))[0] * 1_000_000 + _U32.unpack(found.get(10, _NO_U32))[0],
            found.get(11, _NO_U8)[0],
            payload,
        )
    except (StructError, IndexError):
        return Fault.CHUNK
