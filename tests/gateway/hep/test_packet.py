from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha.gateway.hep.packet import Fault, Packet, parse, total


def test_a_packet_says_whence_whither_and_when(hep) -> None:
    found = parse(hep(b"INVITE", at=1_790_000_000_123_456))
    assert found == Packet(bytes((10, 0, 0, 1)), 5060, bytes((10, 0, 0, 2)), 5080, 1_790_000_000_123_456, 1, b"INVITE")


def test_ipv6_and_strangers_chunks(hep, piece) -> None:
    body = piece(5, bytes(15) + b"\1") + piece(6, bytes(15) + b"\2") + piece(1, b"x", vendor=9) + piece(15, b"INVITE")
    found = parse(b"HEP3" + struct.pack("!H", 6 + len(body)) + body)
    assert isinstance(found, Packet)
    assert (found.source, found.target) == (bytes(15) + b"\1", bytes(15) + b"\2")


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [(lambda data: data[:5], Fault.SHORT), (lambda data: b"HEP2" + data[4:], Fault.MAGIC),
     (lambda data: data[:-1], Fault.LENGTH), (lambda data: b"HEP3\0\3" + data[6:], Fault.LENGTH),
     (lambda data: data[:10] + b"\0\5" + data[12:], Fault.CHUNK),
     (lambda data: data[:10] + b"\xff\xff" + data[12:], Fault.CHUNK)],
)  # fmt: skip
def test_what_is_broken_is_told_apart(hep, spoil, fault: Fault) -> None:
    assert parse(spoil(hep(b"INVITE"))) is fault


def test_a_compressed_or_missing_payload_is_set_aside(hep) -> None:
    assert parse(hep(b"")) is Fault.EMPTY


@given(st.binary(max_size=200), st.integers(0, 300), st.binary(max_size=4))
def test_no_bytes_raise(noise: bytes, at: int, other: bytes) -> None:
    body = struct.pack("!HHH", 0, 15, 6 + len(noise)) + noise
    whole = b"HEP3" + struct.pack("!H", 6 + len(body)) + body
    for data in (noise, b"HEP3" + noise, whole[:at], whole[:at] + other + whole[at + len(other) :]):
        found = parse(data)
        assert isinstance(found, (Fault, Packet))
        assert total(data[:6]) <= 65_535


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20), st.binary(max_size=20), st.integers(-7, 9)), max_size=12)
)
def test_chunks_of_any_shape_never_raise(chunks: list[tuple[int, int, bytes, int]]) -> None:
    """Wrong lengths included: each chunk says it is longer or shorter than it is."""
    body = b"".join(
        struct.pack("!HHH", vendor, type_, max(0, 6 + len(data) + off)) + data for vendor, type_, data, off in chunks
    )
    assert isinstance(parse(b"HEP3" + struct.pack("!H", 6 + len(body)) + body), (Fault, Packet))
