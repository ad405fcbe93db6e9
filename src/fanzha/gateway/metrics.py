"""Decides how what happened is counted for operators: counters, gauges and histograms, one page for all processes.

Each process writes its own small file in a folder that all share (best on a tmpfs), so that counting is one addition
and takes no lock; the page (Prometheus text format 0.0.4) sums the files. Counts of processes that have ended are kept
in one file of their own; their gauges end with them. Labels have values that were declared: never anybody's number.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import re
import secrets
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import blake2b
from itertools import accumulate
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from fanzha.errors import StorageError, UsageError

OTHER = "other"  # the value of a label that was not declared
RETIRED = "ended"
_NAME = re.compile(r"fanzha_[a-z][a-z0-9_]{0,60}")
_VALUE = re.compile(r"(?!.*\d{3})[A-Za-z][A-Za-z0-9_.]{0,40}")
WORD = 8
Words: TypeAlias = "memoryview[float]"


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One declared metric. name: fanzha_..., with its unit. label: "" none; values: all that it may have.

    bounds: upper bounds of a histogram's buckets, ascending. total: of a gauge, whether the page shows the processes'
    sum or the greatest of them.
    """

    name: str
    help: str
    kind: Literal["counter", "gauge", "histogram"] = "counter"
    label: str = ""
    values: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()
    total: Literal["sum", "max"] = "sum"

    @property
    def words(self) -> int:
        """How many words it takes: one a value and one for others; a histogram has its buckets, +Inf and a sum."""
        if self.kind == "histogram":
            return len(self.bounds) + 2
        return len(self.values) + 1 if self.label else 1


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One value that is not counted here but known for the whole host, for the page."""

    name: str
    help: str
    value: float
    kind: Literal["counter", "gauge"] = "gauge"


class Registry:
    """The metrics of one process, and the page of all. Not for several threads at once."""

    def __init__(self, metrics: Sequence[Metric], folder: Path | None = None) -> None:
        """folder: where the processes of one gateway meet; None counts for this process alone.

        Raises UsageError for a name or label that Prometheus or our own rule refuses, StorageError for the folder."""
        _check(metrics)
        self._metrics, self._folder = {metric.name: metric for metric in metrics}, folder
        starts = accumulate((metric.words for metric in metrics), initial=0)
        self._start = dict(zip(self._metrics, starts, strict=False))
        size = sum(metric.words for metric in metrics)
        self._layout = blake2b(msgspec.json.encode(list(metrics)), digest_size=6).hexdigest()
        self._place = {
            (metric.name, value): self._start[metric.name] + at
            for metric in metrics
            for at, value in enumerate(metric.values, start=1)
        }
        self._size = size
        self._words = self._opened()

    def add(self, name: str, value: str = "", amount: float = 1) -> None:
        """Count. A value that was not declared counts as `other`. Raises KeyError for a metric that was not."""
        at = self._place.get((name, value))
        self._words[self._start[name] if at is None else at] += amount

    def put(self, name: str, amount: float) -> None:
        """Set this process's gauge."""
        self._words[self._start[name]] = amount

    def observe(self, name: str, amount: float, times: int = 1) -> None:
        """Count into the histogram's bucket, so many times."""
        start = self._start[name]
        bounds = self._metrics[name].bounds
        at = 0
        for bound in bounds:
            if amount <= bound:
                break
            at += 1
        self._words[start + at] += times
        self._words[start + len(bounds) + 1] += amount * times

    def value(self, name: str, value: str = "") -> float:
        """What the page would show for a counter or a gauge, over all processes."""
        at = self._place.get((name, value), self._start[name])
        total = max if self._metrics[name].total == "max" else sum
        return total(words[at] for words, _ in self._all())

    def page(self, samples: Iterable[Sample] = ()) -> str:
        """All processes' metrics as text, `samples` after them."""
        files = self._all()
        lines: list[str] = []
        for metric in self._metrics.values():
            lines += _head(metric.name, metric.help, metric.kind)
            lines += self._told(metric, files)
        for sample in samples:
            lines += [*_head(sample.name, sample.help, sample.kind), f"{sample.name} {_number(sample.value)}"]
        return "\n".join(lines) + "\n"

    def _told(self, metric: Metric, files: list[tuple[Words, bool]]) -> list[str]:
        start = self._start[metric.name]
        kept = [words for words, alive in files if alive or metric.kind != "gauge"]
        total = max if metric.total == "max" else sum
        sums = [total(words[start + at] for words in kept) for at in range(metric.words)]
        if metric.kind == "histogram":
            rows = zip([*map(_number, metric.bounds), "+Inf"], accumulate(sums[:-1]), strict=True)
            lines = [f'{metric.name}_bucket{{le="{bound}"}} {_number(count)}' for bound, count in rows]
            return [*lines, f"{metric.name}_sum {_number(sums[-1])}", f"{metric.name}_count {_number(sum(sums[:-1]))}"]
        if not metric.label:
            return [f"{metric.name} {_number(sums[0])}"]
        named = [*zip(metric.values, sums[1:], strict=True), *([(OTHER, sums[0])] if sums[0] else [])]
        return [f'{metric.name}{{{metric.label}="{value}"}} {_number(count)}' for value, count in named]

    def _opened(self) -> Words:
        if self._folder is None:
            return memoryview(bytearray(self._size * WORD)).cast("d")
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with _alone(self._folder, fcntl.LOCK_EX):
                self._retire(self._folder)
                self._file = self._folder / f"metrics-{self._layout}-{os.getpid()}-{secrets.token_hex(4)}"
                held = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
                weakref.finalize(self, os.close, held)
                fcntl.flock(held, fcntl.LOCK_EX)  # says that we live, and ends with us
                os.ftruncate(held, self._size * WORD)
        except OSError as error:
            hint = "free some space there, or name another folder"
            raise StorageError(
                f"metrics cannot be kept: {error.strerror}", where=str(self._folder), hint=hint
            ) from None
        return memoryview(mmap.mmap(held, self._size * WORD)).cast("d")

    def _retire(self, folder: Path) -> None:
        """Add the counts of processes that have ended to one file, and remove theirs."""
        kept = folder / f"metrics-{self._layout}-{RETIRED}"
        sums = _read(kept, self._size) or memoryview(bytearray(self._size * WORD)).cast("d")
        total = memoryview(bytearray(sums.tobytes())).cast("d")
        ended = [path for path in folder.glob("metrics-*-*") if path != kept and not _alive(path)]
        for path in ended:
            words = _read(path, self._size) if path.name.startswith(f"metrics-{self._layout}-") else None
            for metric in self._metrics.values() if words is not None else ():
                if metric.kind != "gauge" and words is not None:
                    for at in range(self._start[metric.name], self._start[metric.name] + metric.words):
                        total[at] += words[at]
        part = kept.with_name(f"part-{secrets.token_hex(4)}")
        part.write_bytes(total.tobytes())
        part.replace(kept)
        for path in ended:
            path.unlink(missing_ok=True)

    def _all(self) -> list[tuple[Words, bool]]:
        """The words of every process, and whether it is alive."""
        if self._folder is None:
            return [(self._words, True)]
        found: list[tuple[Words, bool]] = [(self._words, True)]
        with suppress(OSError), _alone(self._folder, fcntl.LOCK_SH):
            for path in sorted(self._folder.glob(f"metrics-{self._layout}-*")):
                words = _read(path, self._size) if path != self._file else None
                if words is not None:
                    found.append((words, not path.name.endswith(RETIRED) and _alive(path)))
        return found


