"""Decides how a history larger than memory is brought into the order of its keys: hash buckets on temporary disk."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from fanzha.errors import StorageError
from fanzha.profiles.contacts import mix
from fanzha.profiles.event import EVENT, Events
from fanzha.profiles.kernel import allocating, kernel

BUCKETS = 64


@allocating
def _scatter(events: np.ndarray, out: np.ndarray) -> NDArray[np.int64]:
    """Copy events into `out` grouped by bucket, keeping their order; the groups' bounds, int64[BUCKETS + 1]."""
    n = events.shape[0]
    bucket = np.empty(n, np.uint8)
    bounds = np.zeros(BUCKETS + 1, np.int64)
    for i in range(n):
        b = mix(events[i].key) >> 20 & (BUCKETS - 1)
        bucket[i] = b
        bounds[b + 1] += 1
    for b in range(BUCKETS):
        bounds[b + 1] += bounds[b]
    at = bounds.copy()
    for i in range(n):
        out[at[bucket[i]]] = events[i]
        at[bucket[i]] += 1
    return bounds


@kernel
def _order_runs(events: np.ndarray, order: NDArray[np.int64], by_time: bool) -> None:
    """Within each key, sort by (time, seq) or by seq; equal places keep their order."""
    n = order.shape[0]
    for i in range(1, n):
        e = order[i]
        key, t, seq = events[e].key, np.int64(events[e].t), events[e].seq
        j = i - 1
        while j >= 0:
            f = order[j]
            if events[f].key != key:
                break
            if by_time:
                u = np.int64(events[f].t)
                if u < t or (u == t and events[f].seq <= seq):
                    break
            elif events[f].seq <= seq:
                break
            order[j + 1] = f
            j -= 1
        order[j + 1] = e


def by_key(events: Events, *, by_time: bool) -> Events:
    """The same events sorted by key, then by (time, seq) or by seq alone."""
    rough = np.lexsort((events["seq"], events["key"])) if not by_time else np.lexsort((events["t"], events["key"]))
    order = rough.astype(np.int64)
    _order_runs(events, order, by_time)
    return events[order]


def _write(file: BinaryIO, data: memoryview) -> None:
    """All of it: a disk that is nearly full takes a part of a write and says so by its length alone."""
    while data:
        data = data[file.write(data) :]


def _refused(error: OSError, folder: Path) -> StorageError:
    hint = "free disk space (a call takes up to 112 bytes for each kind of entity), or set FANZHA_HOME elsewhere"
    return StorageError(f"cannot write temporary events: {error.strerror}", where=str(folder), hint=hint)


class Spill:
    """Events of one kind, scattered over bucket files under a folder; a context manager that gives their space back.

    The files have no names: however the process ends, their gigabytes end with it. Raises StorageError.
    """

    def __init__(self, folder: Path) -> None:
        self._where = folder
        self._files: list[BinaryIO] = []
        self.count = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for _ in range(BUCKETS):
                file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - closed by __exit__
                self._files.append(file)
        except OSError as error:
            self.__exit__()
            raise _refused(error, folder) from error

    def __enter__(self) -> Spill:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files:
            file.close()

    def add(self, events: Events) -> None:
        """Write these events to their buckets, in order."""
        grouped = np.empty_like(events)
        bounds = _scatter(events, grouped)
        try:
            for b, file in enumerate(self._files):
                _write(file, memoryview(grouped[bounds[b] : bounds[b + 1]]).cast("B"))
        except OSError as error:
            raise _refused(error, self._where) from error
        self.count += len(events)

    def bucket(self, number: int, *, by_time: bool = True) -> Events:
        """All events of one bucket, sorted by key."""
        file = self._files[number]
        file.seek(0)
        return by_key(np.fromfile(file, dtype=EVENT), by_time=by_time)

    def buckets(self, *, by_time: bool = True) -> Iterator[Events]:
        """Every bucket in turn; a key lies in one bucket whole."""
        for number in range(BUCKETS):
            yield self.bucket(number, by_time=by_time)
