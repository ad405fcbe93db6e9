"""Decides what is told of one number, device or cell: its profile now and by the day, whom and what it met, and why.

Its alerts are those that a scan raises, from its own calls alone, so it is quick on a lake of any size; only the second
stage (a wave on a called number, suspects gathered in a cell) needs the calls of those it met: FEW are looked up one
by one, more cost one pass over the lake.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fanzha import numbering
from fanzha.detection import bridge, rack, screen
from fanzha.detection.alert import Alert, assemble
from fanzha.detection.judge import Findings, joined, make_sink, nothing, replay_all
from fanzha.detection.learning.opinion import adviser_of
from fanzha.detection.pack import Pack
from fanzha.detection.scan import codes_of, name_entity
from fanzha.errors import FanzhaError
from fanzha.profiles import feed
from fanzha.profiles.epoch import Activations, activations_of, no_activations
from fanzha.profiles.event import EVENT, OUTGOING, WAS_ANSWERED, Events
from fanzha.profiles.fields import FIELDS, EntityKind, Field
from fanzha.profiles.spill import by_key
from fanzha.profiles.trace import single_store, trace
from fanzha.records.lake import Lake
from fanzha.records.linking import elsewhere
from fanzha.vocabulary import settings

FEW = 200  # numbers whose histories are looked up one by one
TOP = 20  # contacts, devices and cells that are listed
_SINK_ROWS = 20_000
_SIDES = {EntityKind.NUMBER: ("caller", "callee"), EntityKind.DEVICE: ("caller_imei", "callee_imei")}
KINDS = {"number": EntityKind.NUMBER, "device": EntityKind.DEVICE, "cell": EntityKind.CELL}


@dataclass(frozen=True)
class Subject:
    """What a person asked about, as the lake knows it."""

    kind: EntityKind
    key: int
    name: str


@dataclass(frozen=True)
class Companion:
    """A number, device, card or cell that the subject was seen with."""

    name: str
    calls: int
    outgoing: int
    answered: int
    talk_s: int
    first: datetime
    last: datetime


@dataclass(frozen=True)
class Day:
    """One local day of the subject; `contacts` are distinct other numbers, either way."""

    day: str
    outgoing: int
    answered: int
    incoming: int
    contacts: int
    talk_s: int


@dataclass(frozen=True)
class Explanation:
    """All that is known of one subject. `profile` pairs each field with its value right after the last call."""

    subject: Subject
    calls: pa.Table  # CALLS rows, oldest first
    profile: list[tuple[Field, float | None]]
    days: list[Day]
    contacts: list[Companion]
    devices: list[Companion]  # devices of a number or cell; cards (IMSI) of a device
    cells: list[Companion]
    alerts: list[Alert]
    subscriber: list[dict[str, Any]]  # rows of the `subscribers` reference, oldest first
    unknown: list[str]  # reference tables that are missing
    names: Mapping[int, str]  # of the cells in `calls`, by their keys
    elsewhere: Mapping[int, list[str]]  # other networks that saw the same call, by the id of our row


def resolve(lake: Lake, text: str, *, kind: str | None = None) -> Subject:
    """What `text` names: a number as people write it, an IMEI, or a cell. Raises FanzhaError where no call knows it.

    Digits can be all three, so the likeliest is tried first; `kind` (number, device, cell) settles it.
    """
    subjects = [_subject(lake, text, each) for each in ([KINDS[kind]] if kind else _likely(lake, text))]
    for subject in subjects:
        if _calls(lake, subject, None, None, last=True).num_rows:
            return subject
    raise FanzhaError(
        f"没有任何通话涉及它 no call in the lake knows {text.strip()!r}",
        hint="write a number as +86..., or say --kind number, device or cell; fanzha lake status shows what is there",
    )


def explain(
    lake: Lake,
    pack: Pack,
    subject: Subject,
    *,
    network: str = "default",
    start: datetime | None = None,
    end: datetime | None = None,
    judged: bool = True,
) -> Explanation:
    """Tell all about a subject of `resolve`, from its calls in [start, end); without alerts where not `judged`."""
    seen = _calls(lake, subject, start, end)
    calls = seen.filter(pc.equal(seen["network"], network))
    unknown = [each for each in ("subscribers", "cells", "trunks") if not lake.knows(each, network)]
    mine = [subject.key] if subject.kind == EntityKind.NUMBER else []
    own = lake.reference_of("subscribers", "number", mine, network)
    first, _, _ = lake.span(network)
    begin = int(first.timestamp()) if first else 0
    events = events_of(calls, subject.kind, subject.key)
    vectors = trace(events, subject.kind, start=begin, known=activations_of(own))
    alerts: list[Alert] = []
    if judged:
        known = activations_of(lake.reference("subscribers", network=network))
        judge = _Judge(lake, pack, network, known, begin, start, end)
        alerts = judge.alerts(subject, calls, events)
    return Explanation(
        subject=subject,
        calls=calls,
        profile=_profile(subject.kind, vectors),
        days=days_of(events),
        contacts=_companions(lake, events, "peer", EntityKind.NUMBER, _raw_names(calls)),
        devices=_companions(lake, events, "gear", EntityKind.DEVICE, {}),
        cells=_companions(lake, events, "place", EntityKind.CELL, {}),
        alerts=alerts,
        subscriber=own.to_pylist(),
        unknown=unknown,
        names=_cell_names(lake, calls),
        elsewhere=elsewhere(seen, network) if len(calls) < len(seen) else {},
    )


def _subject(lake: Lake, text: str, kind: EntityKind) -> Subject:
    text = text.strip()
    if kind == EntityKind.NUMBER:
        key = numbering.parse(text).number
        return Subject(kind, key, numbering.display(key, text if key < 0 else None))
    if kind == EntityKind.DEVICE:
        key = lake.device_key(text)
        return Subject(kind, key, f"{key:015d}" if key >= 0 else text)
    return Subject(kind, lake.cell_key(text), text)


def _likely(lake: Lake, text: str) -> Sequence[EntityKind]:
    number, device, cell = EntityKind.NUMBER, EntityKind.DEVICE, EntityKind.CELL
    known = lake.reference("cells")["cell"]
    if pc.any(pc.equal(known, lake.cell_key(text))).as_py():
        return cell, device, number
    if numbering.check_imei(text).form in (numbering.ImeiForm.GOOD, numbering.ImeiForm.BAD_CHECK):
        return device, number, cell
    return number, device, cell


def _calls(
    lake: Lake, subject: Subject, start: datetime | None, end: datetime | None, *, last: bool = False
) -> pa.Table:
    if subject.kind == EntityKind.NUMBER:
        if subject.key == 0:
            return lake.by_seq([])
        return lake.calls_of(subject.key, start=start, end=end, limit=1 if last else None)
    if subject.kind == EntityKind.DEVICE:
        return lake.calls_of_device(subject.key, start=start, end=end)
    return lake.calls_of_cell(subject.key, start=start, end=end)


def events_of(calls: pa.Table, kind: EntityKind, key: int) -> Events:
    """What one subject's profile is fed with from these calls, in time order."""
    events = _all_events(calls, kind)
    return by_key(events[events["key"] == key], by_time=True)


