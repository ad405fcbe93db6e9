"""Decides what one labelled example is: a number's profile as it was when its behaviour was judged, and the outcome.

Point in time: the profile is replayed by the kernels that `scan` and `watch` run, from the calls that began before the
moment and no later one. Beside the outcomes stand presumed honest numbers (background) at the same moments, drawn by a
stable hash: outcomes alone hold only people who had already been suspected, and a model must know the others too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fanzha.detection.learning.terms import features, terms
from fanzha.detection.outcomes import Outcomes
from fanzha.profiles import feed
from fanzha.profiles.epoch import activations_of
from fanzha.profiles.event import EVENT, OUTGOING, Events
from fanzha.profiles.fields import BY_NAME, FIELD_COUNT, EntityKind
from fanzha.profiles.spill import by_key
from fanzha.profiles.trace import trace
from fanzha.records.lake import Lake

BACKGROUND = "background"  # presumed honest, nobody judged it
Progress = Callable[[str, float | None], None]
_FEW = 200  # numbers whose calls are looked up one by one
_AT_ONCE = 200_000  # events traced at a time: 200 MB of vectors


@dataclass(frozen=True)
class Examples:
    """Rows of equal length. matrix: rows x len(names), NaN unknown; at: when the label became known; seen: the moment
    of the profile; presumed: background. `unknown` outcomes had no call by then; `other` were of devices and cells;
    `older` were more than the terms take.
    """

    names: tuple[str, ...]
    keys: NDArray[np.int64]
    matrix: NDArray[np.float64]
    fraud: NDArray[np.bool_]
    at: NDArray[np.int64]
    seen: NDArray[np.int64]
    presumed: NDArray[np.bool_]
    unknown: int
    other: int
    older: int

    def __len__(self) -> int:
        return len(self.keys)

    def take(self, rows: NDArray[np.bool_]) -> Examples:
        """Those rows."""
        return replace(
            self,
            keys=self.keys[rows],
            matrix=self.matrix[rows],
            fraud=self.fraud[rows],
            at=self.at[rows],
            seen=self.seen[rows],
            presumed=self.presumed[rows],
        )


def examples_of(
    lake: Lake,
    outcomes: Outcomes,
    *,
    network: str,
    seed: int = 0,
    background: int | None = None,
    progress: Progress | None = None,
) -> Examples:
    """One example a number: its latest outcome. `background`: presumed honest numbers; None for as many as terms say.

    In = examples that were judged + unknown + other + earlier outcomes of the same numbers.
    """
    latest = {row.key: row for row in outcomes if row.kind == EntityKind.NUMBER}
    newest = sorted(latest.values(), key=lambda row: (row.at, row.key))[-terms().most_judged :]
    judged = sorted(newest, key=lambda row: row.key)
    wanted = min(terms().background * len(judged), terms().most_background) if background is None else background
    drawn = drawn_numbers(lake, network, wanted, seed, apart=np.array(sorted(latest), np.int64))
    # each stands beside one outcome, at its moments, so that time tells nobody apart
    twins = [judged[at % len(judged)] for at in range(len(drawn))] if judged else []
    keys = np.concatenate([np.array([row.key for row in judged], np.int64), drawn[: len(twins)]])
    at = np.array([row.at for row in (*judged, *twins)], np.int64)
    seen = np.array([row.moment for row in (*judged, *twins)], np.int64)
    vectors, known = vectors_at(lake, network, keys, seen, progress=progress)
    presumed = np.arange(len(keys)) >= len(judged)
    fraud = np.array([row.fraud for row in judged] + [False] * len(twins), np.bool_)
    missing = int((~known & ~presumed).sum())
    other = sum(row.kind != EntityKind.NUMBER for row in outcomes)
    places = [BY_NAME[name].index for name in features()]
    older = len(latest) - len(judged)
    whole = Examples(features(), keys, vectors[:, places], fraud, at, seen, presumed, missing, other, older)
    return whole.take(known)


def vectors_at(
    lake: Lake,
    network: str,
    keys: NDArray[np.int64],
    moments: NDArray[np.int64],
    *,
    since: int = 0,
    begin: int = 0,
    progress: Progress | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The field vectors float64[n, FIELD_COUNT] of numbers, and whether there is one; a number stands once.

    Each is as it was right after its last outgoing call that began by its moment (epoch seconds) and from `since` on,
    its last incoming one where it made none: rules fire on calls made, and a model is asked where they fired.
    Calls before `begin` are not read, as though the records had begun then.
    """
    vectors, known = np.full((len(keys), FIELD_COUNT), np.nan), np.zeros(len(keys), np.bool_)
    first, _, _ = lake.span(network)
    if first is None or not len(keys):
        return vectors, known
    order = np.argsort(keys)
    ranked, until = keys[order], moments[order]
    activations = activations_of(lake.reference("subscribers", network=network))
    few = not begin and len(keys) <= _FEW  # a stretch is for looking at many days once, whoever is asked for
    begin = max(begin, int(first.timestamp()))
    span = (begin, int(moments.max()))
    for events in _parts(_histories(lake, network, ranked, span, progress, one_by_one=few)):
        place = np.searchsorted(ranked, events["key"])
        early = events["t"].astype(np.int64) <= until[place]
        events, place = events[early], place[early]
        if not len(events):
            continue
        traced = trace(events, EntityKind.NUMBER, start=begin, known=activations)
        last = _last(place, (events["flags"] & OUTGOING) != 0)
        last = last[events["t"][last] >= since]
        vectors[order[place[last]]] = traced[last]
        known[order[place[last]]] = True
    return vectors, known


