"""Decides what is kept of every tear-down: who, why, when, with which outcome, and the call-backs the desk must take.

Two append-only files, one JSON object a line, readable by their owner only: numbers stand in them in full.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from fanzha.errors import StorageError
from fanzha.gateway.live.livecalls import Party
from fanzha.gateway.release.ticket import Ticket

T = TypeVar("T")


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """One tear-down: written as `commanded` before anything is done, and again with its outcome. Last line holds.

    id: hash of the call and its tags. who: a person, or "rule". rule: "id@version", entry: of the policy, "" if none.
    """

    id: str
    call: str
    at: int
    who: str
    why: str
    result: str
    caller: str | None = None
    callee: str = ""
    rule: str = ""
    entry: str = ""
    policy_version: int = 0
    proof: str = ""
    attempts: int = 0
    micros: int = 0
    ticket: str = ""
    victim: Party = "callee"


class Lines(Generic[T]):
    """An append-only file of one kind of object."""

    def __init__(self, path: Path, kind: type[T]) -> None:
        """Makes the file. Raises StorageError."""
        self._path = path
        self._decode = msgspec.json.Decoder(kind).decode
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            size = os.fstat(self._file).st_size
            if size and os.pread(self._file, 1, size - 1) != b"\n":
                os.write(self._file, b"\n")  # a torn last line ends here
        except OSError as error:
            raise _refused(path, error) from error

    def append(self, value: T, *, sync: bool = True) -> None:
        """Write one: a kill does not lose it, and once synced no power cut does. Raises StorageError."""
        try:
            os.write(self._file, msgspec.json.encode(value) + b"\n")
            if sync:
                os.fsync(self._file)
        except OSError as error:
            raise _refused(self._path, error) from error

    def after(self, cursor: int) -> Iterator[tuple[int, T]]:
        """Objects after a cursor (0: all), each with the cursor that follows it. Torn lines are passed over."""
        with self._path.open("rb") as file:
            file.seek(cursor)
            for line in file:
                cursor += len(line)
                try:
                    yield cursor, self._decode(line)
                except msgspec.MsgspecError:
                    continue

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


class Ledger:
    """The releases and tickets of one folder."""

    def __init__(self, folder: Path) -> None:
        """Raises StorageError."""
        self._releases = Lines(folder / "releases.jsonl", Release)
        self.tickets = Lines(folder / "tickets.jsonl", Ticket)
        self._last: dict[str, Release] = {release.id: release for _, release in self._releases.after(0)}

    def note(self, release: Release) -> None:
        """Write a tear-down down. A command is not synced: the disk would take longer than the cut."""
        self._releases.append(release, sync=release.result != "commanded")
        self._last[release.id] = release

    def of(self, id: str) -> Release | None:  # noqa: A002 - the field's name
        """What was last written of a tear-down."""
        return self._last.get(id)

    def of_call(self, call: str) -> Release | None:
        """The newest tear-down of a call."""
        return next((each for each in reversed(self._last.values()) if each.call == call), None)

    def unfinished(self) -> list[Release]:
        """Commanded, and then nothing: we died in between."""
        return [release for release in self._last.values() if release.result == "commanded"]

    def close(self) -> None:
        """Close the files."""
        self._releases.close()
        self.tickets.close()


def _refused(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"tear-downs cannot be written down: {error.strerror or error}", where=str(path), hint="free some disk space"
    )
