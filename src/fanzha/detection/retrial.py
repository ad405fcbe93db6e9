"""Decides which alerts one number, device or cell gets from its own calls, without a scan of everybody's.

They are those that a scan raises. Only the second stage (a wave on a called number, suspects gathered in a cell) needs
the calls of those it met: FEW are looked up one by one, more cost one pass over the lake.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fanzha.detection import bridge, rack, screen
from fanzha.detection.alert import Alert, assemble
from fanzha.detection.judge import Findings, joined, make_sink, nothing, replay_all
from fanzha.detection.learning.opinion import adviser_of
from fanzha.detection.pack import Pack
from fanzha.detection.scan import codes_of, name_entity
from fanzha.detection.subject import Subject, all_events, calls_of, events_of
from fanzha.profiles import feed
from fanzha.profiles.epoch import Activations, no_activations
from fanzha.profiles.event import EVENT, OUTGOING, Events
from fanzha.profiles.fields import EntityKind
from fanzha.profiles.spill import by_key
from fanzha.profiles.trace import single_store
from fanzha.records.lake import Lake

FEW = 200  # numbers whose histories are looked up one by one
_SINK_ROWS = 20_000
_SIDES = {EntityKind.NUMBER: ("caller", "callee"), EntityKind.DEVICE: ("caller_imei", "callee_imei")}


class Retrial:
    """Replays one subject with the rule pack, and those it met where the second stage is in question."""

    def __init__(
        self,
        lake: Lake,
        pack: Pack,
        network: str,
        known: Activations,
        begin: int,
        start: datetime | None,
        end: datetime | None,
    ) -> None:
        self.lake, self.pack, self.network = lake, pack, network
        self.known, self.begin, self.start, self.end = known, begin, start, end
        self.codes = codes_of(pack)

    def alerts(self, subject: Subject, calls: pa.Table, events: Events) -> list[Alert]:
        """The alerts of one subject, by falling score."""
        parts = [self._replay(subject.kind, events)]
        details: dict[int, screen.Detail] = {}
        more: list[tuple[Findings, dict[int, screen.Detail]]] = []
        if subject.kind == EntityKind.NUMBER:
            callers = events["peer"][(events["flags"] & OUTGOING) == 0]
            parts.append(self._second(EntityKind.VICTIM, self._facts(subject.key, callers)))
            near, paired, halves = self._bridged(subject.key, calls)
            more = [(paired, halves), self._screened(subject.key, calls)]
            calls = pa.concat_tables([calls, near])
        elif subject.kind == EntityKind.CELL:
            facts = self._facts(subject.key, events["peer"], events["gear"])
            parts.append(self._second(EntityKind.SITE, facts))
            more = [self._racked(facts)]
        for told, raw in more:
            base = sum(len(part.vectors) for part in parts)
            parts.append(told)
            details.update({base + snapshot: detail for snapshot, detail in raw.items()})
        found = joined(parts)
        return assemble(
            found.firings,
            found.vectors,
            _ids(calls, found.recent),
            details,
            self.pack,
            network=self.network,
            name_entity=lambda kind, key: subject.name if key == subject.key else name_entity(self.lake, kind, key, {}),
            advise=adviser_of(self.lake, self.network),
        )

    def _replay(self, kind: EntityKind, events: Events) -> Findings:
        code = self.codes[kind]
        sink = make_sink(_SINK_ROWS, int(code.bounds[3]))
        known = self.known if kind == EntityKind.NUMBER else no_activations()
        return replay_all(single_store(kind, self.begin), events, known, code, sink)

    def _screened(self, key: int, calls: pa.Table) -> tuple[Findings, dict[int, screen.Detail]]:
        contracts = screen.contracts_of(self.lake.reference("trunks", network=self.network))
        made = calls.filter(pc.equal(calls["caller"], key)).sort_by("seq").combine_chunks()
        watch = screen.Screen(self.pack, contracts)
        parts, details, base = [], {}, 0
        for batch in made.to_batches():
            found, raw = watch.judge(batch)
            parts.append(found)
            details.update({base + snapshot: detail for snapshot, detail in raw.items()})
            base += len(found.vectors)
        return joined(parts), details

    def _facts(self, key: int, numbers: NDArray[np.int64], devices: NDArray[np.int64] | None = None) -> Events:
        """What the profiles of the numbers and devices it met tell of it."""
        met = [(EntityKind.NUMBER, numbers)] + ([(EntityKind.DEVICE, devices)] if devices is not None else [])
        parts = []
        for kind, keys in met:
            events = by_key(self._histories(np.unique(keys[keys != 0]), kind), by_time=True)
            parts.append(self._replay(kind, events).facts)
        facts = np.concatenate(parts)
        own: Events = facts[facts["key"] == key]
        return own

    def _second(self, kind: EntityKind, facts: Events) -> Findings:
        return self._replay(kind, by_key(facts[facts["pad"] == kind], by_time=True))

    def _racked(self, facts: Events) -> tuple[Findings, dict[int, screen.Detail]]:
        found = rack.in_cell(self._replay(EntityKind.RACK, by_key(rack.racks(facts), by_time=True)))
        return found, rack.details_of(found)

    def _bridged(self, key: int, calls: pa.Table) -> tuple[pa.Table, Findings, dict[int, screen.Detail]]:
        """Calls near its long calls, and what the pairs say that these make with those who dial beside it."""
        bounds = self.pack.words.bridge
        own = _long_calls(calls, bounds.talk_s)
        own = own[own["peer"] == key]
        cells, near = np.unique(own["place"]), calls.slice(0, 0)
        for cell in cells.tolist():
            near = pa.concat_tables([near, self._around(own[own["place"] == cell])])
        dialled = all_events(near, EntityKind.NUMBER)
        dialled = dialled[(dialled["flags"] & OUTGOING) != 0]
        beside = np.zeros(len(dialled), bool)
        for held in own:
            end = int(held["t"]) + int(held["ring"]) + int(held["talk"])
            beside |= (dialled["place"] == held["place"]) & (dialled["t"] >= held["t"]) & (dialled["t"] <= end)
        numbers, counts = np.unique(dialled["key"][beside], return_counts=True)
        enough = numbers[counts >= bounds.share * bounds.dials]
        if not len(enough[enough != key]):
            return calls.slice(0, 0), nothing(), {}
        events = by_key(self._histories(np.union1d(enough, [key])), by_time=True)
        facts = self._replay(EntityKind.NUMBER, events).facts
        facts = facts[(facts["pad"] == EntityKind.BRIDGE) & np.isin(facts["key"], cells)]
        held = _long_calls(near, bounds.talk_s)
        told, pairs = bridge.Bridges(bounds).step(np.unique(held[np.isin(held["key"], cells)]), facts)
        found = self._replay(EntityKind.BRIDGE, told[told["key"] == key])
        return near, found, bridge.details_of(found, pairs, lambda kind, each: name_entity(self.lake, kind, each, {}))

    def _around(self, own: Events) -> pa.Table:
        """The calls of one cell from a day before these long calls in it to a day after."""
        day = timedelta(hours=self.pack.words.bridge.hours)
        first, last = (datetime.fromtimestamp(int(each), UTC) for each in (own["t"].min(), own["t"].max()))
        start = max(first - day, self.start) if self.start else first - day
        end = min(last + 2 * day, self.end) if self.end else last + 2 * day
        found = self.lake.calls_of_cell(int(own["place"][0]), start=start, end=end)
        return found.filter(pc.equal(found["network"], self.network))

    def _histories(self, keys: NDArray[np.int64], kind: EntityKind = EntityKind.NUMBER) -> Events:
        """All events of these numbers or devices."""
        parts = [np.zeros(0, EVENT)]
        if len(keys) <= FEW:
            for key in keys.tolist():
                own = calls_of(self.lake, Subject(kind, key, ""), self.start, self.end)
                parts.append(events_of(own.filter(pc.equal(own["network"], self.network)), kind, key))
            return np.concatenate(parts)
        wanted, sides = pa.array(keys), _SIDES[kind]
        for batch in self.lake.scan(feed.COLUMNS, start=self.start, end=self.end, network=self.network):
            either = pc.or_kleene(*(pc.is_in(batch[side], wanted) for side in sides))
            events = feed.events_of(feed.call_columns(batch.filter(either)), kind)
            parts.append(events[np.isin(events["key"], keys)])
        return np.concatenate(parts)


def _long_calls(calls: pa.Table, least_s: int) -> Events:
    parts = [bridge.long_calls(feed.call_columns(batch), least_s) for batch in calls.combine_chunks().to_batches()]
    return np.concatenate([np.zeros(0, EVENT), *parts])


def _ids(calls: pa.Table, recent: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Record ids behind rows of seqs; all of them are the subject's own calls."""
    calls = calls.sort_by("seq")
    seq, ids = calls["seq"].to_numpy(), calls["id"].to_numpy()
    rows = [np.sort(row[row > 0]) for row in recent]
    return [ids[np.searchsorted(seq, row[np.isin(row, seq)])] for row in rows]
