"""Decides which bytes are a policy message: one signed header, then raw columns whose hashes the header holds.

A message is a snapshot or a delta: magic, length of the header (8 bytes, little-endian), header (JSON), Ed25519
signature over a fixed word and the header, then the columns, each beginning at a multiple of 64. Nothing follows.
Columns are read where they lie (mmap), so that the processes of a host share one copy and a start costs one hash.
"""

from __future__ import annotations

import hashlib
import mmap
import os
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast, get_args

import msgspec
import numpy as np
from numpy.typing import NDArray

from fanzha import signing
from fanzha.policy.entry import Entry
from fanzha.policy.profile import Profile
from fanzha.policy.refusal import Refusal, Refused
from fanzha.policy.trunk import Trunk
from fanzha.signing.keys import fingerprint

MAGIC = b"FANZHAPOLICY1\n\0\0"
_WORD = b"fanzha-policy/1\n"  # so that no signature of another purpose fits
_ALIGN = 64
_CHUNK = 4 << 20
_HEADER_AT = len(MAGIC) + 8
LONGEST_HEADER = 256 << 20
ColumnType = Literal["u1", "i4", "u4", "i8", "u8"]


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One column: its name, numpy type, rows, and the SHA-256 of its bytes."""

    name: str
    type: ColumnType
    rows: int
    sha256: str

    @property
    def bytes(self) -> int:
        """Its size."""
        return self.rows * int(self.type[1])


class Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What many entries have in common; fields as in Entry."""

    action: int
    region: int
    reason: str
    rule: str
    basis: str
    per_minute: int


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is signed. number: one more than the message before. made_at: UTC microseconds. signer: public key, hex.

    batch: the publisher's own name for this change, by which a repetition is known. lanes (snapshot): where each lane's
    rows begin, and their end. add, remove (delta): entries put in, or in place of those of the same id; ids taken out.
    trunks, profiles, plan_as_of: all of them in a snapshot, those that changed in a delta.
    """

    kind: Literal["snapshot", "delta"]
    number: int
    made_at: int
    signer: str
    batch: str = ""
    plan_as_of: date | None = None
    trunks: tuple[Trunk, ...] = ()
    trunks_removed: tuple[str, ...] = ()
    profiles: tuple[Profile, ...] = ()
    add: tuple[Entry, ...] = ()
    remove: tuple[str, ...] = ()
    lanes: tuple[int, ...] = ()
    terms: tuple[Terms, ...] = ()
    columns: tuple[Column, ...] = ()


class Sealed:
    """A message that was signed by a trusted key, with every byte as it was signed."""

    def __init__(self, header: Header, columns: Mapping[str, memoryview], mapped: mmap.mmap | None) -> None:
        self.header = header
        self.columns = columns
        self._mapped = mapped

    @property
    def signer(self) -> str:
        """Fingerprint of the key that signed."""
        return fingerprint(bytes.fromhex(self.header.signer))

    def array(self, name: str) -> NDArray[Any]:
        """A column as an array over the same memory."""
        return np.asarray(self.columns[name])

    def forget(self) -> None:
        """Let the system take back the pages read so far; they come again when they are needed."""
        if self._mapped is not None:
            self._mapped.madvise(mmap.MADV_DONTNEED)


def seal(file: BinaryIO, header: Header, arrays: Sequence[tuple[str, NDArray[Any]]], secret: bytes) -> None:
    """Write a message. The header's signer and columns are filled in here."""
    data = [(name, array.dtype.str[1:], np.ascontiguousarray(array).view(np.uint8).data) for name, array in arrays]
    columns = tuple(
        Column(name, _type(code), len(raw) // int(code[1:]), hashlib.sha256(raw).hexdigest())
        for name, code, raw in data
    )
    whole = msgspec.structs.replace(header, signer=signing.public_key(secret).hex(), columns=columns)
    text = msgspec.json.encode(whole)
    file.write(MAGIC + len(text).to_bytes(8, "little") + text + signing.sign(secret, _WORD + text))
    for _, _, raw in data:
        file.write(bytes(-file.tell() % _ALIGN))
        file.write(raw)


def open_sealed(path: Path, trusted: set[bytes]) -> Sealed:
    """Read a message, all of it checked. Raises Refused where it is not whole, or not signed by a trusted key."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        header, at = _header(file, size, trusted)
        spans = _spans(header.columns, at, size)
        for column, start in zip(header.columns, spans, strict=True):
            if _hash(file, start, column.bytes) != column.sha256:
                raise Refused(Refusal.DAMAGED, f"column {column.name} is not what was signed")
        if not header.columns:
            return Sealed(header, {}, None)
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    view = memoryview(mapped)
    codes = {"u1": "B", "i4": "i", "u4": "I", "i8": "q", "u8": "Q"}
    columns = {
        column.name: view[start : start + column.bytes].cast(codes[column.type])  # type: ignore[call-overload]
        for column, start in zip(header.columns, spans, strict=True)
    }
    return Sealed(header, columns, mapped)


def read_header(path: Path, trusted: set[bytes]) -> Header:
    """Only the header, its signature checked. Raises Refused."""
    with path.open("rb") as file:
        return _header(file, os.fstat(file.fileno()).st_size, trusted)[0]


def _header(file: BinaryIO, size: int, trusted: set[bytes]) -> tuple[Header, int]:
    start = file.read(_HEADER_AT)
    length = int.from_bytes(start[len(MAGIC) :], "little")
    if not start.startswith(MAGIC) or len(start) < _HEADER_AT:
        raise Refused(Refusal.FORMAT, "not a policy message")
    end = _HEADER_AT + length + signing.SIGNATURE_BYTES
    if length > LONGEST_HEADER or end > size:
        raise Refused(Refusal.DAMAGED, "the message is cut off")
    text, signature = file.read(length), file.read(signing.SIGNATURE_BYTES)
    signers = {key.hex() for key in trusted if signing.verify(key, _WORD + text, signature)}
    if not signers:
        raise Refused(Refusal.SIGNATURE, "not signed by a key that is trusted here")
    try:
        header = msgspec.json.decode(text, type=Header)
    except msgspec.DecodeError as error:
        raise Refused(Refusal.FORMAT, f"header: {error}") from error
    if header.signer not in signers:
        raise Refused(Refusal.SIGNATURE, "it names another signer than the one who signed")
    return header, end


def _type(code: str) -> ColumnType:
    for known in get_args(ColumnType):
        if code == known:
            return cast(ColumnType, known)
    raise ValueError(code)


def _spans(columns: Sequence[Column], at: int, size: int) -> list[int]:
    starts = []
    for column in columns:
        at += -at % _ALIGN
        starts.append(at)
        at += column.bytes
    if at != size:
        raise Refused(Refusal.DAMAGED, f"{size} bytes where {at} were signed")
    return starts


def _hash(file: BinaryIO, start: int, length: int) -> str:
    """By reading, not through the map: what is only hashed need not stay in this process's memory."""
    digest = hashlib.sha256()
    file.seek(start)
    while length > 0:
        block = file.read(min(_CHUNK, length))
        if not block:
            break
        digest.update(block)
        length -= len(block)
    return digest.hexdigest()
