"""Decides whom of a stretch of days one looks at to see whether anything changed: a draw of everybody, and the busy.

A new scheme or a new trade is a few dozen numbers among millions: it moves no distribution of everybody. But it is
busy, and models are asked about the busy. A look replays no more history than the one it is compared with had, so that
counts do not drift because the records grow older.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanzha.detection.learning.examples import Progress, by_stable_hash, drawn_numbers, vectors_at
from fanzha.detection.learning.terms import features, terms
from fanzha.detection.models.table import Matrix
from fanzha.profiles.fields import BY_NAME
from fanzha.profiles.layout import UTC_OFFSET_S
from fanzha.records.lake import Lake

DAY = 86_400
_NEARLY_S = 1800  # records that end so shortly before midnight are whole


class Stretch(NamedTuple):
    """`days` of the terms before `end`, replayed from `begin` on; epoch seconds."""

    begin: int
    start: int
    end: int

    @property
    def history(self) -> int:
        """Seconds of records behind its end."""
        return self.end - self.begin


class Busy(NamedTuple):
    """rows: float64[n, fields], one a busy number as it was after its last call; there: how many there were."""

    rows: Matrix
    there: int


def stretch_before(lake: Lake, network: str, end: int, *, history: int = 0) -> Stretch:
    """The whole days before `end`. history: no more records than this count (seconds); 0 for all that a field covers.

    Whole local days, for counts of days are by the calendar; the last call of a day stands for its end.
    """
    bounds = terms().drift
    end = (end + _NEARLY_S + UTC_OFFSET_S) // DAY * DAY - UTC_OFFSET_S
    first, _, _ = lake.span(network)
    oldest = int(first.timestamp()) if first is not None else 0
    most = min(history or bounds.history_days * DAY, bounds.history_days * DAY)
    begin = max(oldest, end - most)
    return Stretch(begin, max(begin, end - bounds.days * DAY), end)


def everybody(lake: Lake, network: str, when: Stretch, progress: Progress | None = None) -> Matrix:
    """float64[n, fields]: of the network's own numbers a stable draw, at moments spread over the stretch."""
    keys = drawn_numbers(lake, network, terms().drift.sample, seed=0)
    moments = np.linspace(when.start + 1, when.end, len(keys)).astype(np.int64)
    return _profiles(lake, network, keys, moments, when, progress)


def busy(lake: Lake, network: str, when: Stretch, progress: Progress | None = None) -> Busy:
    """The numbers, of whatever network, that made many calls in the stretch; a stable draw where they are too many."""
    bounds = terms().drift
    keys, calls = _callers(lake, network, when)
    keys = keys[calls >= bounds.busy_calls]
    drawn = keys[by_stable_hash(keys, 0)][: bounds.sample]
    moments = np.full(len(drawn), when.end, np.int64)
    return Busy(_profiles(lake, network, drawn, moments, when, progress), len(keys))


def _profiles(
    lake: Lake, network: str, keys: NDArray[np.int64], moments: NDArray[np.int64], when: Stretch,
    progress: Progress | None,
) -> Matrix:  # fmt: skip
    vectors, known = vectors_at(lake, network, keys, moments, since=when.start, begin=when.begin, progress=progress)
    return vectors[known][:, [BY_NAME[name].index for name in features()]]


def _callers(lake: Lake, network: str, when: Stretch) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Who called in the stretch, and how often; hidden and irregular numbers apart."""
    start, end = (datetime.fromtimestamp(t, UTC) for t in (when.start, when.end))
    keys, calls = np.zeros(0, np.int64), np.zeros(0, np.int64)
    for batch in lake.scan(["caller"], start=start, end=end, network=network):
        fresh = batch.column("caller").drop_null().to_numpy(zero_copy_only=False)
        here, times = np.unique(fresh[fresh > 0], return_counts=True)
        both, place = np.unique(np.concatenate([keys, here]), return_inverse=True)
        calls = np.bincount(place, weights=np.concatenate([calls, times]), minlength=len(both)).astype(np.int64)
        keys = both
    return keys, calls
