"""Decides which long calls are held beside a number that dials strangers: the two halves of a portable bridge (B5).

Long calls and the first stage's `dialler_call` facts come in order of arrival. What comes out are events of the
holder's BRIDGE profile: incoming ones are its long calls, outgoing ones what the dialler beside it called meanwhile.
"""

from __future__ import annotations

import base64
import json
import zlib
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import astuple, dataclass, field
from typing import NamedTuple

import numpy as np

from fanzha.detection.judge import Findings
from fanzha.detection.screen import Detail
from fanzha.detection.words import BridgeBounds
from fanzha.profiles.event import EVENT, NO_RING, OUTGOING, WAS_ANSWERED, Events
from fanzha.profiles.feed import CallColumns
from fanzha.profiles.fields import EntityKind

Mark = tuple[int, int, int]  # holder, seq, dialler
Names = Callable[[EntityKind, int], str]
_SWEEP_S = 3600


class Pair(NamedTuple):
    """What stood behind one event: the dialler, the cell, and the share of its calls there that the holder covered."""

    dialler: int
    cell: int
    share: float


class _Row(NamedTuple):
    """A dial, or a long call with the seconds that it rang."""

    cell: int
    number: int
    seq: int
    t: int
    talk: int
    ring: int
    flags: int


@dataclass(slots=True)
class _Dial:
    t: int
    seq: int
    talk: int
    flags: int
    number: int
    holders: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Held:
    start: int
    end: int
    seq: int
    talk: int
    number: int
    told: bool = False


@dataclass(slots=True)
class _Cell:
    """What is remembered of one cell: dials by their time, long calls by their start, and both times beside them."""

    key: int
    clock: int = 0
    dials: list[_Dial] = field(default_factory=list)
    dialled: list[int] = field(default_factory=list)  # dials[i].t
    calls: list[_Held] = field(default_factory=list)
    began: list[int] = field(default_factory=list)  # calls[i].start
    longest: int = 0  # seconds, of any call ever held here
    total: dict[int, int] = field(default_factory=dict)  # dials by dialler
    inside: dict[int, dict[int, int]] = field(default_factory=dict)  # by dialler, then holder

    def add(self, dial: _Dial) -> None:
        at = bisect_right(self.dialled, dial.t)
        self.dialled.insert(at, dial.t)
        self.dials.insert(at, dial)
        self.total[dial.number] = self.total.get(dial.number, 0) + 1
        for holder in dial.holders:
            self.cover(dial.number, holder, 1)

    def cover(self, dialler: int, holder: int, more: int) -> None:
        """Count dials that fell into a holder's calls."""
        inside = self.inside.setdefault(dialler, {})
        inside[holder] = inside.get(holder, 0) + more

    def hold(self, held: _Held) -> None:
        at = bisect_right(self.began, held.start)
        self.began.insert(at, held.start)
        self.calls.insert(at, held)
        self.longest = max(self.longest, held.end - held.start)

    def over(self, t: int) -> list[_Held]:
        """The long calls that cover this moment."""
        first, last = bisect_left(self.began, t - self.longest), bisect_right(self.began, t)
        return [held for held in self.calls[first:last] if held.end >= t]

    def during(self, held: _Held) -> list[_Dial]:
        """What others dialled while this call was held."""
        first, last = bisect_left(self.dialled, held.start), bisect_right(self.dialled, held.end)
        return [dial for dial in self.dials[first:last] if dial.number != held.number]

    def forget_dial(self) -> None:
        del self.dialled[0]
        dial = self.dials.pop(0)
        for holder in dial.holders:
            self.cover(dial.number, holder, -1)
        if self.total[dial.number] == 1:
            del self.total[dial.number]
            self.inside.pop(dial.number, None)
        else:
            self.total[dial.number] -= 1

    def forget_call(self) -> None:
        del self.calls[0], self.began[0]


def long_calls(calls: CallColumns, least_s: int) -> Events:
    """Calls talked for at least so long, once for each side whose cell is known: key the cell, peer the holder."""
    some = ((calls.flags & WAS_ANSWERED) != 0) & (calls.talk >= least_s)
    parts = []
    for number, cell in ((calls.caller, calls.caller_cell), (calls.callee, calls.callee_cell)):
        at = np.flatnonzero(some & (number != 0) & (cell != 0))
        rows = np.zeros(len(at), EVENT)
        rows["key"] = rows["place"] = cell[at]
        rows["peer"], rows["seq"], rows["t"] = number[at], calls.seq[at], calls.t[at]
        rows["talk"], rows["flags"] = calls.talk[at], WAS_ANSWERED
        rows["ring"] = np.where(calls.ring[at] == NO_RING, 0, calls.ring[at])
        parts.append(rows)
    return np.concatenate(parts)


