"""Decides which verdicts are kept, how long, and how one is found again: each is a record, joined by its call's key.

Each process appends to a segment of its own (segment.py) and closes it after some minutes; the lake takes in the closed
ones. What a killed process left open is cut at its last whole line by the next one to start. A full disk loses
verdicts, never calls: what was lost, removed or cut is counted. Nothing waits for the disk (a call would): what the
system had not yet written is lost with the power.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from functools import cache
from heapq import heapify, heappop
from itertools import islice
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from fanzha.errors import StorageError
from fanzha.gateway.segment import MAGIC, Line, frame, lines, search, whole
from fanzha.vocabulary.loader import decode, read

SECOND = 1_000_000
_LOOKED_AT = 32  # files at one tick
_CLOSED = re.compile(r"verdicts-(\d{16})-[0-9a-f]+\.(\d+)\.seg")  # first microsecond, name, lines
_BEGUN = re.compile(r"verdicts-(\d{16})-")

Positive = Annotated[int, Meta(ge=1)]


class LogLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The values of verdictlog.yaml, which says what each of them means."""

    source: str
    as_of: date
    most_bytes: Positive
    most_hours: Positive
    segment_bytes: Positive
    segment_seconds: Positive
    unclosed_seconds: Positive
    batch_bytes: Positive
    batch_seconds: Annotated[float, Meta(gt=0)]
    recent: Positive


@cache
def log_limits() -> LogLimits:
    """The limits that ship with Fanzha."""
    return decode(read(Path(__file__).with_name("verdictlog.yaml")), LogLimits)


