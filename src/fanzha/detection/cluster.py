"""Decides how Spark does the first stage of a scan: the same kernel as here, over the same files, on many machines.

Workers read the lake's Parquet files, so the lake must lie where all of them see it under the same path. What comes
back is small: firings with their snapshots, facts, long calls, false callers. The rest of a scan is done here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from fanzha.detection import bridge, screen
from fanzha.detection.judge import FIRING, Code, Findings, joined, make_sink, nothing, replay_all
from fanzha.detection.pack import Pack
from fanzha.detection.scan import COLUMNS, Engine, FirstStage, Job, codes_of
from fanzha.errors import StorageError
from fanzha.numbering import TrunkContract
from fanzha.profiles import cluster, feed
from fanzha.profiles.epoch import Activations, no_activations
from fanzha.profiles.event import EVENT, Events
from fanzha.profiles.fields import FIELD_COUNT, EntityKind
from fanzha.profiles.layout import RECENT
from fanzha.profiles.trace import single_store
from fanzha.records.contract import CALLS
from fanzha.records.lake import Lake
from fanzha.records.storage import reader

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_SINK_ROWS = 20_000
_FOUND = "entity tinyint, events bigint, firings binary, vectors binary, recent binary, facts binary"
_ASIDE = "calls bigint, held binary, callers binary, rules binary"
_SPARK = {"int8": "tinyint", "int16": "smallint", "int32": "int", "int64": "bigint", "bool": "boolean"}


def on_spark(session: SparkSession, partitions: int = 0) -> Engine:
    """An engine for `scan`. partitions: pieces to judge side by side, 0 for two a core of the cluster."""

    def first_stage(job: Job) -> FirstStage:
        pieces = partitions or 2 * session.sparkContext.defaultParallelism
        with reader(job.lake.root):  # no file goes away while workers read
            return _first_stage(session, job, pieces)

    return first_stage


@contextmanager
def refusals(session: SparkSession) -> Iterator[None]:
    """Spark raises whatever Java did; it becomes a StorageError that says what to look at."""
    try:
        yield
    except Exception as error:
        raise StorageError(
            f"Spark could not do it: {str(error).splitlines()[0] if str(error) else type(error).__name__}",
            where=str(session.sparkContext.master),
            hint="every worker must see the lake under the same path and have this version of fanzha installed",
        ) from error


def _first_stage(session: SparkSession, job: Job, partitions: int) -> FirstStage:
    judge = _Judge(codes_of(job.pack), session.sparkContext.broadcast(tuple(job.known)), job.begun)
    with refusals(session):
        calls = calls_of(session, job.lake, COLUMNS, job.network, job.start, job.end, job.up_to_seq)
        job.tell("read", 0.0)
        aside = calls.mapInArrow(_Aside(job.pack, job.contracts, by_time=job.by_time), _ASIDE).collect()
        job.tell("judge", 0.5)
        events = calls.select(*feed.COLUMNS).mapInArrow(cluster.to_events(job.kinds), cluster.ROW)
        rows = cluster.by_key(events, partitions, by_time=job.by_time).mapInArrow(judge, _FOUND).collect()
    judged = {kind: _in_local_order([row for row in rows if row.entity == kind]) for kind in job.kinds}
    held = [np.zeros(0, EVENT), *(np.frombuffer(row.held, EVENT) for row in aside)]
    callers = screen.all_hits([screen.Screen(job.pack, job.contracts).none(), *map(_hits, aside)])
    counted = sum(row.calls for row in aside), sum(row.events for row in rows)
    return FirstStage(judged, np.concatenate(held), callers, *counted)


def calls_of(
    session: SparkSession,
    lake: Lake,
    columns: Sequence[str],
    network: str,
    start: datetime | None,
    end: datetime | None,
    up_to_seq: int | None = None,
) -> DataFrame:
    """A network's calls started in [start, end), in no order. The caller keeps a reader's lock on the lake."""
    low, high = _micros(start), _micros(end)
    parts = lake.manifest.parts("calls", network=network, start=low, end=high)
    paths = [(lake.root / part.path).as_uri() for part in parts]
    schema = ", ".join(f"{name} {_type(CALLS.field(name).type)}" for name in columns)
    frame = session.read.schema(schema).parquet(*paths)
    if low is not None:
        frame = frame.where(f"unix_micros(started) >= {low}")
    if high is not None:
        frame = frame.where(f"unix_micros(started) < {high}")
    return frame if up_to_seq is None else frame.where(f"seq <= {up_to_seq}")


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else int(pa.scalar(moment, pa.timestamp("us", "UTC")).value)


def _type(kind: pa.DataType) -> str:
    return "timestamp" if pa.types.is_timestamp(kind) else _SPARK.get(str(kind), "string")


class _Aside:
    """For mapInArrow: what of the calls is not judged by key, one row a batch."""

    def __init__(self, pack: Pack, contracts: Any, *, by_time: bool) -> None:
        self._pack, self._by_time = pack, by_time
        self._contracts: dict[str, TrunkContract] = dict(contracts)

    def __call__(self, batches: cluster.Batches) -> Iterator[pa.RecordBatch]:
        callers = screen.Screen(self._pack, self._contracts, by_time=self._by_time)
        for batch in batches:
            held = bridge.long_calls(feed.call_columns(batch), self._pack.words.bridge.talk_s)
            hits = callers.hits(batch)
            row = {
                "calls": batch.num_rows,
                "held": held.tobytes(),
                "callers": _packed(hits.calls),
                "rules": hits.rule.astype(np.int64).tobytes(),
            }
            yield pa.RecordBatch.from_pylist([row])


def _packed(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    packed: bytes = sink.getvalue().to_pybytes()
    return packed


def _hits(row: Any) -> screen.Hits:
    return screen.Hits(pa.ipc.open_stream(row.callers).read_all(), np.frombuffer(row.rules, np.int64))


@dataclass(frozen=True)
class _Judge:
    """For mapInArrow: sorted events of whole keys become findings, as `scan.Replay` makes them here."""

    codes: dict[EntityKind, Code]
    known: Any  # a Spark broadcast of Activations, as a plain tuple
    begun: int

    def __call__(self, batches: cluster.Batches) -> Iterator[pa.RecordBatch]:
        known = Activations(*self.known.value)
        tools: dict[EntityKind, Any] = {}
        for kind, events in cluster.whole_keys(batches):
            if kind not in tools:
                tools[kind] = single_store(kind, self.begun), make_sink(_SINK_ROWS, int(self.codes[kind].bounds[3]))
            store, sink = tools[kind]
            told = known if kind == EntityKind.NUMBER else no_activations()
            yield _found(kind, len(events), replay_all(store, events, told, self.codes[kind], sink))


def _found(kind: EntityKind, events: int, found: Findings) -> pa.RecordBatch:
    blobs = {name: np.ascontiguousarray(getattr(found, name)).tobytes() for name in Findings._fields}
    row = {"entity": int(kind), "events": events, **blobs}
    types = [pa.int8(), pa.int64(), *([pa.binary()] * len(blobs))]
    columns = [pa.array([value], type_) for value, type_ in zip(row.values(), types, strict=True)]
    return pa.RecordBatch.from_arrays(columns, list(row))


def _read(row: Any) -> Findings:
    return Findings(
        np.frombuffer(row.firings, FIRING).copy(),
        np.frombuffer(row.vectors, np.float64).reshape(-1, FIELD_COUNT),
        np.frombuffer(row.recent, np.int64).reshape(-1, RECENT),
        np.frombuffer(row.facts, EVENT),
    )


def _in_local_order(rows: list[Any]) -> Findings:
    """Findings of one kind; facts in the order that the replay here tells them, so that equal moments stay in place."""
    found = joined([_read(row) for row in rows]) if rows else nothing()
    return found._replace(facts=_as_told_here(found.facts))


def _as_told_here(facts: Events) -> Events:
    ordered: Events = facts[np.lexsort((facts["peer"], cluster.buckets_of(facts["peer"])))]
    return ordered
