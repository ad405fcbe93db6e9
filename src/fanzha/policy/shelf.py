"""Decides how policy messages lie in a folder: one file a number, whole or not there at all, whenever we are killed."""

from __future__ import annotations

import fcntl
import filecmp
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from fanzha.errors import StorageError

SUFFIX = {"snapshot": ".snapshot", "delta": ".delta"}
_SETTLED_NS = 1_000_000_000
_KEPT = 2  # snapshots: if the newest were damaged, the one before is still good


class Message(NamedTuple):
    """One message on disk."""

    number: int
    path: Path

    @property
    def is_snapshot(self) -> bool:
        """Whether it stands by itself."""
        return self.path.suffix == SUFFIX["snapshot"]


class Shelf:
    """The messages of a folder. Raises StorageError where the disk does not let us."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with self._told():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # it holds people's numbers

    def messages(self) -> list[Message]:
        """By rising number."""
        found = []
        for path in self.folder.iterdir():
            if path.suffix in SUFFIX.values() and path.stem.isdecimal():
                found.append(Message(int(path.stem), path))
        return sorted(found)

    def changed(self) -> int:
        """A figure that differs when a message has come or gone. It is 0 just after a change: another may come within
        the same tick of the clock by which the system dates folders, and would not show.
        """
        stamp = self.folder.stat().st_mtime_ns
        return stamp if time.time_ns() - stamp > _SETTLED_NS else 0

    def spool(self, message: bytes | Path) -> Path:
        """A copy of a message that is not yet taken: what is checked is what will be kept."""
        fresh = self.folder / f".taking.{os.getpid()}"
        with self._told():
            try:
                if isinstance(message, Path):
                    shutil.copyfile(message, fresh)
                else:
                    fresh.write_bytes(message)
            except OSError:
                fresh.unlink(missing_ok=True)
                raise
        return fresh

    def keep(self, fresh: Path, number: int, suffix: str) -> str:
        """Give a spooled message its name: on the disk first, then visible. Killed before that, it never was."""
        path = self._path(number, suffix)
        with self._told():
            _sync(fresh, os.O_RDONLY)
            fresh.rename(path)
            _sync(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        return path.name

    def has(self, fresh: Path, number: int, suffix: str) -> bool:
        """Whether just this message is kept already."""
        path = self._path(number, suffix)
        return path.is_file() and filecmp.cmp(fresh, path, shallow=False)

    def prune(self) -> None:
        """Delete what an older snapshot than the last two would need, and what a killed process left."""
        messages = self.messages()
        snapshots = [message.number for message in messages if message.is_snapshot]
        oldest = snapshots[-_KEPT] if len(snapshots) >= _KEPT else 0
        for message in messages:
            if message.number < oldest:
                message.path.unlink(missing_ok=True)
        for path in (*self.folder.glob(".taking.*"), *self.folder.glob(".fetched.*")):
            path.unlink(missing_ok=True)

    @contextmanager
    def locked(self, name: str = "writer.lock") -> Iterator[None]:
        """Only one process at a time is within; the system frees the lock when that dies."""
        with self._told():
            handle = os.open(self.folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _path(self, number: int, suffix: str) -> Path:
        return self.folder / f"{number:012d}{suffix}"

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StorageError(
                f"the policy cannot be kept (策略无法落盘): {error.strerror or error}",
                where=str(self.folder),
                hint="free some space, or give this user the right to write there; the last good policy stays in force",
            ) from error


def _sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
