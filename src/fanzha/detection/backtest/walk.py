"""Decides when each rule first holds for each entity of a history: the replay's own step and vector, no alerts told.

The same feed, fill and bytecode as `judge.replay`, over the same sorted events; what differs is only what is written
down. A ladder of rules, each holding wherever the next one does, costs one look an event however many rungs it has.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanzha.detection.bytecode import run
from fanzha.detection.judge import Code, Sink, judge
from fanzha.detection.program import Program
from fanzha.profiles.epoch import Activations
from fanzha.profiles.event import OUTGOING, Events
from fanzha.profiles.fields import FIELD_COUNT
from fanzha.profiles.kernel import kernel
from fanzha.profiles.layout import N_IN, N_OUT, RECENT, SUM_WIDTH, Store
from fanzha.profiles.table import PROMOTE_AT, feed
from fanzha.profiles.trace import ended, renew
from fanzha.profiles.vector import fill

_HOUR = 3600
_SPARE = 256  # rows left in the sink before it is emptied: more than one event writes


class Tried(NamedTuple):
    """Rules as arrays: the first `bounds[1]` are watched each by itself, then `bounds[2]` rungs, loosest first."""

    ops: NDArray[np.int32]
    constants: NDArray[np.float64]
    lists: NDArray[np.float64]
    list_offsets: NDArray[np.int64]
    rule_start: NDArray[np.int32]
    rule_on: NDArray[np.int8]
    rule_minimum: NDArray[np.int32]
    gate_field: NDArray[np.int32]
    gate_low: NDArray[np.float64]
    hold: NDArray[np.int64]  # seconds without service after a hit, by rule
    bounds: NDArray[np.int64]  # first second that counts, rules, rungs, whether alert levels are needed


class Tally(NamedTuple):
    """What was seen of each entity, in the order of their runs; R rules, K entities, L rungs. 0 in `first`: no hit."""

    judged: NDArray[np.bool_]  # [K]
    first: NDArray[np.int64]  # [R, K] time of the first hit
    seq: NDArray[np.int64]  # [R, K] its call
    calls: NDArray[np.int32]  # [R, K] outgoing calls by then
    hours: NDArray[np.int32]  # [R, K] clock hours in which the rule held
    hour: NDArray[np.int32]  # [R, K] the last of these
    lost: NDArray[np.int32]  # [R, K] outgoing calls in the seconds of `hold` after the first hit
    vector: NDArray[np.float64]  # [R, K, FIELD_COUNT] at the first hit
    recent: NDArray[np.int64]  # [R, K, RECENT] seqs of the calls behind it
    reached: NDArray[np.int8]  # [K] rungs reached
    rung_calls: NDArray[np.int32]  # [L, K] outgoing calls by then


def tried_of(program: Program, *, rules: int, hold: NDArray[np.int64], since: int, level: bool) -> Tried:
    """The arrays of a program whose first `rules` are watched each by itself and whose others are a ladder."""
    return Tried(
        program.ops,
        program.constants,
        program.lists,
        program.list_offsets,
        program.rule_start,
        program.rule_on,
        program.rule_minimum,
        program.gate_field,
        program.gate_low,
        hold,
        np.array([since, rules, len(program.rule_on) - rules, level], np.int64),
    )


def blank(tried: Tried, entities: int) -> Tally:
    """An empty tally; its large arrays take memory only where something is hit."""
    rules, rungs = int(tried.bounds[1]), int(tried.bounds[2])
    small = (rules, entities)
    return Tally(
        np.zeros(entities, np.bool_),
        np.zeros(small, np.int64),
        np.zeros(small, np.int64),
        np.zeros(small, np.int32),
        np.zeros(small, np.int32),
        np.zeros(small, np.int32),
        np.zeros(small, np.int32),
        np.empty((rules, entities, FIELD_COUNT)),
        np.empty((rules, entities, RECENT), np.int64),
        np.zeros(entities, np.int8),
        np.empty((rungs, entities), np.int32),
    )


@kernel
def _possible(store: Store, tried: Tried, rule: int, out: bool, history: int) -> bool:
    """Whether the rule is asked of this event at all, and its gate, where a window's sum already tells, lets it."""
    on = tried.rule_on[rule]
    if (on == 1 and not out) or (on == 2 and out) or history < tried.rule_minimum[rule]:
        return False
    gate = tried.gate_field[rule]
    return gate >= SUM_WIDTH or store.sums[0, gate] >= tried.gate_low[rule]


