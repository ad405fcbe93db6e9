"""Decides how a stretch of the lake becomes alerts: replay of every profile, facts into a second stage, one list.

Numbers, devices and cells are replayed in hash buckets on temporary disk, so memory does not grow with the history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import local
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fanzha import numbering
from fanzha.detection import bridge, rack, screen, shadow
from fanzha.detection.alert import Advise, Alert, assemble
from fanzha.detection.judge import Code, Findings, Sink, code_of, joined, make_sink, replay_all
from fanzha.detection.learning.opinion import adviser_of
from fanzha.detection.neighbours import neighbours
from fanzha.detection.pack import Pack
from fanzha.detection.words import BridgeBounds
from fanzha.profiles import feed
from fanzha.profiles.epoch import Activations, activations_of, no_activations
from fanzha.profiles.event import EVENT, Events
from fanzha.profiles.fields import EntityKind
from fanzha.profiles.layout import Store
from fanzha.profiles.spill import BUCKETS, Spill, by_key
from fanzha.profiles.trace import single_store
from fanzha.records.lake import Lake

STAGE_ONE = (EntityKind.NUMBER, EntityKind.DEVICE, EntityKind.CELL)
STAGE_TWO = (EntityKind.VICTIM, EntityKind.SITE)  # fed by facts as they are; BRIDGE by pairs, RACK by devices of them
WARM_UP = timedelta(days=31)  # history read before --from, so that windows and silences are whole
COLUMNS = tuple(dict.fromkeys((*feed.COLUMNS, *screen.COLUMNS)))
_SINK_ROWS = 20_000

Progress = Callable[[str, float], None]
Evidence = list[NDArray[np.int64]]


@dataclass
class Scan:
    """What a scan found and what it went through."""

    alerts: list[Alert] = field(default_factory=list)
    hits: list[shadow.Hit] = field(default_factory=list)  # what rules in shadow would have done
    calls: int = 0
    events: int = 0
    unknown: list[str] = field(default_factory=list)  # what could not be known, by reference table


class _Tools(local):
    """What one thread of the replay works with."""

    store: Store | None = None
    sink: Sink | None = None


def codes_of(pack: Pack) -> dict[EntityKind, Code]:
    """The judging code of every kind, with the pack's bands."""
    bands = pack.words.bands
    watch, silent_s = bands.lowest, bands.silent_days * 86400
    return {kind: code_of(pack.program, kind, watch=watch, silent_s=silent_s) for kind in EntityKind}


class Replay:
    """Replays kinds of profiles over sorted events with two threads; each kernel call lets go of the interpreter."""

    def __init__(self, codes: dict[EntityKind, Code], known: Activations, start: int, *, by_time: bool) -> None:
        self.codes = codes
        self._known = known
        self._start = start
        self._by_time = by_time

    def run(self, kind: EntityKind, buckets: Iterable[Callable[[], Events]]) -> Findings:
        """Judge every bucket; findings in the order of the buckets."""
        tools = _Tools()
        known = self._known if kind == EntityKind.NUMBER else no_activations()

        def one(take: Callable[[], Events]) -> Findings:
            if tools.store is None or tools.sink is None:
                tools.store = single_store(kind, self._start)
                tools.sink = make_sink(_SINK_ROWS, int(self.codes[kind].bounds[3]))
            return replay_all(tools.store, take(), known, self.codes[kind], tools.sink)

        with ThreadPoolExecutor(2) as threads:
            return joined(list(threads.map(one, buckets)))

    def spilled(self, kind: EntityKind, spill: Spill) -> Findings:
        """Judge one spilled kind."""
        return self.run(kind, [lambda b=b: spill.bucket(b, by_time=self._by_time) for b in range(BUCKETS)])  # type: ignore[misc]

    def second(self, kind: EntityKind, facts: Events) -> Findings:
        """Judge one kind of the second stage; `facts` as `second_stage` takes them."""
        return self.run(kind, [lambda: second_stage(kind, facts, by_time=self._by_time)])


def second_stage(kind: EntityKind, facts: Events, *, by_time: bool) -> Events:
    """What the first stage's facts are to one kind of the second, sorted by key.

    Of bridges `facts` are the events that `Bridges` told: each holder's stay in the order they were told.
    """
    if kind == EntityKind.BRIDGE:
        return facts[np.argsort(facts["key"], kind="stable")]
    if kind == EntityKind.RACK:
        return by_key(rack.racks(facts), by_time=by_time)
    return by_key(facts[facts["pad"] == kind], by_time=by_time)


def paired(stage: FirstStage, facts: Events, bounds: BridgeBounds) -> tuple[Events, dict[bridge.Mark, bridge.Pair]]:
    """The events of holders of long calls, in the order they are told, and who was beside whom."""
    dialled = facts[facts["pad"] == EntityKind.BRIDGE]
    return bridge.Bridges(bounds).step(*neighbours(stage.held, dialled, bounds))