@contextmanager
def _alone(folder: Path, how: int) -> Iterator[None]:
    """While counts are moved from one file to another, nobody sums them."""
    with (folder / "metrics.lock").open("ab") as lock:
        fcntl.flock(lock, how)
        yield


def _check(metrics: Sequence[Metric]) -> None:
    for metric in metrics:
        bad = [value for value in metric.values if not _VALUE.fullmatch(value)]
        if not _NAME.fullmatch(metric.name) or bad:
            raise UsageError(f"metric {metric.name!r}: {bad or 'the name'} cannot be shown")
        if list(metric.bounds) != sorted(metric.bounds) or bool(metric.bounds) != (metric.kind == "histogram"):
            raise UsageError(f"metric {metric.name!r}: a histogram has ascending bounds, nothing else has any")
    if len({metric.name for metric in metrics}) != len(metrics):
        raise UsageError("two metrics have one name")


def _read(path: Path, size: int) -> Words | None:
    with suppress(OSError):
        data = path.read_bytes()
        if len(data) == size * WORD:
            return memoryview(data).cast("d")
    return None


def _alive(path: Path) -> bool:
    """Whether the process that made this file still holds it."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return path.exists()
    return False


def _head(name: str, text: str, kind: str) -> list[str]:
    return [f"# HELP {name} {text}", f"# TYPE {name} {kind}"]


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