class Bridges:
    """Pairs long calls with the dialling beside them; remembers a day of each cell, within a bound."""

    def __init__(self, bounds: BridgeBounds) -> None:
        self._bounds = bounds
        self._cells: dict[int, _Cell] = {}
        self._clock = self._swept = 0
        self.dropped = 0  # forgotten before their day was over

    def step(self, calls: Events, facts: Events) -> tuple[Events, dict[Mark, Pair]]:
        """BRIDGE events in order, from `long_calls` and `dialler_call` facts in any order, all newer than the last."""
        both = np.concatenate([calls, facts])
        found: list[tuple[int, ...]] = []
        pairs: dict[Mark, Pair] = {}
        for row in _rows(both[np.argsort(both["seq"], kind="stable")]):
            cell = self._cell(row.cell, row.t)
            take = self._dialled if row.flags & OUTGOING else self._held
            for holder, dialler, seq, t, talk, flags in take(cell, row):
                share = cell.inside[dialler][holder] / cell.total[dialler]
                pairs[holder, seq, dialler] = Pair(dialler, cell.key, share)
                found.append((holder, dialler, cell.key, 0, seq, t, talk, NO_RING, flags, -1, EntityKind.BRIDGE, 0))
        return np.array(found, EVENT), pairs

    def _cell(self, key: int, t: int) -> _Cell:
        """The cell as of `t`, without what is older than a day."""
        self._clock = max(self._clock, t)
        span = self._bounds.hours * 3600
        if self._clock - self._swept > _SWEEP_S:
            self._swept = self._clock
            # Twice the span: a record as late as that finds nothing here that it would not have forgotten itself.
            self._cells = {k: c for k, c in self._cells.items() if c.clock >= self._clock - 2 * span}
        cell = self._cells.get(key)
        if cell is None:
            cell = self._cells[key] = _Cell(key)
        cell.clock = max(cell.clock, t)
        while cell.dialled and cell.dialled[0] < cell.clock - span:
            cell.forget_dial()
        while cell.calls and cell.calls[0].end < cell.clock - span:
            cell.forget_call()
        return cell

    def _dialled(self, cell: _Cell, row: _Row) -> Iterator[tuple[int, ...]]:
        number = row.number
        over = [held for held in cell.over(row.t) if held.number != number]
        holders = list(dict.fromkeys(held.number for held in over))
        dial = _Dial(row.t, row.seq, row.talk, row.flags, number, holders)
        cell.add(dial)
        if len(cell.dials) > self._bounds.keep_dials:
            cell.forget_dial()
            self.dropped += 1
        for held in over:
            if self._fits(cell, number, held.number):
                yield from _tell(held, [dial])

    def _held(self, cell: _Cell, row: _Row) -> Iterator[tuple[int, ...]]:
        held = _Held(row.t, row.t + row.ring + row.talk, row.seq, row.talk, row.number)
        cell.hold(held)
        if len(cell.calls) > self._bounds.keep_calls:
            cell.forget_call()
            self.dropped += 1
        during: dict[int, list[_Dial]] = defaultdict(list)
        for dial in cell.during(held):
            during[dial.number].append(dial)
            if held.number not in dial.holders:
                dial.holders.append(held.number)
                cell.cover(dial.number, held.number, 1)
        for number, dials in during.items():
            if self._fits(cell, number, held.number):
                yield from _tell(held, dials)

    def _fits(self, cell: _Cell, dialler: int, holder: int) -> bool:
        """Whether nearly all that the dialler did here fell into this holder's calls, and into few others'.

        A holder that dials strangers here itself is no idle half: two agents at work, or two cards of one box.
        """
        total, inside = cell.total.get(dialler, 0), cell.inside.get(dialler, {})
        enough = self._bounds.share * total
        if total < self._bounds.dials or holder in cell.total or inside.get(holder, 0) < enough:
            return False
        rivals = sum(count >= enough for count in inside.values())
        return rivals <= self._bounds.rivals

    def saved(self) -> str:
        """All that is remembered, for a checkpoint."""
        cells = [
            [cell.key, cell.clock, [astuple(dial) for dial in cell.dials], [astuple(held) for held in cell.calls]]
            for cell in self._cells.values()
        ]
        text = json.dumps([self._clock, self._swept, self.dropped, cells], separators=(",", ":"))
        return base64.b64encode(zlib.compress(text.encode(), 1)).decode()

    def restore(self, saved: str) -> None:
        """Take up what `saved` gave; the next step goes on as if there had been no stop."""
        self._clock, self._swept, self.dropped, cells = json.loads(zlib.decompress(base64.b64decode(saved)))
        self._cells = {}
        for key, clock, dials, calls in cells:
            cell = self._cells[key] = _Cell(key, clock)
            for row in calls:
                cell.hold(_Held(*row))
            for row in dials:
                cell.add(_Dial(*row))


def _rows(events: Events) -> Iterator[_Row]:
    """Plain words of events: a column at a time is several times cheaper than a field of a row."""
    columns = (events[name].tolist() for name in ("key", "peer", "seq", "t", "talk", "ring", "flags"))
    yield from map(_Row, *columns)


def _tell(held: _Held, dials: list[_Dial]) -> Iterator[tuple[int, ...]]:
    """Events of a holder: its call, once, then what was dialled during it."""
    if not held.told:
        held.told = True
        yield held.number, dials[0].number, held.seq, held.start, held.talk, WAS_ANSWERED
    for dial in dials:
        yield held.number, dial.number, dial.seq, dial.t, dial.talk, dial.flags


def details_of(found: Findings, pairs: Mapping[Mark, Pair], names: Names) -> dict[int, Detail]:
    """What the alert says of the other half, by snapshot."""
    details: dict[int, Detail] = {}
    for row in found.firings:
        pair = pairs.get((int(row["key"]), int(row["seq"]), int(row["peer"])))
        if row["snapshot"] >= 0 and pair is not None:
            details[int(row["snapshot"])] = {
                "dialler": names(EntityKind.NUMBER, pair.dialler),
                "cell": names(EntityKind.CELL, pair.cell),
                "share": round(pair.share, 3),
            }
    return details
