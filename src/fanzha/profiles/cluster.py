"""Decides how events travel through Spark: one row each, brought to their key and put in order, so a replay can follow.

Plain integer columns only: Spark has no unsigned numbers, and what it makes of decimals and of milliseconds differs
silently from Arrow (DECIMAL, TIMESTAMP_MILLIS).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fanzha.profiles import contacts, feed
from fanzha.profiles.event import EVENT, OUTGOING, Events
from fanzha.profiles.fields import EntityKind
from fanzha.profiles.spill import BUCKETS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_WIDE = ("key", "peer", "place", "gear", "seq", "t", "talk")
_NARROW = ("ring", "flags", "kind")
_MARKS = ("side", "bucket")
ROW = ", ".join(
    [
        "entity tinyint",
        *(f"{name} bigint" for name in _WIDE),
        *(f"{name} int" for name in _NARROW),
        *(f"{name} tinyint" for name in _MARKS),
    ]
)
Batches = Iterable[pa.RecordBatch]


def to_events(kinds: tuple[EntityKind, ...]) -> Callable[[Batches], Iterator[pa.RecordBatch]]:
    """For mapInArrow: calls of `feed.COLUMNS` become rows of `ROW`: side 0 the caller's, bucket as `Spill` has it."""

    def run(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            calls = feed.call_columns(batch)
            for kind in kinds:
                yield _row_batch(feed.events_of(calls, kind), kind)

    return run


def _row_batch(events: Events, kind: EntityKind) -> pa.RecordBatch:
    columns = {"entity": np.full(len(events), kind, np.int8)}
    columns |= {name: np.ascontiguousarray(events[name]).astype(np.int64) for name in _WIDE}
    columns |= {name: np.ascontiguousarray(events[name]).astype(np.int32) for name in _NARROW}
    columns["side"] = ((columns["flags"] & OUTGOING) == 0).astype(np.int8)
    columns["bucket"] = buckets_of(np.ascontiguousarray(events["key"]))
    return pa.RecordBatch.from_arrays([pa.array(column) for column in columns.values()], list(columns))


def buckets_of(keys: NDArray[np.int64]) -> NDArray[np.int8]:
    """The bucket that `Spill` puts each key in: `contacts.mix`, a column at a time."""
    mixed = keys.astype(np.uint64) * contacts._MIX
    mixed ^= mixed >> np.uint64(29)
    mixed = (mixed * contacts._MIX) >> np.uint64(20)
    return (mixed.astype(np.int64) >> 20 & (BUCKETS - 1)).astype(np.int8)


def by_bucket(events: DataFrame) -> DataFrame:
    """Rows of `ROW` by bucket, each whole in one partition and in the order of `Spill.bucket`."""
    return events.repartition(BUCKETS, "bucket").sortWithinPartitions("bucket", "key", "t", "seq", "side")


def whole_buckets(batches: Batches) -> Iterator[tuple[int, Events]]:
    """Sorted rows of `by_bucket` as (bucket, its events)."""
    held: list[Events] = []
    number = -1
    for batch in batches:
        for bucket in batch.column("bucket").unique().to_pylist():
            if held and bucket != number:
                yield number, np.concatenate(held)
                held = []
            number = bucket
            held.append(_events_of(batch.filter(pc.equal(batch.column("bucket"), bucket))))
    if held:
        yield number, np.concatenate(held)


def by_key(events: DataFrame, partitions: int, *, by_time: bool) -> DataFrame:
    """Rows of `ROW` as `spill.by_key` has them: a key whole in one partition, sorted by (time, seq) or by seq alone."""
    moment = ["t"] if by_time else []
    return events.repartition(partitions, "entity", "key").sortWithinPartitions("entity", "key", *moment, "seq", "side")


def whole_keys(batches: Batches) -> Iterator[tuple[EntityKind, Events]]:
    """Sorted rows as events of one kind at a time; a key is never cut, however many batches it fills."""
    held: list[Events] = []
    kind = EntityKind.NUMBER
    for batch in batches:
        for entity, events in _by_kind(batch):
            if held and entity != kind:
                yield kind, np.concatenate(held)
                held = []
            kind, last = entity, _last_key(events)
            if last > 0 or (held and held[-1]["key"][-1] != events["key"][0]):
                yield kind, np.concatenate([*held, events[:last]])
                held = []
            held.append(events[last:])
    if held:
        yield kind, np.concatenate(held)


def _by_kind(batch: pa.RecordBatch) -> Iterator[tuple[EntityKind, Events]]:
    for entity in batch.column("entity").unique().to_pylist():
        yield EntityKind(entity), _events_of(batch.filter(pc.equal(batch.column("entity"), entity)))


def _last_key(events: Events) -> int:
    """Where the run of the last key begins."""
    changes: NDArray[np.int64] = np.flatnonzero(np.diff(events["key"]))
    return int(changes[-1]) + 1 if len(changes) else 0


def _events_of(batch: pa.RecordBatch) -> Events:
    events = np.zeros(batch.num_rows, EVENT)
    for name in (*_WIDE, *_NARROW):
        events[name] = batch.column(name).to_numpy(zero_copy_only=False)
    return events
