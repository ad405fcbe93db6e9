"""Decides how a backtest is done on Spark: workers walk whole buckets with the same walker; the report is told here."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fanzha.detection.backtest.history import History, Progress
from fanzha.detection.backtest.honest import HonestKinds
from fanzha.detection.backtest.run import Reads, Walks
from fanzha.detection.backtest.trial import Plan, Trial, Walker
from fanzha.detection.cluster import calls_of, refusals
from fanzha.detection.cluster import on_spark as judging
from fanzha.detection.scan import WARM_UP, Engine
from fanzha.profiles import cluster, feed
from fanzha.profiles.epoch import Activations
from fanzha.profiles.event import Events
from fanzha.records.lake import Lake
from fanzha.records.storage import reader

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_FOUND = "bucket int, events bigint, part binary"  # a bucket's part, or, as bucket -1, a partition's hardest cases


def on_spark(session: SparkSession) -> tuple[Reads, Walks, Engine]:
    """Who reads, who walks, and who judges the first stage for a rule of the second, for `run`."""
    return partial(_Stretch, session), _Walker, judging(session)


class _Stretch(History):
    """A stretch of the lake that workers read; nothing is brought here but how many calls it holds."""

    def __init__(self, session: SparkSession, *arguments: Any, **more: Any) -> None:
        self.session = session
        self.total = 0
        super().__init__(*arguments, **more)

    @property
    def events(self) -> int:
        return self.total

    def _read(self, lake: Lake, start: datetime | None, tell: Progress) -> None:
        since = start - WARM_UP if start else None
        self.lake = lake
        with refusals(self.session), reader(lake.root):
            self.frame = calls_of(self.session, lake, feed.COLUMNS, self.network, since, self.end)
            self.calls = self.frame.count()
        tell("read", 1.0)


@dataclass
class _Given:
    """What a walker asks of a history, on a worker that has one bucket at a time."""

    begin: int
    start: datetime
    known: Activations
    at_hand: Events | None = None

    def shown(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        return keys

    def bucket(self, _number: int) -> Events:
        assert self.at_hand is not None
        return self.at_hand


class _Walker(Walker):
    """Lets workers walk; puts together what they found as if it had been walked here."""

    def run(self, tell: Progress) -> Trial:
        history = self.history
        assert isinstance(history, _Stretch)
        session = history.session
        known = session.sparkContext.broadcast(tuple(history.known))
        walk = _Walk(self.plan, self.kinds, history.begin, history.start, known)
        tell("judge", 0.0)
        with refusals(session), reader(history.lake.root):
            events = history.frame.mapInArrow(cluster.to_events((history.kind,)), cluster.ROW)
            rows = cluster.by_bucket(events).mapInArrow(walk, _FOUND).collect()
        history.total = sum(row.events for row in rows)
        parts = [pickle.loads(row.part) for row in sorted(rows, key=lambda row: row.bucket) if row.bucket >= 0]
        cases = [case for row in rows if row.bucket < 0 for case in pickle.loads(row.part)]
        self.hardest = sorted(cases, key=lambda case: (-case.hours, -case.tie))[: self.costs.hardest]
        tell("judge", 1.0)
        return self.put_together(parts)


@dataclass(frozen=True)
class _Walk:
    """For mapInArrow: sorted events of whole buckets become parts of a trial."""

    plan: Plan
    kinds: HonestKinds
    begin: int
    start: datetime
    known: Any  # a Spark broadcast of Activations, as a plain tuple

    def __call__(self, batches: cluster.Batches) -> Iterator[pa.RecordBatch]:
        given = _Given(self.begin, self.start, Activations(*self.known.value))
        walker = Walker(self.plan, given, self.kinds)  # type: ignore[arg-type]
        for number, events in cluster.whole_buckets(batches):
            given.at_hand = events
            yield _row(number, len(events), walker.bucket(number))
        yield _row(-1, 0, walker.hardest)


def _row(bucket: int, events: int, part: object) -> pa.RecordBatch:
    columns = [pa.array([bucket], pa.int32()), pa.array([events], pa.int64()), pa.array([pickle.dumps(part)])]
    return pa.RecordBatch.from_arrays(columns, ["bucket", "events", "part"])
