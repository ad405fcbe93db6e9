from __future__ import annotations

import struct
import time
from collections.abc import Callable

import pytest


def chunk(type_: int, data: bytes, vendor: int = 0) -> bytes:
    """One chunk."""
    return struct.pack("!HHH", vendor, type_, 6 + len(data)) + data


def pack(payload: bytes, *, at: int | None = None, kind: int = 1, extra: bytes = b"") -> bytes:
    """A packet as Kamailio's siptrace writes it. at: UTC microseconds, now by default."""
    at = time.time_ns() // 1000 if at is None else at
    body = b"".join(
        (
            chunk(1, b"\2"), chunk(2, b"\x11"), chunk(3, bytes((10, 0, 0, 1))), chunk(4, bytes((10, 0, 0, 2))),
            chunk(7, struct.pack("!H", 5060)), chunk(8, struct.pack("!H", 5080)),
            chunk(9, struct.pack("!I", at // 1_000_000)), chunk(10, struct.pack("!I", at % 1_000_000)),
            chunk(11, bytes((kind,))), chunk(12, struct.pack("!I", 201)), extra, chunk(15, payload),
        )
    )  # fmt: skip
    return b"HEP3" + struct.pack("!H", 6 + len(body)) + body


def invite(name: str = "one") -> bytes:
    """A small INVITE."""
    return (
        f"INVITE sip:+8613987654321@b SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK{name}\r\n"
        f"From: <sip:+8613812345678@a>;tag=f\r\nTo: <sip:+8613987654321@b>\r\nCall-ID: {name}\r\n"
        "CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
    ).encode()


@pytest.fixture
def hep() -> Callable[..., bytes]:
    """Makes packets."""
    return pack


@pytest.fixture
def piece() -> Callable[..., bytes]:
    """Makes chunks."""
    return chunk


@pytest.fixture
def call() -> Callable[..., bytes]:
    """Makes INVITEs."""
    return invite