@kernel
def _holds(tried: Tried, rule: int, sink: Sink) -> bool:
    if not sink.scratch[tried.gate_field[rule]] >= tried.gate_low[rule]:
        return False
    start, stop = tried.rule_start[rule], tried.rule_start[rule + 1]
    ops, constants, lists, offsets = tried.ops, tried.constants, tried.lists, tried.list_offsets
    return run(ops, constants, lists, offsets, start, stop, sink.scratch, sink.stack) == 1.0


@kernel
def _fill(store: Store, e: Any, sink: Sink) -> None:
    t, talk, ring = np.int64(e.t), np.int64(e.talk), np.int64(e.ring)
    fill(store, 0, t, talk, ring, np.int64(e.flags), np.int64(e.kind), sink.scratch)


@kernel
def _hit(store: Store, tally: Tally, rule: int, at: int, e: Any, sink: Sink) -> None:
    tally.first[rule, at] = np.int64(e.t)
    tally.seq[rule, at] = e.seq
    tally.calls[rule, at] = store.notes[0, N_OUT]
    for k in range(FIELD_COUNT):
        tally.vector[rule, at, k] = sink.scratch[k]
    for k in range(RECENT):
        tally.recent[rule, at, k] = store.recent[0, k]


@kernel
def _ask(store: Store, tried: Tried, tally: Tally, at: int, e: Any, sink: Sink, history: int) -> None:
    """Ask the rules of one entity right after an event that counts."""
    out = (np.int64(e.flags) & OUTGOING) != 0
    t = np.int64(e.t)
    hour = t // _HOUR
    filled = False
    for rule in range(tried.bounds[1]):
        first = tally.first[rule, at]
        if first > 0 and out and t <= first + tried.hold[rule]:
            tally.lost[rule, at] += 1
        if tally.hour[rule, at] == hour or not _possible(store, tried, rule, out, history):
            continue
        if not filled:
            _fill(store, e, sink)
            filled = True
        if _holds(tried, rule, sink):
            tally.hour[rule, at] = hour
            tally.hours[rule, at] += 1
            if first == 0:
                _hit(store, tally, rule, at, e, sink)
    for rung in range(tally.reached[at], tried.bounds[2]):
        rule = tried.bounds[1] + rung
        if not _possible(store, tried, rule, out, history):
            return
        if not filled:
            _fill(store, e, sink)
            filled = True
        if not _holds(tried, rule, sink):
            return
        tally.rung_calls[rung, at] = store.notes[0, N_OUT]
        tally.reached[at] = rung + 1


@kernel
def walk(store: Store, events: Events, known: Activations, tried: Tried, tally: Tally, code: Code, sink: Sink) -> int:
    """Replay events sorted by key and fill the tally; the number of entities.

    `code` and `sink` serve rules that ask for the level of open alerts: then the whole pack is judged on the way.
    """
    at = -1
    for i in range(events.shape[0]):
        e = events[i]
        t = np.int64(e.t)
        fresh = i == 0 or e.key != events[i - 1].key
        if fresh:
            at += 1
        if fresh or ended(store, 0, t):
            renew(store, 0, known, e.key, t)
        feed(store, 0, e)
        history = store.notes[0, N_OUT] + store.notes[0, N_IN]
        if history < PROMOTE_AT:
            continue
        if t >= tried.bounds[0]:
            tally.judged[at] = True
            _ask(store, tried, tally, at, e, sink, history)
        if tried.bounds[3] != 0:
            if sink.firings.shape[0] - max(sink.used[0], sink.used[1], sink.used[2]) < _SPARE:
                sink.used[:] = 0
            judge(store, 0, code, sink, e)
    return at + 1


@kernel
def first_kind(
    vectors: NDArray[np.float64],
    bands: NDArray[np.int8],
    tried: Tried,
    kind_bands: NDArray[np.int64],
    found: NDArray[np.int8],
    stack: NDArray[np.float64],
) -> None:
    """For each vector the first rule that holds, or whose age bands (as bits) hold its band (-1 unknown); else -1."""
    for i in range(vectors.shape[0]):
        found[i] = -1
        for rule in range(tried.bounds[1]):
            if bands[i] >= 0 and kind_bands[rule] >> bands[i] & 1:
                found[i] = rule
                break
            start, stop = tried.rule_start[rule], tried.rule_start[rule + 1]
            ops, constants, lists, offsets = tried.ops, tried.constants, tried.lists, tried.list_offsets
            if start < stop and run(ops, constants, lists, offsets, start, stop, vectors[i], stack) == 1.0:
                found[i] = rule
                break
