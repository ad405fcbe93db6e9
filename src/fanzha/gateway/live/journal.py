"""Decides what of ended calls outlives a kill: each record is in a file before anybody is told that the call is over.

A record written (not synced) outlives the death of the process; a power cut may take those of the last batch.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import msgspec

from fanzha.errors import StorageError
from fanzha.gateway.live.record import Row

OPEN, STORED = ".jsonl", ".stored"
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Row).decode


class Journal:
    """Segments of rows, one a line, in order of their names. The newest is open; a later row of a call replaces an
    earlier one. Raises StorageError where the folder cannot be written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise _refused(folder, error) from error
        self._fresh: dict[str, tuple[float, Row]] = {}
        self._moved: dict[Path, frozenset[str]] = {}
        self._path, self._file = self._open()

    def _open(self) -> tuple[Path, int]:
        path = self._folder / f"{time.time_ns():020d}{OPEN}"
        try:
            return path, os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        except OSError as error:
            raise _refused(path, error) from error

    def put(self, row: Row) -> None:
        """Keep one row; once this returns a kill does not lose it."""
        line = _encode(row) + b"\n"
        try:
            written = os.write(self._file, line)
        except OSError as error:
            raise _refused(self._path, error) from error
        if written != len(line):
            os.write(self._file, b"\n")
            raise StorageError("the journal of ended calls is full", where=str(self._path), hint="free some disk space")
        self._fresh[row.call_id] = (time.monotonic(), row)

    def turn(self, settle_s: float = 0.0) -> Path | None:
        """Close the segment and begin another; None if nothing is in it. Rows younger than `settle_s` move along."""
        if not self._fresh:
            return None
        last = time.monotonic() - settle_s
        young = [row for at, row in self._fresh.values() if settle_s and at > last]
        if len(young) == len(self._fresh):
            return None
        path, file = self._path, self._file
        fresh, self._fresh = self._fresh, {}
        try:
            self._path, self._file = self._open()
            for row in young:
                self.put(row)
        except StorageError:
            self._path, self._file, self._fresh = path, file, fresh
            raise
        os.close(file)
        self._moved[path] = frozenset(row.call_id for row in young)
        return path

    def rows(self, path: Path) -> tuple[list[Row], int]:
        """The rows of a closed segment but those that moved along, and how many lines were torn."""
        rows, torn = read_segment(path)
        moved = self._moved.get(path, frozenset())
        return [row for row in rows if row.call_id not in moved], torn

    def waiting(self) -> list[Path]:
        """Closed segments whose rows are not known to be stored, oldest first."""
        return [path for path in sorted(self._folder.glob(f"*{OPEN}")) if path != self._path]

    def stored(self, path: Path) -> None:
        """The rows of a segment are where they belong; it is kept until `forget`, to know which calls have ended."""
        path.replace(path.with_suffix(STORED))
        self._moved.pop(path, None)

    def settled(self) -> list[Path]:
        """Segments whose rows are stored, oldest first."""
        return sorted(self._folder.glob(f"*{STORED}"))

    def close(self) -> None:
        """Close the open segment; its rows are stored at the next start, if not before."""
        os.close(self._file)
        if not self._fresh:
            self._path.unlink(missing_ok=True)


def read_segment(path: Path) -> tuple[list[Row], int]:
    """The rows of a segment, the last of each call, and how many lines were torn."""
    rows: dict[str, Row] = {}
    torn = 0
    for line in path.read_bytes().splitlines():
        try:
            row = _decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            torn += bool(line)
            continue
        rows[row.call_id] = row
    return list(rows.values()), torn


def _refused(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"the journal of ended calls cannot be written: {error.strerror or error}",
        where=str(path),
        hint="free some disk space, or correct the folder's owner",
    )
