"""Decides how the bytes of a delivered file are read: plain, gzip or zstd, bounded, kept up to a cut."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from fanzha.errors import InputError

_HEAD = 8  # bytes: the longest mark that tells a kind of file
_STEP = 1 << 20
CHECK_PATH = "check the path; a folder or a quoted glob will do too"
_FOREIGN = {
    b"PK\x03\x04": ("a ZIP or Excel file", "unpack it, or save the sheet as CSV (另存为CSV)"),
    b"BZh": ("a bzip2 file", "unpack it, or compress it with gzip or zstd"),
    b"\xfd7zXZ": ("an xz file", "unpack it, or compress it with gzip or zstd"),
    b"\xff\xfe": ("UTF-16 text", "save it as UTF-8 or GB18030"),
    b"\xfe\xff": ("UTF-16 text", "save it as UTF-8 or GB18030"),
    b"\xd0\xcf\x11\xe0": ("an old Excel file", "save the sheet as CSV (另存为CSV)"),
}


class _Gzip(Protocol):
    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes: ...


class Damage(Exception):
    """The stream ends too early or is damaged; everything before was delivered."""


def head_of(path: Path) -> bytes:
    """The first bytes of a file, as they lie on disk.

    Raises InputError where there is no such file, or it is a directory, a pipe or unreadable. A file is opened several
    times, and what comes through a pipe comes once.
    """
    if path.is_dir():
        raise InputError(
            "is a directory, not a file", where=str(path), hint="give the files in it, or import the folder"
        )
    if path.exists() and not path.is_file():
        raise InputError(
            "is a pipe or a device, not a file", where=str(path), hint="write it into a file, and import that"
        )
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except OSError as error:
        raise InputError(f"cannot be opened: {error.strerror}", where=str(path), hint=CHECK_PATH) from error


def is_parquet(path: Path) -> bool:
    """Whether the file begins as Parquet does."""
    return head_of(path)[:4] == b"PAR1"


def check_text(path: Path) -> bytes:
    """The first bytes of a file that may be CSV. Raises InputError for what is known to be something else."""
    head = head_of(path)
    for magic, (what, hint) in _FOREIGN.items():
        if head.startswith(magic):
            raise InputError(f"is {what}, not CSV", where=str(path), hint=hint)
    return head


def pieces(path: Path) -> Iterator[bytes]:
    """The decompressed bytes in pieces of at most a few megabytes.

    Raises InputError for what is no text at all, and Damage after the last good piece of a cut or damaged file.
    """
    head = check_text(path)
    if head.startswith(b"\x1f\x8b"):
        return _with_line_ends(_gzip(path))
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        return _with_line_ends(_zstd(path))
    return _with_line_ends(_plain(path))


def _with_line_ends(found: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, but in a file whose lines end with CR alone, as old spreadsheets write it, with LF."""
    first = next(found, b"")
    alone = b"\r" in first.rstrip(b"\r") and b"\n" not in first
    yield first.replace(b"\r", b"\n") if alone else first
    for piece in found:
        yield piece.replace(b"\r", b"\n") if alone else piece


def _plain(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while piece := file.read(_STEP):
                yield piece
    except OSError as error:
        raise Damage(str(error)) from error


def _gzip(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        member = zlib.decompressobj(wbits=31)
        begun = False
        waiting = b""
        while waiting or (waiting := file.read(_STEP)):
            if not begun and not (waiting := waiting.lstrip(b"\0")):
                continue  # zero padding after the last member is allowed
            begun = True
            before = member.copy()
            try:
                piece = member.decompress(waiting, _STEP)
            except zlib.error:
                yield from _salvaged(before, waiting)
            if piece:
                yield piece
            waiting = member.unconsumed_tail
            if member.eof:
                waiting, begun = member.unused_data, False
                member = zlib.decompressobj(wbits=31)
        if begun:
            while piece := member.decompress(b"", _STEP):
                yield piece
            raise Damage("the gzip stream ends before its end mark")


def _salvaged(member: _Gzip, data: bytes) -> Iterator[bytes]:
    """What can still be had of a piece that breaks somewhere; a failing call of zlib's gives nothing back."""
    found, problem = bytearray(), "the gzip stream is damaged"
    for at in range(len(data)):
        try:
            found += member.decompress(data[at : at + 1])
        except zlib.error as error:
            problem = str(error)
            break
    yield bytes(found)
    raise Damage(problem)


def _zstd(path: Path) -> Iterator[bytes]:
    try:
        with pa.OSFile(os.fsencode(path)) as file, pa.CompressedInputStream(file, "zstd") as stream:
            while piece := stream.read(_STEP >> 4):
                yield piece
    except (OSError, pa.ArrowException) as error:
        raise Damage(str(error)) from error
