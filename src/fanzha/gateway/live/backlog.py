"""Decides what becomes of a switch's report of a call while `fanzha hep` is down or hangs: it waits in a file.

A report is acknowledged once it is in this file (a kill then loses nothing; a power cut may), and brought when somebody
follows calls again. All workers of a gateway share the file, and one of them at a time brings what waits, so that a
call's answer does not come after its end. Bounded: what finds no room is refused, and the switch is told so.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from fanzha.errors import StorageError
from fanzha.gateway.live.event import DialogEvent

_HEAD = 16  # bytes of the first line of a file: where the first report begins that was not brought
_TOGETHER = 64  # reports under way at once; the owner of the live table takes so many of one connection
_CHUNK = 64 * 1024
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(DialogEvent).decode
Take = Callable[[DialogEvent], Awaitable[None]]


class Backlog:
    """Reports that wait. Made with its first one; Raises StorageError where the folder cannot be used."""

    def __init__(self, folder: Path, most: int) -> None:
        """most: bytes that may wait, about 250 a report."""
        self._folder, self._most = folder, most
        self._next, self._now = folder / "next", folder / "now"  # written to; being brought

    @property
    def waiting(self) -> bool:
        """Whether any report waits, of whichever worker."""
        return self._next.exists() or self._now.exists()

    def put(self, event: DialogEvent) -> None:
        """Keep one; once this returns a kill does not lose it."""
        line = _encode(event) + b"\n"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with _locked(self._folder / "lock"):
                self._append(line)
        except OSError as error:
            raise self._refused(error.strerror or str(error)) from error

    def _append(self, line: bytes) -> None:
        file = os.open(self._next, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            size = os.fstat(file).st_size
            held = self._now.stat().st_size if self._now.exists() else 0
            if size + held + len(line) > self._most:
                raise self._refused("there are too many")
            data = line if size else _head(_HEAD) + line
            if os.write(file, data) != len(data):
                os.ftruncate(file, size)
                raise self._refused("the disk is full")
        finally:
            os.close(file)

    async def bring(self, take: Take) -> int:
        """Bring what waits, in order; how many were taken. None where another process is at it. Raises StorageError
        where one could not be taken: it waits on, and all after it."""
        count = 0
        try:
            with _locked(self._folder / "bringing", wait=False):
                while self._turned():
                    count += await self._bring(take)
                    self._now.unlink()
        except BlockingIOError:
            return 0
        except OSError as error:
            raise self._refused(error.strerror or str(error)) from error
        return count

    def _turned(self) -> bool:
        """Whether there is anything to bring; what was written is then closed for it."""
        if self._now.exists():
            return True
        with _locked(self._folder / "lock"):
            if self._next.exists():
                self._next.rename(self._now)
                return True
        return False

    async def _bring(self, take: Take) -> int:
        count = 0
        with self._now.open("r+b", buffering=0) as file:
            at = int(file.read(_HEAD))
            while lines := _lines(file.fileno(), at):
                for start in range(0, len(lines), _TOGETHER):
                    some = lines[start : start + _TOGETHER]
                    events = [event for line in some if (event := _event(line)) is not None]
                    for taken in await asyncio.gather(*(take(event) for event in events), return_exceptions=True):
                        if taken is not None:
                            raise taken
                    at += sum(len(line) for line in some)
                    os.pwrite(file.fileno(), _head(at), 0)
                    count += len(events)
        return count

    def _refused(self, why: str) -> StorageError:
        return StorageError(
            f"reports of calls cannot wait: {why}",
            where=str(self._folder),
            hint="start fanzha hep; free some disk space",
        )


def _head(at: int) -> bytes:
    return b"%015d\n" % at


def _lines(file: int, at: int) -> list[bytes]:
    data = os.pread(file, _CHUNK, at)
    return data[: data.rfind(b"\n") + 1].splitlines(keepends=True)


def _event(line: bytes) -> DialogEvent | None:
    try:
        return _decode(line)
    except msgspec.MsgspecError:  # torn by a power cut
        return None


@contextmanager
def _locked(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Raises BlockingIOError where another process holds it and we are not to wait."""
    with path.open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
