"""Decides what a new process knows of the calls that an old one was following: all but those of the last seconds."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from fanzha.errors import StorageError
from fanzha.gateway.live.journal import Journal, read_segment
from fanzha.gateway.live.progress import Progress

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Progress]).decode


def save(path: Path, calls: Iterable[Progress], journal: Journal) -> None:
    """Write the calls in progress, whole or not at all; then the ends before them need not be remembered."""
    settled = journal.settled()
    temporary = path.with_suffix(".tmp")
    try:
        file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(file, "wb") as out:
            out.write(_encode(list(calls)))
        temporary.replace(path)
        for segment in settled:
            segment.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            f"calls in progress cannot be saved: {error.strerror or error}", where=str(path), hint="free some space"
        ) from error


def load(path: Path, journal: Journal) -> list[Progress]:
    """The calls saved last, without those that have ended since. A snapshot of another version counts for nothing."""
    try:
        calls = _decode(path.read_bytes())
    except (OSError, msgspec.MsgspecError):
        return []
    ended: set[str] = set()
    for segment in (*journal.settled(), *journal.waiting()):
        ended.update(row.call_id for row in read_segment(segment)[0])
    return [call for call in calls if call.id not in ended]
