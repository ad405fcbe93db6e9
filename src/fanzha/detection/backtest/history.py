"""Decides what of the lake a backtest reads: the events of one kind of entity, warm-up and all, sorted by entity."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import pyarrow as pa

from fanzha.detection.scan import WARM_UP
from fanzha.errors import StorageError
from fanzha.profiles import feed
from fanzha.profiles.epoch import Activations, activations_of, no_activations
from fanzha.profiles.event import Events
from fanzha.profiles.fields import EntityKind
from fanzha.profiles.spill import Spill
from fanzha.records.lake import Lake

Progress = Callable[[str, float], None]


class History:
    """Events of one kind on temporary disk (about 112 bytes a call); a context manager that removes them."""

    def __init__(
        self,
        lake: Lake,
        kind: EntityKind,
        *,
        network: str,
        start: datetime | None,
        end: datetime | None,
        temporary: Path,
        tell: Progress,
    ) -> None:
        first, last, self.rows = lake.span(network)
        self.kind, self.network = kind, network
        self.begin = int(first.timestamp()) if first else 0
        self.start = start or first or datetime.fromtimestamp(0, UTC)
        self.end = end or (datetime.fromtimestamp(int(last.timestamp()) + 1, UTC) if last else self.start)
        self.known = known_holders(lake, kind, network)
        self.position = lake.position()
        self.calls = 0
        self._spill = _nameless(temporary)
        try:
            self._read(lake, start, tell)
        except BaseException:
            self._spill.__exit__()
            raise

    def __enter__(self) -> History:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._spill.__exit__(kind, error, trace)

    @property
    def events(self) -> int:
        """How many events were read."""
        return self._spill.count

    def bucket(self, number: int) -> Events:
        """The events of one of BUCKETS buckets, sorted by entity, time and arrival; an entity lies in one whole."""
        return self._spill.bucket(number)

    def _read(self, lake: Lake, start: datetime | None, tell: Progress) -> None:
        """Decode, convert and write side by side: all three let go of the interpreter."""
        since = start - WARM_UP if start else None
        batches = lake.scan(feed.COLUMNS, start=since, end=self.end, network=self.network)
        with ThreadPoolExecutor(2) as threads:
            writing: Future[int] | None = None
            for batch, events in _made(batches, self.kind, threads):
                if writing is not None:
                    self.calls += writing.result()
                writing = threads.submit(self._write, events, batch.num_rows)
                tell("read", self.calls / max(1, self.rows))
            if writing is not None:
                self.calls += writing.result()

    def _write(self, events: Events, calls: int) -> int:
        self._spill.add(events)
        return calls


def _nameless(temporary: Path) -> Spill:
    """A spill whose files have no names any more: however the process ends, their gigabytes end with it."""
    try:
        temporary.mkdir(parents=True, exist_ok=True)
        folder = tempfile.mkdtemp(dir=temporary, prefix="backtest-")
    except OSError as error:
        hint = "set FANZHA_HOME to a folder that you own, or free some space"
        raise StorageError(f"cannot write there: {error.strerror}", where=str(temporary), hint=hint) from error
    try:
        return Spill(Path(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _made(
    batches: Iterator[pa.RecordBatch], kind: EntityKind, threads: ThreadPoolExecutor
) -> Iterator[tuple[pa.RecordBatch, Events]]:
    """Each batch with its events, the next one decoded meanwhile."""
    coming = threads.submit(next, batches, None)
    while (batch := coming.result()) is not None:
        coming = threads.submit(next, batches, None)
        yield batch, feed.events_of(feed.call_columns(batch), kind)


def known_holders(lake: Lake, kind: EntityKind, network: str) -> Activations:
    """When numbers changed hands; devices and cells have no holders."""
    if kind != EntityKind.NUMBER:
        return no_activations()
    return activations_of(lake.reference("subscribers", network=network))
