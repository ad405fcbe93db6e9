"""Decides what was counted of a caller and a trunk when a call is judged, true across all processes of a host.

The memory is one file that every process maps (best on a tmpfs), of fixed size; slots.py and ledger.py say what lies in
it. Without a file it is shared with forked children only. After a failover or a restart of the host the counters begin
anew, and every reading says so until they are warm.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
import numpy as np
from msgspec import Meta

from fanzha.errors import StorageError, VocabularyError
from fanzha.gateway import ledger, slots
from fanzha.vocabulary.loader import decode, read

HEAD = 64  # words
MAGIC = 0x46414E5A48410003  # the last digits are the version of the layout
SECOND = 1_000_000
COUNTERS = ("per_minute", "passed_per_minute", "total", "concurrent", "sequential", "duration")
UNKNOWN = ledger.UNKNOWN
_POPULATE_WRITE = 23  # of madvise, Linux 5.14; Python has no name for it
# What of it could not be known, as verdicts name it, by the flags of `ledger.look`.
_MISSING = {
    ledger.EVENTLESS: ("counters.concurrent", "counters.duration"), ledger.RESTARTED: ("counters.restarted",),
    ledger.MAYBE_FORGOTTEN: ("counters.caller",),
}  # fmt: skip
_TOLD_MISSING = tuple(
    tuple(name for flag, names in _MISSING.items() if flags & flag for name in names) for flags in range(32)
)
# What the head counts, by the name of its metric.
TOLD = {
    "evicted": slots.EVICTED, "crowded": slots.CROWDED, "late": slots.LATE, "untracked": slots.UNTRACKED,
    "expired": slots.EXPIRED, "ended": slots.ENDED, "strays": slots.STRAYS, "repeats": slots.REPEATS,
}  # fmt: skip

Positive = Annotated[int, Meta(ge=1)]


class Sizes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The values of counters.yaml, which says what each of them means."""

    source: str
    as_of: date
    callers: Positive
    trunks: Positive
    calls: Positive
    run_gap_minutes: Positive
    ring_limit_seconds: Positive
    talk_limit_hours: Positive
    asked_limit_seconds: Positive
    event_silence_seconds: Positive
    warm_minutes: Positive


@cache
def sizes() -> Sizes:
    """The sizes that ship with Fanzha. Raises VocabularyError where a number of slots is no power of two."""
    document = read(Path(__file__).with_name("counters.yaml"))
    found = decode(document, Sizes)
    for name in ("callers", "trunks", "calls"):
        value = getattr(found, name)
        if value < slots.WAYS or value & (value - 1):
            raise VocabularyError(f"{name}: {value} is no power of two from 8 on", where=document.where(name))
    return found


class Reading(NamedTuple):
    """What is counted, the call asked about included. values: the COUNTERS of the caller, then those of the trunk;
    UNKNOWN where not known. missing: what could not be known, as verdicts name it."""

    values: list[int]
    missing: tuple[str, ...]


def hash_of(text: str) -> int:
    """The key of a call's or a trunk's name: 62 bits, never 0."""
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()) >> 2 | 1