def _all_events(calls: pa.Table, kind: EntityKind) -> Events:
    parts = [feed.events_of(feed.call_columns(batch), kind) for batch in calls.combine_chunks().to_batches()]
    return np.concatenate([np.zeros(0, EVENT), *parts])


def _long_calls(calls: pa.Table, least_s: int) -> Events:
    parts = [bridge.long_calls(feed.call_columns(batch), least_s) for batch in calls.combine_chunks().to_batches()]
    return np.concatenate([np.zeros(0, EVENT), *parts])


class _Judge:
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
        dialled = _all_events(near, EntityKind.NUMBER)
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
                own = _calls(self.lake, Subject(kind, key, ""), self.start, self.end)
                parts.append(events_of(own.filter(pc.equal(own["network"], self.network)), kind, key))
            return np.concatenate(parts)
        wanted, sides = pa.array(keys), _SIDES[kind]
        for batch in self.lake.scan(feed.COLUMNS, start=self.start, end=self.end, network=self.network):
            either = pc.or_kleene(*(pc.is_in(batch[side], wanted) for side in sides))
            events = feed.events_of(feed.call_columns(batch.filter(either)), kind)
            parts.append(events[np.isin(events["key"], keys)])
        return np.concatenate(parts)


def _ids(calls: pa.Table, recent: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Record ids behind rows of seqs; all of them are the subject's own calls."""
    calls = calls.sort_by("seq")
    seq, ids = calls["seq"].to_numpy(), calls["id"].to_numpy()
    rows = [np.sort(row[row > 0]) for row in recent]
    return [ids[np.searchsorted(seq, row[np.isin(row, seq)])] for row in rows]


def _profile(kind: EntityKind, vectors: NDArray[np.float64]) -> list[tuple[Field, float | None]]:
    if not len(vectors):
        return []
    last = vectors[-1]
    fields = [field for field in FIELDS if kind in field.kinds and not field.of_call]
    return [(field, None if np.isnan(last[field.index]) else float(last[field.index])) for field in fields]


def days_of(events: Events) -> list[Day]:
    """A subject's local days, from its events."""
    if not len(events):
        return []
    zone = ZoneInfo(settings().timezone)
    # One shift for all: the zones this is made for have had no summer time since 1991.
    shift = int((datetime.fromtimestamp(int(events["t"][0]), zone).utcoffset() or timedelta()).total_seconds())
    day = (events["t"].astype(np.int64) + shift) // 86400
    return [_day(int(each), events[day == each]) for each in np.unique(day)]


def _day(day: int, events: Events) -> Day:
    out = (events["flags"] & OUTGOING) != 0
    answered = (events["flags"] & WAS_ANSWERED) != 0
    return Day(
        day=datetime.fromtimestamp(day * 86400, UTC).strftime("%Y-%m-%d"),
        outgoing=int(out.sum()),
        answered=int((out & answered).sum()),
        incoming=int((~out).sum()),
        contacts=len(np.unique(events["peer"][events["peer"] != 0])),
        talk_s=int(events["talk"].sum()),
    )


def _companions(lake: Lake, events: Events, column: str, kind: EntityKind, raw: dict[int, str]) -> list[Companion]:
    """With whom or what, the most frequent first."""
    known = events[events[column] != 0]
    found, counts = np.unique(known[column], return_counts=True)
    top = found[np.argsort(-counts, kind="stable")][:TOP]
    return [_companion(name_entity(lake, kind, int(key), raw), known[known[column] == key]) for key in top]


def _companion(name: str, events: Events) -> Companion:
    out = (events["flags"] & OUTGOING) != 0
    return Companion(
        name=name,
        calls=len(events),
        outgoing=int(out.sum()),
        answered=int(((events["flags"] & WAS_ANSWERED) != 0).sum()),
        talk_s=int(events["talk"].sum()),
        first=datetime.fromtimestamp(int(events["t"].min()), UTC),
        last=datetime.fromtimestamp(int(events["t"].max()), UTC),
    )


def _cell_names(lake: Lake, calls: pa.Table) -> dict[int, str]:
    """Every cell in these calls, as the source wrote it."""
    keys = pc.unique(pa.chunked_array([*calls["caller_cell"].chunks, *calls["callee_cell"].chunks], pa.int64()))
    return {key: lake.cell_name(key) for key in keys.to_pylist() if key is not None}


def _raw_names(calls: pa.Table) -> dict[int, str]:
    """What irregular and opaque numbers looked like."""
    names: dict[int, str] = {}
    for side in ("caller", "callee"):
        odd = calls.filter(pc.less(calls[side], 0))
        pairs: Iterable[tuple[int, str]] = zip(odd[side].to_pylist(), odd[f"{side}_raw"].to_pylist(), strict=True)
        names.update(pairs)
    return names
