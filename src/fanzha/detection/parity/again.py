"""Decides what a watcher says when it does again what a course tells: same calls, batches, rules, tables and stops.

It is `watch` without files: the same `Live`, the same checkpoints, the same order of work, kept in temporary folders.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from fanzha.detection.alert import Alert, Entity, encode
from fanzha.detection.journal import Batch, digest_of
from fanzha.detection.learning.opinion import Adviser, former_adviser
from fanzha.detection.live import Live, in_order
from fanzha.detection.pack import Pack
from fanzha.detection.parity.course import Leg
from fanzha.detection.parity.kept import Kept, Thread
from fanzha.detection.parity.rows import Row
from fanzha.detection.watch import WINDOW
from fanzha.errors import ModelError
from fanzha.profiles import checkpoint
from fanzha.profiles.epoch import activations_of
from fanzha.profiles.fields import EntityKind
from fanzha.records.lake import Lake

_READ = 10 * WINDOW  # calls read at a time, whatever the batches: a part is opened less often


class Again:
    """One course through the lake; `run` once. spared: stories of which nothing is forgotten, unlike a watcher's."""

    def __init__(
        self,
        lake: Lake,
        network: str,
        course: Sequence[Leg],
        packs: Mapping[str, Pack],
        temporary: Path,
        tell: Callable[[float], None],
        *,
        spared: Collection[Thread] = (),
    ) -> None:
        self._lake, self._network, self._course, self._packs = lake, network, course, packs
        self._temporary, self._tell = temporary, tell
        self._wanted = {leg.session.position for leg in course if leg.session.position}
        self._last = max((leg.batches[-1].reached for leg in course if leg.batches), default=0)
        self._known = 0
        self._pack = ""
        self._standing: dict[tuple[Entity, str], dict[str, tuple[Alert, bytes]]] = {}
        self._advisers: dict[int, Adviser] = {}
        self.kept = Kept(spared)
        self.said: dict[str, list[Row]] = {}  # by the alert's id, oldest first
        self.newest_said: dict[str, bytes] = {}  # by the alert's id: its newest row
        self.judged: dict[int, int] = {}  # by the seq up to which a batch reached: calls
        self.models_gone: set[int] = set()  # asked then, and no longer there or no longer ours
        self.lost = 0  # profiles given up for want of memory
        self.late = 0  # calls that arrived after one that began later
        self.newest = 0  # when the newest call began, epoch seconds
        self.begun = 0  # when the records begin, as the last leg has it

    def run(self) -> Again:
        """Do it; what was said is in `said`."""
        for leg in self._course:
            live = self._started(leg)
            self._save(live, leg.session.cursor)
            for batch, calls in batched(self._lake, self._network, leg.session.cursor, leg.batches):
                self._judge(live, batch, calls)
                self._tell(batch.reached / self._last)
            self.lost = max(self.lost, live.lost())
            self.begun = int(live.tables[EntityKind.NUMBER].store.start[0])
        return self

    @property
    def calls(self) -> int:
        """Calls that were judged."""
        return sum(self.judged.values())

    def newest_rows(self) -> list[bytes]:
        """Every alert as it was last told."""
        return list(self.newest_said.values())

    def standing_rows(self) -> list[bytes]:
        """The alerts that still stand: a late call may begin a story earlier, and then tells it under another id."""
        return [row for told in self._standing.values() for _, row in told.values()]

    def _say(self, alerts: Sequence[Alert], reached: int) -> None:
        fresh: dict[tuple[Entity, str], dict[str, tuple[Alert, bytes]]] = {}
        for alert in alerts:
            row = encode(alert)
            self.said.setdefault(alert.id, []).append(Row(digest_of(alert.id, row), reached))
            self.newest_said[alert.id] = row
            fresh.setdefault((alert.entity, alert.scheme), {})[alert.id] = alert, row
        for story, told in fresh.items():
            first = min(alert.first_seen for alert, _ in told.values())
            before = self._standing.get(story, {})
            closed = {key: each for key, each in before.items() if each[0].last_seen < first}
            self._standing[story] = closed | told

    def _started(self, leg: Leg) -> Live:
        """Profiles as that start found them: from its checkpoint, or built anew, then stepped in silence."""
        session = leg.session
        pack = self._packs[session.pack]
        live = Live(self._lake, pack, self._network, max_bytes=session.max_bytes, start=session.begun)
        position = 0
        if session.position:
            position, extra = checkpoint.load(self._place(session.position), live.tables)
            if position:
                live.bridges.restore(extra["bridges"])
        self._pack, self._known = session.pack, -1
        self._learn(live, session.known)
        live.remember(self.kept.fired)
        for calls in in_order(self._lake, self._network, position, session.cursor, window=WINDOW):
            live.step(calls)
        return live

    def _judge(self, live: Live, batch: Batch, calls: pa.Table) -> None:
        if batch.pack != self._pack:
            self._pack = batch.pack
            live.release(self._packs[batch.pack])
        self._learn(live, batch.known)
        live.adviser = self._adviser(batch.model)
        times = calls["started"].cast(pa.int64()).to_numpy() // 1_000_000
        live.begin(int(times.min()))
        fired, _ = live.split(live.step(calls))
        forget = int(times.max()) - 2 * live.pack.words.bands.silent_days * 86400
        self._say(live.alerts(fired), batch.reached)
        self.kept.add(fired)
        self.kept.forget(forget, live.pack)
        live.forget(forget, self.kept.spared)
        self.judged[batch.reached] = self.judged.get(batch.reached, 0) + len(times)
        clock = np.maximum.accumulate(np.concatenate([[self.newest], times]))
        self.late += int(np.count_nonzero(times < clock[:-1]))
        self.newest = int(clock[-1])
        self._save(live, batch.reached)

    def _adviser(self, number: int) -> Adviser:
        if number not in self._advisers:
            try:
                self._advisers[number] = former_adviser(self._lake, self._network, number)
            except ModelError:
                self.models_gone.add(number)
                self._advisers[number] = former_adviser(self._lake, self._network, 0)
        return self._advisers[number]

    def _learn(self, live: Live, known: int) -> None:
        if known == self._known:
            return
        self._known = known
        subscribers, trunks = (
            self._lake.reference(kind, network=self._network, up_to_import=known) for kind in ("subscribers", "trunks")
        )
        live.set_references(activations_of(subscribers), trunks)

    def _save(self, live: Live, position: int) -> None:
        if position in self._wanted:
            checkpoint.save(self._place(position), live.tables, position, {"bridges": live.bridges.saved()})

    def _place(self, position: int) -> Path:
        return self._temporary / f"at-{position}"


def batched(lake: Lake, network: str, after: int, batches: Sequence[Batch]) -> Iterator[tuple[Batch, pa.Table]]:
    """The calls of each batch, sorted by seq; where lines of the journal are gone, in windows of the watcher's size."""
    if not batches:
        return
    ends = np.array([batch.reached for batch in batches], np.int64)
    rest: pa.Table | None = None
    for table in in_order(lake, network, after, int(ends[-1]), window=_READ):
        calls = table if rest is None else pa.concat_tables([rest, table])
        seq = calls["seq"].to_numpy()
        done = 0
        whole = ends[(ends >= seq[0]) & (ends <= seq[-1])]
        for end, cut in zip(whole.tolist(), np.searchsorted(seq, whole, side="right").tolist(), strict=True):
            batch = batches[int(np.searchsorted(ends, end))]
            for low in range(done, cut, WINDOW):
                yield batch, calls.slice(low, min(WINDOW, cut - low))
            done = cut
        rest = calls.slice(done) if done < len(seq) else None
    if rest is not None:
        yield batches[-1], rest
