"""Decides what a rule of the second stage is tried on: the events that the first stage's facts are to its kind.

A victim, a site, a bridge or a rack is fed by facts that other entities' rules tell. So the whole first stage is judged
on the stretch, as `fanzha scan` does, under the rules that act today; its facts, in memory, are the history of the
draft. Nothing of it depends on the draft, which tells no fact that the first stage hears: one such pass is exact.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanzha.detection import screen
from fanzha.detection.backtest.history import History, Progress
from fanzha.detection.pack import Pack
from fanzha.detection.scan import STAGE_ONE, WARM_UP, Engine, Job, paired, second_stage
from fanzha.profiles.epoch import activations_of
from fanzha.profiles.event import EVENT, Events
from fanzha.profiles.fields import EntityKind
from fanzha.profiles.spill import BUCKETS
from fanzha.records.lake import Lake

_Ints = NDArray[np.int64]


class Facts(History):
    """The facts of a stretch as one kind of the second stage hears them; `calls` are those that the first stage read.

    engine: who reads and judges the first stage, under the rules of `pack`.
    """

    def __init__(self, lake: Lake, kind: EntityKind, *, pack: Pack, engine: Engine, **more: Any) -> None:
        self._pack, self._engine = pack, engine
        self._facts: Events = np.zeros(0, EVENT)
        self._cells: tuple[_Ints, _Ints] = (np.zeros(0, np.int64), np.zeros(0, np.int64))
        super().__init__(lake, kind, **more)

    @property
    def events(self) -> int:
        return len(self._facts)

    def shown(self, keys: _Ints) -> _Ints:
        """Outsiders know a rack by its cell."""
        if self.kind != EntityKind.RACK:
            return keys
        racks, cells = self._cells
        return cells[np.searchsorted(racks, keys)]

    def bucket(self, number: int) -> Events:
        low, high = self._bounds[number], self._bounds[number + 1]
        return self._facts[low:high]

    def _read(self, lake: Lake, start: datetime | None, tell: Progress) -> None:
        job = Job(
            lake=lake,
            pack=self._pack,
            network=self.network,
            known=activations_of(lake.reference("subscribers", network=self.network)),
            contracts=screen.contracts_of(lake.reference("trunks", network=self.network)),
            begun=self.begin,
            start=start - WARM_UP if start else None,
            end=self.end,
            up_to_seq=None,
            by_time=True,
            kinds=self._tellers(),
            temporary=self.temporary,
            tell=lambda step, share: tell("read" if step == "read" else "judge", share),
        )
        stage = self._engine(job)
        self.calls = stage.calls
        facts = stage.facts
        if self.kind == EntityKind.BRIDGE:
            facts, _ = paired(stage, facts, self._pack.words.bridge)
        self._facts = second_stage(self.kind, facts, by_time=True)
        keys, starts = np.unique(self._facts["key"], return_index=True)
        self._cells = keys, self._facts["place"][starts]
        cuts = np.append(starts, len(self._facts))
        self._bounds = cuts[np.linspace(0, len(starts), BUCKETS + 1).astype(np.int64)]

    def _tellers(self) -> tuple[EntityKind, ...]:
        """The kinds whose rules tell this one anything."""
        heard = {rule.entity for rule in self._pack.rules if rule.emits and self._is_told(rule.emits.to)}
        return tuple(kind for kind in STAGE_ONE if kind in heard)

    def _is_told(self, to: str) -> bool:
        return EntityKind[to.upper()] == self.kind
