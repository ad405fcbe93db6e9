"""Decides what a history holds of a draft and its live version: who was hit, when, after how much, and by what else.

Two threads walk the history's buckets; what is kept grows with the entities hit, never with the calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock, local

import numpy as np
from numpy.typing import NDArray

from fanzha.detection.backtest.draft import reads_level
from fanzha.detection.backtest.history import History, Progress
from fanzha.detection.backtest.honest import HonestKinds
from fanzha.detection.backtest.walk import Tally, Tried, blank, tried_of, walk
from fanzha.detection.backtest.words import read_costs
from fanzha.detection.judge import Findings, Sink, make_sink, replay_all
from fanzha.detection.outcomes import Known
from fanzha.detection.pack import Pack
from fanzha.detection.program import Program, compile_rules
from fanzha.detection.rule import Rule
from fanzha.detection.scan import STAGE_ONE, codes_of
from fanzha.profiles.event import OUTGOING, WAS_ANSWERED, Events
from fanzha.profiles.layout import Store
from fanzha.profiles.spill import BUCKETS
from fanzha.profiles.trace import single_store

_SINK_ROWS = 20_000
FRAUD, HONEST, UNKNOWN = 1, 0, -1
_Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Plan:
    """What is tried: the draft, the live version where there is another, and the rungs of a sweep, loosest first.

    pack: the whole pack with the draft in place; others: its rules beside the draft, for the overlap.
    """

    draft: Rule
    live: Rule | None
    rungs: Sequence[Rule]
    pack: Pack
    known: Known
    seed: int

    @property
    def rules(self) -> list[Rule]:
        """Those watched each by itself."""
        return [self.draft] if self.live is None else [self.draft, self.live]

    @property
    def others(self) -> list[int]:
        """Places in the pack of the rules of the same kind of entity, beside the draft."""
        return [
            at
            for at, rule in enumerate(self.pack.rules)
            if rule.entity == self.draft.entity and rule.judged and rule.id != self.draft.id and not rule.shadow
        ]


@dataclass(frozen=True)
class Hits:
    """The entities hit, H of them, by R rules (draft first); 0 in `first`: not hit by that rule."""

    key: _Ints  # [H]
    label: NDArray[np.int8]  # [H] FRAUD, HONEST or UNKNOWN
    known: _Ints  # [H] place in `Known`, -1
    first: _Ints  # [R, H]
    calls: _Ints  # [R, H] outgoing calls by then
    victims: _Ints  # [R, H] of fraud: numbers that had answered it by then
    hours: _Ints  # [R, H]
    lost: _Ints  # [R, H]
    kind: NDArray[np.int8]  # [R, H] kind of the honest and unknown, as the lake tells it
    reached: _Ints  # [H]
    rung_calls: _Ints  # [L, H] of fraud, else 0
    asked: NDArray[np.bool_]  # [H] whether the other rules were asked
    other: _Ints  # [O, H] first hit by each of `Plan.others`


@dataclass(frozen=True)
class Hard:
    """An entity that is not known as fraud, at its first hit by the draft."""

    hours: int
    tie: int
    key: int
    label: int
    first: int
    calls: int
    kind: int
    known: int
    score: float
    also: tuple[int, ...]  # of Plan.others
    vector: NDArray[np.float64]
    recent: _Ints


@dataclass
class Trial:
    """What the walk found."""

    judged: int
    judged_known: NDArray[np.bool_]  # of Known: whether it was judged at all
    hits: Hits
    hardest: list[Hard] = field(default_factory=list)


class _Tools(local):
    store: Store | None = None
    sink: Sink | None = None


@dataclass(frozen=True)
class _Part:
    judged: int
    seen: _Ints  # places in Known
    hits: Hits


class Walker:
    """Walks a history's buckets with one plan."""

    def __init__(self, plan: Plan, history: History, kinds: HonestKinds) -> None:
        self.plan, self.history, self.kinds = plan, history, kinds
        self.costs = read_costs()
        self.code = codes_of(plan.pack)[plan.draft.entity]
        self.tried = self._tried(plan.rules, list(plan.rungs))
        self.others = self._tried([plan.pack.rules[at] for at in plan.others], [])
        self.hardest: list[Hard] = []
        self._bar = Lock()
        self._tools = _Tools()

    def run(self, tell: Progress) -> Trial:
        """Every bucket, two at a time, put together in their order."""
        parts = []
        with ThreadPoolExecutor(2) as threads:
            for number, part in enumerate(threads.map(self.bucket, range(BUCKETS))):
                parts.append(part)
                tell("judge", (number + 1) / BUCKETS)
        return self.put_together(parts)

    def put_together(self, parts: list[_Part]) -> Trial:
        """One trial of the parts of all buckets, in their order."""
        seen = np.zeros(len(self.plan.known.keys), bool)
        for part in parts:
            seen[part.seen] = True
        return Trial(sum(part.judged for part in parts), seen, _joined([part.hits for part in parts]), self.hardest)

    def _tried(self, rules: list[Rule], rungs: list[Rule]) -> Tried:
        program: Program = compile_rules([*rules, *rungs], self.plan.pack.words)
        # A fact is no call of the one it is told of: what those could not have done without service, nobody knows.
        hours = [self.costs.priced(rule.measure)[1] if rule.entity in STAGE_ONE else 0 for rule in rules]
        hold = [each * 3600 if each else -1 for each in hours]
        since = int(self.history.start.timestamp())
        level = any(reads_level(rule) for rule in (*rules, *rungs))
        return tried_of(program, rules=len(rules), hold=np.array(hold, np.int64), since=since, level=level)

    def bucket(self, number: int) -> _Part:
        """What one bucket of the history holds."""
        events = self.history.bucket(number)
        starts = np.flatnonzero(np.append(True, np.diff(events["key"]) != 0)) if len(events) else np.zeros(0, np.int64)
        tally = self._walk(events, self.tried, len(starts))
        key = events["key"][starts]
        place, known = _places(self.plan.known.keys, self.history.shown(key))
        judged = tally.judged
        hit = np.flatnonzero((tally.first != 0).any(axis=0) | (tally.reached > 0))
        ends = np.append(starts[1:], len(events))
        hits = self._hits(events, starts, ends, tally, hit, np.where(known, place, -1)[hit])
        return _Part(int(judged.sum()), place[known & judged], hits)

    def _walk(self, events: Events, tried: Tried, entities: int) -> Tally:
        store, sink = self._own()
        tally = blank(tried, entities)
        walk(store, events, self.history.known, tried, tally, self.code, sink)
        sink.used[:] = 0
        return tally

    def _own(self) -> tuple[Store, Sink]:
        tools = self._tools
        if tools.store is None or tools.sink is None:
            tools.store = single_store(self.plan.draft.entity, self.history.begin)
            tools.sink = make_sink(_SINK_ROWS, int(self.code.bounds[3]))
        return tools.store, tools.sink

    def _hits(self, events: Events, starts: _Ints, ends: _Ints, tally: Tally, hit: _Ints, known: _Ints) -> Hits:
        key = self.history.shown(events["key"][starts[hit]])
        label = np.where(known < 0, UNKNOWN, self.plan.known.fraud[known] if len(self.plan.known.keys) else UNKNOWN)
        first = tally.first[:, hit]
        fraud = label == FRAUD
        victims = np.zeros(first.shape, np.int64)
        for at in np.flatnonzero(fraud).tolist():
            own = events[starts[hit[at]] : ends[hit[at]]]
            victims[:, at] = [
                _answered(own, int(seq), int(t)) for seq, t in zip(tally.seq[:, hit[at]], first[:, at], strict=True)
            ]
        kind = np.full(first.shape, -1, np.int8)
        for rule in range(len(first)):
            told = np.flatnonzero(~fraud & (first[rule] > 0))
            kind[rule, told] = self.kinds.of(key[told], tally.vector[rule, hit[told]])
        sampled = self._sampled(key, ends[hit] - starts[hit], first[0] > 0)
        hard = self._harder(key, label, tally, hit)
        other, score = self._ask_others(events, starts, ends, hit, sampled | hard)
        self._keep_hardest(key, label, known, tally, hit, kind[0], np.flatnonzero(hard), other, score)
        return Hits(
            key=key,
            label=label.astype(np.int8),
            known=known,
            first=first,
            calls=tally.calls[:, hit].astype(np.int64),
            victims=victims,
            hours=tally.hours[:, hit].astype(np.int64),
            lost=tally.lost[:, hit].astype(np.int64),
            kind=kind,
            reached=tally.reached[hit].astype(np.int64),
            rung_calls=np.where(fraud, tally.rung_calls[:, hit], 0).astype(np.int64),
            asked=sampled,
            other=other,
        )

    def _sampled(self, key: _Ints, events: _Ints, hit: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Those whom the other rules are asked about: all, or, beyond the bound, a seeded draw."""
        order = np.argsort(drawn(key, self.plan.seed), kind="stable")
        order = order[hit[order]]
        within = np.cumsum(events[order]) <= self.costs.asked_events // BUCKETS
        within[:1] = True  # a busy cell alone may be beyond the bound
        chosen = np.zeros(len(key), bool)
        chosen[order[within]] = True
        return chosen

    def _harder(self, key: _Ints, label: _Ints, tally: Tally, hit: _Ints) -> NDArray[np.bool_]:
        """Those who may yet be among the hardest: it held for them in more hours than for the least hard so far."""
        with self._bar:
            full = len(self.hardest) == self.costs.hardest
            bar = (self.hardest[-1].hours, self.hardest[-1].tie) if full else (0, 0)
        hours = tally.hours[0, hit]
        tie = drawn(key, self.plan.seed)
        wanted = (label != FRAUD) & (tally.first[0, hit] > 0)
        wanted &= (hours > bar[0]) | ((hours == bar[0]) & (tie > bar[1]))
        order = np.lexsort((-tie, -hours))
        order = order[wanted[order]][: self.costs.hardest]
        chosen = np.zeros(len(key), bool)
        chosen[order] = True
        return chosen

    def _ask_others(
        self, events: Events, starts: _Ints, ends: _Ints, hit: _Ints, asked: NDArray[np.bool_]
    ) -> tuple[_Ints, NDArray[np.float64]]:
        """First hits by the other rules, [O, H], and the highest score with the draft in the pack, of those asked."""
        other = np.zeros((len(self.plan.others), len(hit)), np.int64)
        score = np.zeros(len(hit))
        at = np.flatnonzero(asked)
        if len(at):
            runs = [events[starts[hit[each]] : ends[hit[each]]] for each in at.tolist()]
            own = np.concatenate(runs)
            other[:, at] = self._walk(own, self.others, len(at)).first
            store, sink = self._own()
            found = replay_all(store, own, self.history.known, self.code, sink)
            score[at] = highest(found, self.plan.pack, own["key"][np.cumsum([0, *map(len, runs[:-1])])])
        return other, score

    def _keep_hardest(
        self,
        key: _Ints,
        label: _Ints,
        known: _Ints,
        tally: Tally,
        hit: _Ints,
        kind: NDArray[np.int8],
        hard: _Ints,
        other: _Ints,
        score: NDArray[np.float64],
    ) -> None:
        tie = drawn(key, self.plan.seed)
        cases = [
            Hard(
                hours=int(tally.hours[0, hit[at]]),
                tie=int(tie[at]),
                key=int(key[at]),
                label=int(label[at]),
                first=int(tally.first[0, hit[at]]),
                calls=int(tally.calls[0, hit[at]]),
                kind=int(kind[at]),
                known=int(known[at]),
                score=float(score[at]),
                also=tuple(np.flatnonzero(other[:, at]).tolist()),
                vector=tally.vector[0, hit[at]].copy(),
                recent=tally.recent[0, hit[at]].copy(),
            )
            for at in hard.tolist()
        ]
        with self._bar:
            self.hardest = sorted([*self.hardest, *cases], key=lambda case: (-case.hours, -case.tie))
            del self.hardest[self.costs.hardest :]


def highest(found: Findings, pack: Pack, keys: _Ints) -> NDArray[np.float64]:
    """The highest score of any scheme for each of `keys`, from the firings of one kind; 0 for none."""
    program = pack.program
    rows = found.firings[(found.firings["snapshot"] >= 0) & (program.rule_home[found.firings["rule"]] < 0)]
    result = np.zeros(len(keys))
    if len(rows) == 0:
        return result
    marks = np.stack([rows["key"], rows["seq"], program.rule_scheme[rows["rule"]].astype(np.int64)], axis=1)
    events, group = np.unique(marks, axis=0, return_inverse=True)
    best = np.zeros((len(events), program.families))
    np.maximum.at(best, (group.ravel(), program.rule_family[rows["rule"]]), program.rule_score[rows["rule"]])
    total = np.floor(1000.0 * (1.0 - np.prod(1.0 - best / 100.0, axis=1)) + 0.5) / 10.0
    total = np.where((best > 0).sum(axis=1) < 2, np.minimum(total, program.cap), total)
    place = np.argsort(keys, kind="stable")
    np.maximum.at(result, place[np.searchsorted(keys[place], events[:, 0])], total)
    return result


def _answered(own: Events, seq: int, t: int) -> int:
    """Distinct numbers that one entity had called and that answered, by its first hit (this call)."""
    if t == 0:
        return 0
    wanted = OUTGOING | WAS_ANSWERED
    until = (own["t"] < t) | ((own["t"] == t) & (own["seq"] <= seq))
    return len(np.unique(own["peer"][until & (own["flags"] & wanted == wanted)]))


def _places(known: _Ints, keys: _Ints) -> tuple[_Ints, NDArray[np.bool_]]:
    """Where each key stands in a rising array, and whether it is there."""
    if len(known) == 0:
        return np.zeros(len(keys), np.int64), np.zeros(len(keys), bool)
    at = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return at, known[at] == keys


def drawn(keys: _Ints, seed: int) -> _Ints:
    """A number for each key that only the key and the seed decide (splitmix64), not negative."""
    x = keys.astype(np.uint64) + np.uint64((seed * 0x9E3779B97F4A7C15) % 2**64)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((x ^ (x >> np.uint64(31))) >> np.uint64(1)).astype(np.int64)


def _joined(parts: list[Hits]) -> Hits:
    return Hits(
        **{name: np.concatenate([getattr(part, name) for part in parts], axis=-1) for name in Hits.__annotations__}
    )
