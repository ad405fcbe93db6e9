"""Decides what of the lake a backtest reads: the events of one kind of entity, warm-up and all, sorted by entity."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fanzha.detection.scan import WARM_UP
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
        self.temporary = temporary
        self.calls = 0
        self._spill: Spill | None = None
        try:
            self._read(lake, start, tell)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        self.position = _last(lake, start, self.end, network)

    def __enter__(self) -> History:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._spill is not None:
            self._spill.__exit__(kind, error, trace)

    @property
    def events(self) -> int:
        """How many events were read."""
        return self._spill.count if self._spill else 0

    def bucket(self, number: int) -> Events:
        """The events of one of BUCKETS buckets, sorted by entity, time and arrival; an entity lies in one whole."""
        assert self._spill is not None
        return self._spill.bucket(number)

    def shown(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """The entities as outsiders know them."""
        return keys

    def _read(self, lake: Lake, start: datetime | None, tell: Progress) -> None:
        """Decode, convert and write side by side: all three let go of the interpreter."""
        self._spill = Spill(self.temporary)
        since = start - WARM_UP if start else None
        batches = lake.scan(feed.COLUMNS, start=since, end=self.end, network=self.network)
        with ThreadPoolExecutor(2) as threads:
            writing: Future[int] | None = None
            for batch, events in _made(batches, self.kind, threads):
                if writing is not None:
                    self.calls += writing.result()
                writing = threads.submit(_write, self._spill, events, batch.num_rows)
                tell("read", self.calls / max(1, self.rows))
            if writing is not None:
                self.calls += writing.result()


def _last(lake: Lake, start: datetime | None, end: datetime, network: str) -> int:
    """The seq of the last call of the stretch and its warm-up: what came in for other days changes no report."""
    batches = lake.scan(("seq",), start=start - WARM_UP if start else None, end=end, network=network)
    return max((int(batch.column("seq").to_numpy().max()) for batch in batches), default=0)


def _write(spill: Spill, events: Events, calls: int) -> int:
    spill.add(events)
    return calls


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