class Counters:
    """Calls a minute, let through a minute, in all, at once, in a row, and seconds talked: per caller and per trunk."""

    def __init__(self, path: Path | None = None, *, now: int, fresh: bool = False, of: Sizes | None = None) -> None:
        """Map the memory at `path`, making it if it is not there, does not fit, or `fresh` is asked for.

        now: UTC microseconds. Raises StorageError where the file cannot be made."""
        self._sizes = of or sizes()
        self.path = path
        with _alone(path):  # of several processes that start at once, one makes the memory
            self._memory = _mapped(path, self.bytes, fresh)
            words = np.frombuffer(self._memory, np.int64)
            self._head, self._callers, self._trunks, self._calls = _parts(words, self._sizes)
            if self._head[0] != MAGIC:
                _prepare(self._head, self._sizes, now)
        self._out = np.zeros(13, np.int64)
        self._values = memoryview(self._out)  # type: ignore[arg-type]
        self._swept = 0
        self._ready(now)

    @property
    def bytes(self) -> int:
        """Size of the memory: it never grows."""
        return bytes_of(self._sizes)

    def _ready(self, now: int) -> None:
        """Load the kernels before the first call waits for them. Nobody's call: nothing is counted of it."""
        self.look(0, 0, 0, 1, now)
        kernel: Any = ledger.record
        spare = [np.zeros(size, np.int64) for size in (HEAD, 8 * slots.WORDS, 8 * slots.WORDS, 8 * ledger.CALL_WORDS)]
        kernel(*spare, 1, 1, 1, 1, now, 1)
        kernel = ledger.heard
        kernel(spare[0], now)
        kernel = ledger.answer
        kernel(spare[0], spare[3], 1, now)
        kernel = ledger.end
        kernel(*spare, 1, now)
        kernel = ledger.sweep
        kernel(*spare, 0, 8, now)

    def populate(self) -> None:
        """Have every page of the memory at hand in this process now, where the system can: the first call to touch one
        would wait for it. Each worker for itself."""
        with suppress(OSError):
            self._memory.madvise(_POPULATE_WRITE)

    def look(self, caller: int, trunk: int, callee: int, call: int, now: int) -> Reading:
        """The counters as they would stand with this call; changes nothing.

        caller, callee: keys of numbers, caller 0 if withheld. trunk, call: `hash_of` their names, trunk 0 unknown."""
        kernel: Any = ledger.look
        kernel(self._head, self._callers, self._trunks, self._calls, caller, trunk, callee, call, now, self._out)
        values = self._values.tolist()
        return Reading(values, _TOLD_MISSING[values.pop()])

    def record(self, caller: int, trunk: int, callee: int, call: int, now: int, passed: bool) -> bool:
        """Count the call once, however often it is asked about; whether it was new."""
        kernel: Any = ledger.record
        args = (caller, trunk, callee, call, now, int(passed))
        return not kernel(self._head, self._callers, self._trunks, self._calls, *args) & ledger.SEEN_BEFORE

    def answered(self, call: int, now: int) -> bool:
        """The edge says that the call was answered; whether it is one of ours."""
        kernel: Any = ledger.answer
        return bool(kernel(self._head, self._calls, call, now))

    def ended(self, call: int, now: int) -> bool:
        """The edge says that the call is over (hung up, CANCEL, busy, failed); whether it was one of ours and open."""
        kernel: Any = ledger.end
        return bool(kernel(self._head, self._callers, self._trunks, self._calls, call, now))

    def heard(self, now: int) -> None:
        """The edge is there and tells of ends, though just now it has none to tell."""
        kernel: Any = ledger.heard
        kernel(self._head, now)

    def forget(self, caller: int) -> bool:
        """Set one caller's counters to nothing, and nobody else's; whether there were any. Its calls in progress stay
        counted, for they will end."""
        kernel: Any = slots.forget
        return bool(kernel(self._callers, self._head, caller))

    def sweep(self, now: int, share: int = 60) -> int:
        """Look through a `share`-th of the calls for those whose end was missed, and end them; how many there were."""
        some = -(-self._sizes.calls // share)
        kernel: Any = ledger.sweep
        gone = kernel(self._head, self._callers, self._trunks, self._calls, self._swept, some, now)
        # The next round begins at the first slot, or some there would be passed over round after round.
        self._swept = self._swept + some if self._swept + some < self._sizes.calls else 0
        return int(gone)

    def told(self) -> dict[str, int]:
        """What all processes have counted together since the counters began, by the names of TOLD."""
        return {name: int(self._head[word]) for name, word in TOLD.items()}


def bytes_of(of: Sizes) -> int:
    """Size of the memory of so many slots."""
    return 8 * (HEAD + (of.callers + of.trunks) * slots.WORDS + of.calls * ledger.CALL_WORDS)


@contextmanager
def _alone(path: Path | None) -> Iterator[None]:
    if path is None:
        yield
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_suffix(".lock").open("wb")
    except OSError as error:
        raise _unmade(path, error) from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _unmade(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"the counters' memory cannot be made: {error.strerror}",
        where=str(path),
        hint="free some space there, or name another folder (a tmpfs such as /dev/shm serves best)",
    )


def _fits(path: Path, size: int) -> bool:
    """Whether the file is counters' memory of this layout and size."""
    if not path.is_file() or path.stat().st_size != size:
        return False
    with path.open("rb") as file:
        return int.from_bytes(file.read(8), sys.byteorder) == MAGIC


def _mapped(path: Path | None, size: int, fresh: bool) -> mmap.mmap:
    if path is None:
        return mmap.mmap(-1, size)
    try:
        if fresh or not _fits(path, size):
            # A new file in place of the old: whoever still has the old one mapped is not torn out of it.
            part = path.with_suffix(f".{os.getpid()}.{secrets.token_hex(4)}")
            with part.open("xb") as made:
                os.fchmod(made.fileno(), 0o600)
                os.posix_fallocate(made.fileno(), 0, size)
            part.replace(path)
        with path.open("r+b") as file:
            return mmap.mmap(file.fileno(), size)
    except OSError as error:
        raise _unmade(path, error) from None


def _parts(words: Any, of: Sizes) -> tuple[Any, ...]:
    edges = np.cumsum([HEAD, of.callers * slots.WORDS, of.trunks * slots.WORDS, of.calls * ledger.CALL_WORDS])
    return tuple(words[start:end] for start, end in zip([0, *edges[:-1]], edges, strict=True))


def _prepare(head: Any, of: Sizes, now: int) -> None:
    head[slots.SALT] = secrets.randbits(62)
    head[slots.RUN_GAP] = of.run_gap_minutes * 60 * SECOND
    head[slots.RING_LIMIT] = of.ring_limit_seconds * SECOND
    head[slots.TALK_LIMIT] = of.talk_limit_hours * 3600 * SECOND
    head[slots.ASKED_LIMIT] = of.asked_limit_seconds * SECOND
    head[slots.CREATED], head[slots.WARM], head[slots.SILENCE] = (
        now,
        of.warm_minutes * 60 * SECOND,
        of.event_silence_seconds * SECOND,
    )
    head[0] = MAGIC
