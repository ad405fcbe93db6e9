"""Decides, batch after batch, what newly arrived calls change: profiles stepped, open alerts raised, in arrival order.

It is the scan's twin: the same events, the same judging, the same assembly, with the live table in place of the replay.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fanzha.detection import bridge, rack, screen, shadow
from fanzha.detection.alert import TOLD_AS, Alert, assemble
from fanzha.detection.judge import FIRING, Findings, joined, live_all, make_sink
from fanzha.detection.learning.opinion import adviser_of
from fanzha.detection.outbox import Fired
from fanzha.detection.pack import Pack
from fanzha.detection.scan import STAGE_ONE, STAGE_TWO, codes_of, name_entity
from fanzha.profiles import feed
from fanzha.profiles.epoch import Activations, no_activations
from fanzha.profiles.event import Events
from fanzha.profiles.fields import FIELD_COUNT, EntityKind
from fanzha.profiles.layout import CLASSES
from fanzha.profiles.table import M_DROPPED, M_EVICTED, M_REFUSED, M_ROWS, Counts, LiveTable, refresh
from fanzha.records.contract import CALLS
from fanzha.records.lake import Lake

# Shares of the live bytes by kind; numbers are by far the most.
SHARES = {
    EntityKind.NUMBER: 0.62,
    EntityKind.DEVICE: 0.22,
    EntityKind.CELL: 0.06,
    EntityKind.VICTIM: 0.05,
    EntityKind.SITE: 0.02,
    EntityKind.BRIDGE: 0.01,
    EntityKind.RACK: 0.02,
}
_SINK_ROWS = 4096
_WARM_BYTES = 8_000_000
Story = tuple[int, int, str]  # kind, key, scheme


def warm(lake: Lake, pack: Pack, network: str) -> None:
    """Load or compile what judges calls, on tables that are thrown away, before the first file asks for it."""
    now = datetime.now(UTC)
    call = {
        **{field.name: 0 for field in CALLS if pa.types.is_integer(field.type)},
        **dict.fromkeys(("seen", "started", "ended"), now),
        "network": network,
        "source": "",
        "caller": 8613800138000,
        "callee": 8613900139000,
        "caller_raw": "13800138000",
        **dict.fromkeys(("caller_imsi", "caller_imei", "caller_cell"), 1),
    }
    tables = Live(lake, pack, network, max_bytes=_WARM_BYTES, start=int(now.timestamp()))
    tables.step(pa.Table.from_pylist([call], schema=CALLS))


class Live:
    """Live profiles of one network and its open alerts' firings."""

    def __init__(self, lake: Lake, pack: Pack, network: str, *, max_bytes: int, start: int) -> None:
        self.lake, self.pack, self.network = lake, pack, network
        self.codes = codes_of(pack)
        self._shadows = _shadows(pack)
        self.tables = {
            kind: LiveTable(kind, max_bytes=int(max_bytes * share), start=start) for kind, share in SHARES.items()
        }
        self._sinks = {kind: make_sink(_SINK_ROWS, pack.program.families) for kind in EntityKind}
        self._known = no_activations()
        self._screen = screen.Screen(pack, {})
        self.bridges = bridge.Bridges(pack.words.bridge)
        self._stories: dict[Story, list[Fired]] = defaultdict(list)
        self.adviser = adviser_of(lake, network)

    def release(self, pack: Pack) -> None:
        """Go on under another release: from the next event on its rules judge, over profiles as they are."""
        fresh, screened = _shadows(pack), self._screen.contracts
        for kind, table in self.tables.items():
            for slot in range(len(pack.words.schemes), table.store.level.shape[1]):
                if fresh.get((kind, slot)) != self._shadows.get((kind, slot)):
                    table.store.level[: table.table.meta[M_ROWS], slot] = 0
        self.pack, self.codes, self._shadows = pack, codes_of(pack), fresh
        self._sinks = {kind: make_sink(_SINK_ROWS, pack.program.families) for kind in EntityKind}
        stories = [one for rows in self._stories.values() for one in rows]
        self._screen, self._stories = screen.Screen(pack, screened), defaultdict(list)
        self.remember(stories)

    def begin(self, t: int) -> None:
        """When the records begin, unless that is known already."""
        for table in self.tables.values():
            if table.store.start[0] == 0:
                table.store.start[0] = t

    def set_references(self, known: Activations, trunks: pa.Table) -> None:
        """Take newly loaded reference tables: from the next event on they are known."""
        self._known = known
        refresh(self.tables[EntityKind.NUMBER], known)
        self._screen.contracts = screen.contracts_of(trunks)

    def remember(self, fired: Iterable[Fired]) -> None:
        """Put back firings written before a stop."""
        for one in fired:
            self._keep(one)
            at = self.pack.place(one.rule)
            if at is not None and self.pack.rules[at].cli:
                self._screen.remember(one.row, at, first=one.vector is not None)

    def _keep(self, one: Fired) -> Story:
        kind, at = EntityKind(int(one.row["kind"])), self.pack.place(one.rule)
        scheme = "" if at is None else self.pack.rules[at].scheme
        story = (int(TOLD_AS.get(kind, kind)), int(one.row["key"]), scheme)
        self._stories[story].append(one)
        return story

    def step(self, calls: pa.Table) -> list[Fired]:
        """Feed calls (sorted by seq) and judge them; what fired, in no promised order."""
        fired: list[Fired] = []
        for batch in calls.combine_chunks().to_batches():
            columns = feed.call_columns(batch)
            found = [self._judge(kind, feed.events_of(columns, kind)) for kind in STAGE_ONE]
            facts = np.concatenate([one.facts for one in found])
            facts = facts[np.argsort(facts["seq"], kind="stable")]
            found += [self._judge(kind, facts[facts["pad"] == kind]) for kind in STAGE_TWO]
            fired += self._fired(joined(found), {})
            fired += self._fired(*self._paired(bridge.long_calls(columns, self.pack.words.bridge.talk_s), facts))
            fired += self._fired(*self._racked(facts))
            fired += self._fired(*self._screen.judge(batch))
        return fired

    def _judge(self, kind: EntityKind, events: Events) -> Findings:
        known = self._known if kind == EntityKind.NUMBER else no_activations()
        return live_all(self.tables[kind], events, known, self.codes[kind], self._sinks[kind])

    def _paired(self, held: Events, facts: Events) -> tuple[Findings, dict[int, screen.Detail]]:
        events, pairs = self.bridges.step(held, facts[facts["pad"] == EntityKind.BRIDGE])
        found = self._judge(EntityKind.BRIDGE, events)
        return found, bridge.details_of(found, pairs, lambda kind, key: name_entity(self.lake, kind, key, {}))

    def _racked(self, facts: Events) -> tuple[Findings, dict[int, screen.Detail]]:
        found = rack.in_cell(self._judge(EntityKind.RACK, rack.racks(facts)))
        return found, rack.details_of(found)

    def _fired(self, found: Findings, details: dict[int, screen.Detail]) -> list[Fired]:
        fired = []
        for row in found.firings:
            at, rule = int(row["snapshot"]), self.pack.rules[int(row["rule"])].name
            if at < 0:
                fired.append(Fired(row, rule, None, None, None))
            else:
                fired.append(Fired(row, rule, found.vectors[at], found.recent[at], details.get(at)))
        return fired

    def alerts(self, fired: Sequence[Fired]) -> list[Alert]:
        """The alerts that these firings of acting rules open or raise, as they stand now."""
        touched = {self._keep(one) for one in fired}
        rows = [one for story in sorted(touched) for one in self._stories[story]]
        if not rows:
            return []
        firings, vectors, recent, details = _tabled(rows, self.pack)
        ids, raw_of = self._records(recent, raw=bool((firings["key"] < 0).any()))
        return assemble(
            firings,
            vectors,
            ids,
            details,
            self.pack,
            network=self.network,
            name_entity=lambda kind, key: name_entity(self.lake, kind, key, raw_of),
            advise=self.adviser,
        )

    def hits(self, fired: Sequence[Fired]) -> list[shadow.Hit]:
        """What rules in shadow would have done; `fired` are their firings."""
        rows = [one for one in fired if one.vector is not None]
        if not rows:
            return []
        firings, vectors, recent, _ = _tabled(rows, self.pack)
        ids, raw_of = self._records(recent, raw=bool((firings["key"] < 0).any()))
        return shadow.hits(
            firings,
            vectors,
            ids,
            self.pack,
            network=self.network,
            name_entity=lambda kind, key: name_entity(self.lake, kind, key, raw_of),
        )

    def split(self, fired: Sequence[Fired]) -> tuple[list[Fired], list[Fired]]:
        """Firings of rules that act, and of shadows."""
        shadows = {rule.name for rule in self.pack.rules if rule.shadow}
        return [one for one in fired if one.rule not in shadows], [one for one in fired if one.rule in shadows]

    def _records(self, recent: NDArray[np.int64], *, raw: bool) -> tuple[list[NDArray[np.int64]], dict[int, str]]:
        wanted = np.unique(recent[recent > 0])
        table = self.lake.by_seq(wanted.tolist())
        seq, ids = table.column("seq").to_numpy(), table.column("id").to_numpy()
        names: dict[int, str] = {}
        for side in ("caller", "callee") if raw else ():
            names.update(
                (key, text)
                for key, text in zip(table[side].to_pylist(), table[f"{side}_raw"].to_pylist(), strict=True)
                if key is not None and key < 0
            )
        return [ids[np.searchsorted(seq, np.sort(row[row > 0]))] for row in recent], names

    def forget(self, before: int, spared: Collection[tuple[int, str]] = ()) -> None:
        """Drop the firings of alerts that have long closed, but for those of these keys and schemes."""
        for story in [s for s, rows in self._stories.items() if int(rows[-1].row["t"]) < before]:
            if story[1:] not in spared:
                del self._stories[story]

    def lost(self) -> int:
        """Profiles and events given up so far for want of memory."""
        marks = (M_EVICTED, M_DROPPED, M_REFUSED)
        given_up = sum(int(table.table.meta[mark]) for table in self.tables.values() for mark in marks)
        return given_up + sum(int(table.store.free[CLASSES + 1]) for table in self.tables.values())

    def counts(self) -> dict[str, Counts]:
        """What each table holds and gave up."""
        return {kind.name.lower(): table.counts() for kind, table in self.tables.items()}