def _last(place: NDArray[np.int64], outgoing: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Of each run of equal places the last row that is outgoing, else the last."""
    rank = np.where(outgoing, len(place), 0) + np.arange(len(place))
    order = np.lexsort((rank, place))
    found: NDArray[np.int64] = order[np.append(place[order][1:] != place[order][:-1], True)]
    return found


def drawn_numbers(
    lake: Lake, network: str, wanted: int, seed: int, *, apart: NDArray[np.int64] | None = None
) -> NDArray[np.int64]:
    """At most `wanted` of the network's own numbers (int64 keys), none of `apart`; the same ones for the same seed."""
    if wanted <= 0:
        return np.zeros(0, np.int64)
    own = lake.reference("subscribers", network=network)["number"].drop_null().to_numpy()
    if not len(own):
        own = _callers(lake, network)
    numbers = np.setdiff1d(own[own > 0], np.zeros(0, np.int64) if apart is None else apart)
    return numbers[by_stable_hash(numbers, seed)][:wanted]


def by_stable_hash(keys: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Places of the keys in an order that has nothing to do with them, the same each time."""
    order: NDArray[np.int64] = np.argsort(_shuffled(keys, seed), kind="stable")
    return order


def _callers(lake: Lake, network: str) -> NDArray[np.int64]:
    """Everybody who called, where no table says whose number is whose."""
    found = np.zeros(0, np.int64)
    for batch in lake.scan(["caller"], network=network):
        found = np.union1d(found, pc.unique(batch.column("caller").drop_null()).to_numpy(zero_copy_only=False))
    return found


def _shuffled(keys: NDArray[np.int64], seed: int) -> NDArray[np.uint64]:
    """splitmix64 of each key: a stable order that has nothing to do with the numbers."""
    state = keys.astype(np.uint64) + np.uint64((seed + 1) * 0x9E3779B97F4A7C15 % 2**64)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: NDArray[np.uint64] = state ^ (state >> np.uint64(31))
    return mixed


def _histories(
    lake: Lake,
    network: str,
    keys: NDArray[np.int64],
    span: tuple[int, int],
    progress: Progress | None,
    *,
    one_by_one: bool,
) -> Events:
    """All events of these numbers (rising keys) from a moment up to another, sorted by key and time."""
    tell = progress or (lambda _what, _share: None)
    start, end = datetime.fromtimestamp(span[0], UTC), datetime.fromtimestamp(span[1] + 1, UTC)
    parts, wanted = [np.zeros(0, EVENT)], pa.array(keys)
    if one_by_one:
        for done, key in enumerate(keys.tolist()):
            calls = lake.calls_of(key, start=start, end=end)
            events = _events(calls.filter(pc.equal(calls["network"], network)))
            parts.append(events[events["key"] == key])
            tell("历史 histories", done / len(keys))
    else:
        _, _, rows = lake.span(network)
        read = 0
        for batch in lake.scan(feed.COLUMNS, start=start, end=end, network=network):
            either = pc.or_kleene(pc.is_in(batch["caller"], wanted), pc.is_in(batch["callee"], wanted))
            events = feed.events_of(feed.call_columns(batch.filter(either)), EntityKind.NUMBER)
            parts.append(events[np.isin(events["key"], keys)])
            read += batch.num_rows
            tell("历史 histories", min(1.0, read / rows))
    return by_key(np.concatenate(parts), by_time=True)


def _events(calls: pa.Table) -> Events:
    parts = [
        feed.events_of(feed.call_columns(batch), EntityKind.NUMBER) for batch in calls.combine_chunks().to_batches()
    ]
    return np.concatenate([np.zeros(0, EVENT), *parts])


def _parts(events: Events) -> Iterator[Events]:
    """The same events in parts of whole keys."""
    if not len(events):
        return
    ends = np.flatnonzero(np.append(events["key"][1:] != events["key"][:-1], True)) + 1
    begin = 0
    for end in ends.tolist():
        if end - begin >= _AT_ONCE or end == len(events):
            yield events[begin:end]
            begin = end