class Job(NamedTuple):
    """What an engine is asked to read and judge. begun: when the network's records begin, epoch seconds."""

    lake: Lake
    pack: Pack
    network: str
    known: Activations
    contracts: Mapping[str, numbering.TrunkContract]
    begun: int
    start: datetime | None  # warm-up included
    end: datetime | None
    up_to_seq: int | None
    by_time: bool
    kinds: tuple[EntityKind, ...]
    temporary: Path
    tell: Progress


class FirstStage(NamedTuple):
    """What one pass over the calls came to. held: long calls as bridges want them; callers: who broke a caller rule."""

    judged: dict[EntityKind, Findings]
    held: Events
    callers: screen.Hits
    calls: int
    events: int

    @property
    def facts(self) -> Events:
        """What the first stage tells the second."""
        return np.concatenate([np.zeros(0, EVENT), *(found.facts for found in self.judged.values())])


Engine = Callable[[Job], FirstStage]


def scan(
    lake: Lake,
    pack: Pack,
    *,
    temporary: Path,
    network: str = "default",
    start: datetime | None = None,
    end: datetime | None = None,
    up_to_seq: int | None = None,
    only: str | None = None,
    by_time: bool = True,
    kinds: tuple[EntityKind, ...] = STAGE_ONE,
    progress: Progress | None = None,
    engine: Engine | None = None,
    advise: Advise | None = None,
) -> Scan:
    """Run the pack over one network's calls from `start` to `end` (UTC); alerts by falling score.

    `by_time` replays each profile by call time; False by arrival, which is what the live table saw. `engine` reads the
    calls and judges the first stage: this machine where it is None, or a cluster (detection/cluster.py). `advise` is
    asked about alerts; the released model where it is None.
    """
    tell, result = progress or (lambda _step, _share: None), Scan()
    first, _, rows = lake.span(network)
    if rows == 0 or first is None:
        return result
    known = activations_of(lake.reference("subscribers", network=network))
    contracts = screen.contracts_of(lake.reference("trunks", network=network))
    result.unknown = _unknown(lake, network)
    begun, warm = int(first.timestamp()), start - WARM_UP if start else None
    job = Job(lake, pack, network, known, contracts, begun, warm, end, up_to_seq, by_time, kinds, temporary, tell)
    stage = (engine or this_machine)(job)
    result.calls, result.events = stage.calls, stage.events
    tell("explain", 0.0)
    alerts, hits = _told(job, stage, advise or adviser_of(lake, network))
    since = _iso(start) if start else ""
    result.alerts = [alert for alert in alerts if only in (None, alert.scheme) and alert.last_seen >= since]
    result.hits = [hit for hit in hits if hit.at >= since]
    tell("explain", 1.0)
    return result


def _told(job: Job, stage: FirstStage, advise: Advise) -> tuple[list[Alert], list[shadow.Hit]]:
    """The second stage, and what both come to."""
    judged, pairs = _judged(job, stage)
    callers = screen.Screen(job.pack, job.contracts, by_time=job.by_time).written(stage.callers)
    screened = [callers, *_detailed(job.lake, judged, pairs)]
    return _alerts(job.lake, job.pack, job.network, judged, screened, advise)


def this_machine(job: Job) -> FirstStage:
    """The first stage on this machine: events in buckets on temporary disk, two threads."""
    _, _, rows = job.lake.span(job.network)
    replay = _replay(job)
    bounds = {"start": job.start, "end": job.end, "up_to_seq": job.up_to_seq}
    with ExitStack() as stack:
        spills = {kind: stack.enter_context(Spill(job.temporary)) for kind in job.kinds}
        reading = _Reading(screen.Screen(job.pack, job.contracts, by_time=job.by_time), job.pack, spills)
        for batch in _ahead(job.lake.scan(COLUMNS, network=job.network, **bounds)):  # type: ignore[arg-type]
            reading.take(batch)
            job.tell("read", reading.calls / rows)
        judged = {}
        for n, (kind, spill) in enumerate(spills.items()):
            job.tell(f"judge {kind.name.lower()}s", n / len(spills))
            judged[kind] = replay.spilled(kind, spill)
        events = sum(spill.count for spill in spills.values())
    callers = screen.all_hits(reading.callers)
    return FirstStage(judged, np.concatenate(reading.held), callers, reading.calls, events)


def _replay(job: Job) -> Replay:
    return Replay(codes_of(job.pack), job.known, job.begun, by_time=job.by_time)


class _Reading:
    """The one pass over the calls: events to their buckets, long calls for bridges, false callers screened."""

    def __init__(self, callers: screen.Screen, pack: Pack, spills: dict[EntityKind, Spill]) -> None:
        self._talk_s = pack.words.bridge.talk_s
        self._screen = callers
        self.spills = spills
        self.calls = 0
        self.held = [np.zeros(0, EVENT)]
        self.callers = [callers.none()]

    def take(self, batch: pa.RecordBatch) -> None:
        """Read one batch of `COLUMNS`; the kinds are scattered side by side, for the kernels let go of the GIL."""
        calls = feed.call_columns(batch)
        with ThreadPoolExecutor(2) as threads:
            done = [threads.submit(_scatter, spill, calls, kind) for kind, spill in self.spills.items()]
            self.held.append(bridge.long_calls(calls, self._talk_s))
            self.callers.append(self._screen.hits(batch))
            for one in done:
                one.result()
        self.calls += batch.num_rows


