"""Decides, event by event, which rules hold for a profile, and writes down firings and facts: one loop body for all.

The replay drives it over events sorted by key, the live table over events as they come. Rules that hold at the same
event are scored together; a firing is written when a scheme's score rises, and a touch once an hour while it holds.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanzha.detection.bytecode import STACK, run
from fanzha.detection.program import Program
from fanzha.detection.score import combine, scheme_score
from fanzha.errors import RuleError
from fanzha.profiles.contacts import mix
from fanzha.profiles.epoch import Activations
from fanzha.profiles.event import EVENT, OUTGOING, Events
from fanzha.profiles.fields import FIELD_COUNT, EntityKind
from fanzha.profiles.kernel import kernel
from fanzha.profiles.layout import (
    N_FIRED_AT,
    N_IN,
    N_LEVEL,
    N_OUT,
    N_TOUCHED,
    N_TOUCHED_HOUR,
    RECENT,
    SCHEMES,
    Store,
)
from fanzha.profiles.table import PROMOTE_AT, LiveTable, Table, admit, approach, feed
from fanzha.profiles.trace import ended, renew
from fanzha.profiles.vector import fill

FIRING = np.dtype(
    [
        ("key", np.int64),
        ("seq", np.int64),
        ("t", np.int64),
        ("peer", np.int64),
        ("place", np.int64),
        ("gear", np.int64),
        ("snapshot", np.int32),  # row of the vectors, -1 for a touch that only moves last_seen
        ("rule", np.int16),
        ("kind", np.int8),
    ],
    align=True,
)
_ROOM = 128  # rows that must be free before an event is judged: more than its rules can write
_VICTIM = int(EntityKind.VICTIM)


class Code(NamedTuple):
    """The rules of one kind as plain arrays, and the bands they are measured by."""

    ops: NDArray[np.int32]
    constants: NDArray[np.float64]
    lists: NDArray[np.float64]
    list_offsets: NDArray[np.int64]
    rule_start: NDArray[np.int32]
    rule_on: NDArray[np.int8]
    rule_minimum: NDArray[np.int32]
    rule_score: NDArray[np.float64]
    rule_scheme: NDArray[np.int16]
    rule_family: NDArray[np.int16]
    rule_emits: NDArray[np.int8]
    rule_home: NDArray[np.int16]
    rule_twin: NDArray[np.int16]
    rule_share: NDArray[np.int64]
    gate_field: NDArray[np.int32]
    gate_low: NDArray[np.float64]
    fact_kind: NDArray[np.int8]
    bounds: NDArray[np.int64]  # first rule, past the last, entity kind, families, seconds of silence that close
    marks: NDArray[np.float64]  # cap for one family, lowest band


class Sink(NamedTuple):
    """Where judging writes; `used` counts firings, snapshots and facts."""

    firings: NDArray[Any]
    vectors: NDArray[np.float64]
    recent: NDArray[np.int64]  # [snapshots, RECENT]: seqs of the calls behind each, 0 none
    facts: Events
    used: NDArray[np.int64]
    scratch: NDArray[np.float64]  # [FIELD_COUNT]
    best: NDArray[np.float64]  # [families]
    stack: NDArray[np.float64]  # [STACK]


def code_of(program: Program, kind: EntityKind, *, watch: float, silent_s: int) -> Code:
    """The part of a program that judges this kind; `watch` is the lowest score that is written down."""
    if program.schemes > SCHEMES:
        raise RuleError(f"{program.schemes} schemes are more than a profile keeps ({SCHEMES})", hint="merge schemes")
    first, last = int(program.kind_first[kind]), int(program.kind_last[kind])
    return Code(
        program.ops,
        program.constants,
        program.lists,
        program.list_offsets,
        program.rule_start,
        program.rule_on,
        program.rule_minimum,
        program.rule_score,
        program.rule_scheme,
        program.rule_family,
        program.rule_emits,
        program.rule_home,
        program.rule_twin,
        program.rule_share,
        program.gate_field,
        program.gate_low,
        program.fact_kind,
        np.array([first, last, kind, program.families, silent_s], np.int64),
        np.array([program.cap, watch], np.float64),
    )


def make_sink(rows: int, families: int) -> Sink:
    """Room for `rows` firings, snapshots and facts."""
    return Sink(
        np.zeros(rows, FIRING),
        np.empty((rows, FIELD_COUNT)),
        np.zeros((rows, RECENT), np.int64),
        np.zeros(rows, EVENT),
        np.zeros(3, np.int64),
        np.full(FIELD_COUNT, np.nan),
        np.zeros(families),
        np.zeros(STACK),
    )


@kernel
def _write_fact(code: Code, sink: Sink, rule: int, e: Any) -> None:
    to = code.fact_kind[code.rule_emits[rule]]
    target = e.peer if to == _VICTIM else e.place
    if target == 0:
        return
    at = sink.used[2]
    sink.facts[at] = e
    fact = sink.facts[at]
    fact.key = target
    fact.peer = e.key
    fact.pad = to
    sink.used[2] = at + 1


@kernel
def _write_firing(code: Code, sink: Sink, rule: int, e: Any, snapshot: int) -> None:
    at = sink.used[0]
    row = sink.firings[at]
    row.key, row.seq, row.t = e.key, e.seq, np.int64(e.t)
    row.peer, row.place, row.gear = e.peer, e.place, e.gear
    row.snapshot, row.rule, row.kind = snapshot, rule, code.bounds[2]
    sink.used[0] = at + 1


@kernel
def _write_scheme(code: Code, sink: Sink, e: Any, fired: int, scheme: int, snapshot: int) -> None:
    for rule in range(code.bounds[0], code.bounds[1]):
        if fired >> (rule - code.bounds[0]) & 1 and code.rule_scheme[rule] == scheme:
            _write_firing(code, sink, rule, e, snapshot)


@kernel
def _snapshot(store: Store, row: int, sink: Sink) -> int:
    at = sink.used[1]
    for k in range(RECENT):
        sink.recent[at, k] = store.recent[row, k]
    for k in range(FIELD_COUNT):
        sink.vectors[at, k] = sink.scratch[k]
    sink.used[1] = at + 1
    return at


@kernel
def _holding(store: Store, row: int, code: Code, sink: Sink, e: Any, history: int) -> int:
    """The alert rules that hold now, as bits; facts are written on the way."""
    out = (np.int64(e.flags) & OUTGOING) != 0
    filled = False
    fired = 0
    for rule in range(code.bounds[0], code.bounds[1]):
        on = code.rule_on[rule]
        if (on == 1 and not out) or (on == 2 and out) or history < code.rule_minimum[rule]:
            continue
        if not filled:
            t, talk, ring = np.int64(e.t), np.int64(e.talk), np.int64(e.ring)
            fill(store, row, t, talk, ring, np.int64(e.flags), np.int64(e.kind), sink.scratch)
            filled = True
        if not sink.scratch[code.gate_field[rule]] >= code.gate_low[rule]:
            continue
        low, high = code.rule_share[rule, 0], code.rule_share[rule, 1]
        if high - low < 1000 and not low <= mix(np.int64(e.key) ^ code.rule_share[rule, 2]) % 1000 < high:
            continue
        start, stop = code.rule_start[rule], code.rule_start[rule + 1]
        ops, constants, lists, offsets = code.ops, code.constants, code.lists, code.list_offsets
        if run(ops, constants, lists, offsets, start, stop, sink.scratch, sink.stack) == 1.0:
            if code.rule_emits[rule] > 0:
                _write_fact(code, sink, rule, e)
            else:
                fired |= 1 << (rule - code.bounds[0])
    return fired


@kernel
def _as_if(code: Code, sink: Sink, fired: int, shadow: int) -> int:
    """The score, in tenths, that a shadow's scheme would have if it stood in the place of its rule's other version."""
    home, twin, first = code.rule_home[shadow], code.rule_twin[shadow], code.bounds[0]
    sink.best[:] = 0.0
    for rule in range(first, code.bounds[1]):
        beside = code.rule_scheme[rule] == home and code.rule_twin[rule] != twin
        if fired >> (rule - first) & 1 and (beside or rule == shadow):
            family = code.rule_family[rule]
            sink.best[family] = max(sink.best[family], code.rule_score[rule])
    return np.int64(combine(sink.best, code.marks[0]) * 10.0 + 0.5)


@kernel
def _shadow(store: Store, row: int, code: Code, sink: Sink, e: Any, fired: int, rule: int, snapshot: int) -> int:
    """Write a shadow down where it would score higher than before; the snapshot, which others may share."""
    tenths, slot = max(_as_if(code, sink, fired, rule), 1), code.rule_scheme[rule]
    if tenths <= store.level[row, slot]:
        return snapshot
    store.level[row, slot] = tenths
    if snapshot < 0:
        snapshot = _snapshot(store, row, sink)
    _write_firing(code, sink, rule, e, snapshot)
    return snapshot


@kernel
def _score(store: Store, row: int, code: Code, sink: Sink, e: Any, fired: int) -> None:
    """Raise or touch the open alert of every scheme whose rules hold together at a score worth writing."""
    notes = store.notes[row]
    t = np.int64(e.t)
    if notes[N_TOUCHED_HOUR] != t // 3600:
        notes[N_TOUCHED_HOUR] = t // 3600
        notes[N_TOUCHED] = 0
    snapshot = -1
    done = 0
    for rule in range(code.bounds[0], code.bounds[1]):
        scheme = np.int64(code.rule_scheme[rule])
        if not fired >> (rule - code.bounds[0]) & 1 or done >> scheme & 1:
            continue
        done |= 1 << scheme
        if code.rule_home[rule] >= 0:
            snapshot = _shadow(store, row, code, sink, e, fired, rule, snapshot)
            continue
        first, last = code.bounds[0], code.bounds[1]
        score = scheme_score(
            fired, scheme, first, last, code.rule_scheme, code.rule_family, code.rule_score, sink.best, code.marks[0]
        )
        if score < code.marks[1]:
            continue
        notes[N_FIRED_AT] = max(notes[N_FIRED_AT], t)
        tenths = np.int64(score * 10.0 + 0.5)
        if tenths > store.level[row, scheme]:
            store.level[row, scheme] = tenths
            notes[N_LEVEL] = max(notes[N_LEVEL], tenths)
            if snapshot < 0:
                snapshot = _snapshot(store, row, sink)
            _write_scheme(code, sink, e, fired, scheme, snapshot)
            notes[N_TOUCHED] |= 1 << scheme
        elif not notes[N_TOUCHED] >> scheme & 1:
            notes[N_TOUCHED] |= 1 << scheme
            _write_scheme(code, sink, e, fired, scheme, -1)


@kernel
def judge(store: Store, row: int, code: Code, sink: Sink, e: Any) -> None:
    """Judge one profile right after `e` was fed to it."""
    notes = store.notes[row]
    if notes[N_LEVEL] > 0 and np.int64(e.t) - notes[N_FIRED_AT] > code.bounds[4]:
        notes[N_LEVEL] = 0
        store.level[row] = 0
    history = notes[N_OUT] + notes[N_IN]
    if history < PROMOTE_AT:
        return
    fired = _holding(store, row, code, sink, e, history)
    if fired != 0:
        _score(store, row, code, sink, e, fired)


@kernel
def _full(sink: Sink) -> bool:
    room = min(sink.firings.shape[0] - sink.used[0], sink.facts.shape[0] - sink.used[2])
    return min(room, sink.vectors.shape[0] - sink.used[1]) < _ROOM


@kernel
def replay(store: Store, events: Any, start: int, known: Activations, code: Code, sink: Sink) -> int:
    """Judge events sorted by key from `start` on, one row for all; the index to go on at once the sink was emptied."""
    for i in range(start, events.shape[0]):
        if _full(sink):
            return i
        e = events[i]
        t = np.int64(e.t)
        if i == 0 or e.key != events[i - 1].key or ended(store, 0, t):
            renew(store, 0, known, e.key, t)
        feed(store, 0, e)
        judge(store, 0, code, sink, e)
    return events.shape[0]


@kernel
def _live(table: Table, store: Store, events: Any, start: int, known: Activations, code: Code, sink: Sink) -> int:
    for i in range(start, events.shape[0]):
        if _full(sink):
            return i
        approach(table, store, events, i)
        e = events[i]
        row = admit(table, store, known, e)
        if row >= 0:
            feed(store, row, e)
            judge(store, row, code, sink, e)
    return events.shape[0]


class Findings(NamedTuple):
    """What judging wrote: FIRING[n]; by snapshot its vector and the seqs of its calls; facts (`pad` the kind told)."""

    firings: NDArray[Any]
    vectors: NDArray[np.float64]
    recent: NDArray[np.int64]
    facts: Events


def nothing() -> Findings:
    """No findings."""
    return Findings(
        np.zeros(0, FIRING), np.zeros((0, FIELD_COUNT)), np.zeros((0, RECENT), np.int64), np.zeros(0, EVENT)
    )


def taken(sink: Sink) -> Findings:
    """Copy out and empty a sink."""
    n, s, f = sink.used
    found = Findings(sink.firings[:n].copy(), sink.vectors[:s].copy(), sink.recent[:s].copy(), sink.facts[:f].copy())
    sink.used[:] = 0
    return found


def joined(parts: list[Findings]) -> Findings:
    """Several findings as one, snapshots renumbered."""
    if not parts:
        return nothing()
    base = 0
    for part in parts:
        part.firings["snapshot"][part.firings["snapshot"] >= 0] += base
        base += len(part.vectors)
    return Findings(*(np.concatenate([getattr(p, name) for p in parts]) for name in Findings._fields))


def replay_all(store: Store, events: Events, known: Activations, code: Code, sink: Sink) -> Findings:
    """Judge events sorted by key, however much they write."""
    parts = []
    at = 0
    while at < len(events):
        at = replay(store, events, at, known, code, sink)
        parts.append(taken(sink))
    return joined(parts)


def live_all(live: LiveTable, events: Events, known: Activations, code: Code, sink: Sink) -> Findings:
    """Judge events in order of arrival against the live table."""
    parts = []
    at = 0
    live.reserve(events)
    while at < len(events):
        at = _live(live.table, live.store, events, at, known, code, sink)
        parts.append(taken(sink))
    return joined(parts)