def _tabled(
    rows: list[Fired], pack: Pack
) -> tuple[NDArray[np.void], NDArray[np.float64], NDArray[np.int64], dict[int, screen.Detail]]:
    """Firings as the assembly takes them: rules by their present place, snapshots renumbered."""
    places = [pack.place(one.rule) for one in rows]
    rows = [one for one, at in zip(rows, places, strict=True) if at is not None]
    firings = np.zeros(len(rows), FIRING)
    vectors: list[NDArray[np.float64]] = []
    recent: list[NDArray[np.int64]] = []
    details: dict[int, screen.Detail] = {}
    for firing, one, at in zip(firings, rows, (at for at in places if at is not None), strict=True):
        for name in FIRING.names or ():
            firing[name] = one.row[name]
        firing["rule"] = at
        firing["snapshot"] = -1
        if one.vector is not None and one.recent is not None:
            firing["snapshot"] = len(vectors)
            if one.detail:
                details[len(vectors)] = one.detail
            vectors.append(one.vector)
            recent.append(one.recent)
    whole = np.array(vectors) if vectors else np.zeros((0, FIELD_COUNT))
    return firings, whole, np.array(recent, np.int64).reshape(len(vectors), -1), details


def _shadows(pack: Pack) -> dict[tuple[EntityKind, int], str]:
    """Which version each kind's own scheme of a shadow stands for."""
    schemes = pack.program.rule_scheme
    return {(rule.entity, int(schemes[at])): rule.name for at, rule in enumerate(pack.rules) if rule.shadow}


def in_order(lake: Lake, network: str, after: int, up_to: int, *, window: int) -> Iterator[pa.Table]:
    """Calls after a seq in order of arrival, at most `window` at a time."""
    columns = tuple(dict.fromkeys((*feed.COLUMNS, *screen.COLUMNS)))
    for low in range(after, up_to, window):
        high = min(low + window, up_to)
        batches = list(lake.scan(columns, network=network, after_seq=low, up_to_seq=high))
        if batches:
            yield pa.Table.from_batches(batches).sort_by("seq")