def _scatter(spill: Spill, calls: feed.CallColumns, kind: EntityKind) -> None:
    spill.add(feed.events_of(calls, kind))


def _ahead(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same batches, the next one decoded while the last one is worked on."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = thread.submit(next, batches, None)
            yield batch


def _judged(job: Job, stage: FirstStage) -> tuple[dict[EntityKind, Findings], dict[bridge.Mark, bridge.Pair]]:
    """What every kind's rules found, the first stage's facts stepped by the second, and who was beside whom."""
    replay, judged = _replay(job), dict(stage.judged)
    facts = stage.facts
    for kind in STAGE_TWO:
        judged[kind] = replay.second(kind, facts)
    events, pairs = paired(stage, facts, job.pack.words.bridge)
    judged[EntityKind.BRIDGE] = replay.second(EntityKind.BRIDGE, events)
    judged[EntityKind.RACK] = rack.in_cell(replay.second(EntityKind.RACK, facts))
    return judged, pairs


def _detailed(
    lake: Lake, judged: dict[EntityKind, Findings], pairs: dict[bridge.Mark, bridge.Pair]
) -> list[tuple[Findings, dict[int, screen.Detail]]]:
    """Bridges and racks, taken out of `judged`, with what their alerts say beyond the profile."""
    bridges, racks = judged.pop(EntityKind.BRIDGE), judged.pop(EntityKind.RACK)
    halves = bridge.details_of(bridges, pairs, lambda kind, key: name_entity(lake, kind, key, {}))
    return [(bridges, halves), (racks, rack.details_of(racks))]


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _unknown(lake: Lake, network: str) -> list[str]:
    return [kind for kind in ("subscribers", "cells", "trunks") if not lake.reference(kind, network=network).num_rows]


def _alerts(
    lake: Lake,
    pack: Pack,
    network: str,
    judged: dict[EntityKind, Findings],
    screened: list[tuple[Findings, dict[int, screen.Detail]]],
    advise: Advise,
) -> tuple[list[Alert], list[shadow.Hit]]:
    parts = list(judged.values())
    details: dict[int, screen.Detail] = {}
    base = sum(len(found.vectors) for found in parts)
    for found, raw in screened:
        parts.append(found)
        details.update({base + snapshot: detail for snapshot, detail in raw.items()})
        base += len(found.vectors)
    whole = joined(parts)
    ids, raw_of = records_behind(lake, network, whole.recent, raw=bool((whole.firings["key"] < 0).any()))

    def name(kind: EntityKind, key: int) -> str:
        return name_entity(lake, kind, key, raw_of)

    alerts = assemble(
        whole.firings, whole.vectors, ids, details, pack, network=network, name_entity=name, advise=advise
    )
    return alerts, shadow.hits(whole.firings, whole.vectors, ids, pack, network=network, name_entity=name)


def records_behind(
    lake: Lake, network: str, recent: NDArray[np.int64], *, raw: bool
) -> tuple[Evidence, dict[int, str]]:
    """The record ids behind rows of seqs (rising), and, where `raw`, what irregular or opaque numbers looked like."""
    wanted = np.unique(recent[recent > 0])
    if len(wanted) == 0:
        return [wanted for _ in recent], {}
    sides = ("caller", "callee") if raw else ()
    columns = ("seq", "id", *(name for side in sides for name in (side, f"{side}_raw")))
    among = pa.array(wanted)
    read = _ahead(lake.scan(columns, network=network))
    found = [batch.filter(pc.is_in(batch.column("seq"), among)) for batch in read]
    table = pa.Table.from_batches(found).sort_by("seq")
    seq, ids = table.column("seq").to_numpy(), table.column("id").to_numpy()
    names: dict[int, str] = {}
    for side in sides:
        odd = table.filter(pc.less(table.column(side), 0))
        names.update(zip(odd.column(side).to_pylist(), odd.column(f"{side}_raw").to_pylist(), strict=True))
    return [ids[np.searchsorted(seq, np.sort(row[row > 0]))] for row in recent], names


def name_entity(lake: Lake, kind: EntityKind, key: int, raw_of: Mapping[int, str]) -> str:
    """How an alert names its entity: +86..., irregular:..., an IMEI, or a cell's own name."""
    if kind in (EntityKind.NUMBER, EntityKind.VICTIM, EntityKind.BRIDGE):
        return numbering.display(key, raw_of.get(key))
    if kind == EntityKind.DEVICE:
        return f"{key:015d}"
    return lake.cell_name(key)