class VerdictLog:
    """The verdicts of one process, and how all processes' are found. Times are UTC microseconds, given by the caller.

    counts: written, failed (batches' lines that the disk refused), removed (lines too old or too many), torn (segments
    cut at their last whole line).
    """

    def __init__(self, folder: Path, *, now: int, of: LogLimits | None = None) -> None:
        """Repair what dead processes left open. Raises StorageError where the folder cannot be used."""
        self._folder, self._limits = folder, of or log_limits()
        self.counts: Counter[str] = Counter()
        self._batch: list[bytes] = []
        self._batch_bytes, self._batch_since = 0, 0
        self._recent: deque[Line] = deque(maxlen=self._limits.recent)
        self._file: int | None = None
        self._trimming: Iterator[None] = iter(())
        self._path, self._since, self._size, self._lines = folder, now, 0, 0
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with _alone(folder):
                self._repair()
                self._open(now)
        except OSError as error:
            hint = "free some space there, or name another folder"
            raise StorageError(f"verdicts cannot be kept: {error.strerror}", where=str(folder), hint=hint) from None

    def append(self, line: Line, key_hash: int, now: int) -> None:
        """Keep one verdict; it is on the disk after the next `tick`, or when the batch is full. Never raises."""
        try:
            made = frame(line, key_hash)
        except (UnicodeEncodeError, OverflowError):  # half a surrogate pair, a figure beyond 64 bits: no file holds it
            self.counts["failed"] += 1
            return
        if not self._batch:
            self._batch_since = now
        self._batch.append(made)
        self._batch_bytes += len(made)
        self._recent.append(line)
        if self._batch_bytes >= self._limits.batch_bytes:
            self.flush()

    def tick(self, now: int) -> None:
        """What is due: write the batch, close the segment, remove the oldest. To be called some times a second."""
        if self._batch and now - self._batch_since >= self._limits.batch_seconds * SECOND:
            self.flush()
        old = now - self._since >= self._limits.segment_seconds * SECOND
        if self._file is None or (self._lines and (old or self._size >= self._limits.segment_bytes)):
            try:
                with _alone(self._folder, wait=False):
                    self._close()
                    self._open(now)
                self._trimming = self._trim(now)
            except BlockingIOError:
                pass  # another process is at it: the next tick will do
            except OSError:
                self.counts["faults"] += 1  # tried again at the next tick
        for _ in islice(self._trimming, _LOOKED_AT):
            pass

    def flush(self) -> None:
        """Write the batch. What the disk refuses is counted and forgotten, and the segment stays whole."""
        data, count = b"".join(self._batch), len(self._batch)
        self._batch, self._batch_bytes = [], 0
        if not count:
            return
        try:
            if self._file is None or os.write(self._file, data) != len(data):
                raise OSError("written in part")
        except OSError:
            self.counts["failed"] += count
            if self._file is not None:
                with suppress(OSError):
                    os.ftruncate(self._file, self._size)
            return
        self._size += len(data)
        self._lines += count
        self.counts["written"] += count

    def close(self) -> None:
        """Write and close the segment, for the lake to take in."""
        self.flush()
        with suppress(OSError):
            self._close()

    def said(self, key: str, most: int = 100) -> list[Line]:
        """What was said about the call of this key, newest first; of other processes up to their last batch.

        May be asked in another thread than the one that appends."""
        found = {line.verdict: line for line in find(self._folder, key, most)}
        found |= {line.verdict: line for line in self._recent.copy() if line.call.key == key}
        return sorted(found.values(), key=lambda line: -line.verdict.at)[:most]

    def _open(self, now: int) -> None:
        self._path = self._folder / f"verdicts-{now:016d}-{os.getpid():x}{secrets.token_hex(3)}.open"
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)  # says that we live
        os.write(file, MAGIC)
        self._file, self._since, self._size, self._lines = file, now, len(MAGIC), 0

    def _close(self) -> None:
        file, self._file = self._file, None
        if file is None:
            return
        try:
            if self._lines:
                self._path.rename(self._path.with_suffix(f".{self._lines}.seg"))
            else:
                self._path.unlink()
        finally:
            os.close(file)

    def __del__(self) -> None:
        if getattr(self, "_file", None) is not None:
            self.close()

    def _repair(self) -> None:
        for path in self._folder.glob("verdicts-*.open"):
            with suppress(FileNotFoundError):  # its process ends just now, and has closed it
                self._repair_one(path)

    def _repair_one(self, path: Path) -> None:
        with path.open("r+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return  # its process lives
            data = file.read()
            end, count = whole(data)
            if end < len(data):
                self.counts["torn"] += 1
                file.truncate(end)
            if count:
                path.rename(path.with_suffix(f".{count}.seg"))
            else:
                path.unlink()

    def _trim(self, now: int) -> Iterator[None]:
        """Remove the oldest closed segments, until the rest is neither too large nor too old; a file a step, for a week
        of them takes 50 ms to look at, and a call would wait. Several processes may be at it."""
        held: list[tuple[str, int]] = []
        total = 0
        with suppress(OSError):
            with os.scandir(self._folder) as entries:
                for entry in entries:
                    with suppress(FileNotFoundError):
                        size = entry.stat().st_size
                        total += size
                        if _CLOSED.fullmatch(entry.name):
                            held.append((entry.name, size))
                    yield
            heapify(held)
            while held:
                name, size = heappop(held)
                named = _CLOSED.fullmatch(name)
                assert named is not None
                old = now - int(named[1]) > self._limits.most_hours * 3600 * SECOND
                if not old and total <= self._limits.most_bytes:
                    return  # and all others are younger
                total -= size
                with suppress(FileNotFoundError):
                    (self._folder / name).unlink()
                    self.counts["removed"] += int(named[2])
                yield


def segments(folder: Path, *, closed: bool = False) -> list[Path]:
    """The segments of all processes by the time they were begun; `closed` only those that nobody writes any more."""
    return sorted(folder.glob("verdicts-*.seg" if closed else "verdicts-*.[so]*"))


def begun_at(path: Path) -> int | None:
    """When a segment was begun, UTC microseconds; None for a file that no log of ours has named."""
    named = _BEGUN.match(path.name)
    return None if named is None else int(named[1])


def verdicts(folder: Path, *, closed: bool = False) -> Iterator[Line]:
    """Every verdict that is kept, segment by segment. Raises OSError for one that cannot be read."""
    for path in segments(folder, closed=closed):
        yield from lines(path)


def find(folder: Path, key: str, most: int = 100) -> Iterator[Line]:
    """What was written down about the call of this key, newest segment first; about `most` lines."""
    count = 0
    for path in reversed(segments(folder)):
        found = _search(path, key)
        yield from found
        count += len(found)
        if count >= most:
            return


def _search(path: Path, key: str) -> list[Line]:
    with suppress(OSError):
        if not path.exists():  # closed since it was listed, or removed
            path = next(path.parent.glob(f"{path.stem}.*.seg"), path)
        return search(path, key)
    return []


@contextmanager
def _alone(folder: Path, *, wait: bool = True) -> Iterator[None]:
    """Of several processes, one repairs or removes at a time. Raises BlockingIOError where we are not to wait."""
    with (folder / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
