"""Decides what a report takes from the records: the calls behind each alert, and how the hours were filled.

One pass over the records for both, however many alerts there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fanzha import numbering
from fanzha.detection.alert import Alert

COLUMNS = (
    "id", "started", "answered", "caller", "caller_raw", "callee", "callee_raw", "ring_ms", "talk_ms", "ingress",
    "trunk", "caller_imei", "caller_cell", "forwarded_from",
)  # fmt: skip
_HOUR = 3_600_000_000
_ABOUT_THE_CALLED = frozenset({"victim_wave"})  # schemes whose number is the one that is called


@dataclass
class Gathered:
    """Evidence rows by record id, and calls by the hour: all, and those made by whom an alert is about."""

    records: dict[int, dict[str, Any]] = field(default_factory=dict)
    hours: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))  # hours since 1970, UTC, ascending
    calls: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    flagged: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))


def gather(batches: Iterable[pa.RecordBatch], alerts: Sequence[Alert], shown: Iterable[Alert]) -> Gathered:
    """Rows behind the `shown` alerts and the hours of all batches, which hold at least COLUMNS."""
    wanted = pa.array(sorted({record for alert in shown for record in alert.records}), pa.int64())
    numbers, devices = _flagged(alerts)
    found = Gathered()
    hours: dict[int, list[int]] = {}
    for batch in batches:
        rows = batch.filter(pc.is_in(batch.column("id"), wanted))
        found.records.update({row["id"]: row for row in rows.select(COLUMNS).to_pylist()})
        _count_hours(hours, batch, numbers, devices)
    if hours:
        found.hours = np.arange(min(hours), max(hours) + 1)  # an hour without calls is an hour all the same
        both = np.array([hours.get(hour, [0, 0]) for hour in found.hours.tolist()], np.int64)
        found.calls, found.flagged = both[:, 0], both[:, 1]
    return found


def _flagged(alerts: Sequence[Alert]) -> tuple[pa.Array, pa.Array]:
    shown = [
        alert.entity.value
        for alert in alerts
        if alert.entity.kind == "number" and alert.scheme not in _ABOUT_THE_CALLED
    ]
    numbers = np.unique(numbering.normalise(pa.array(shown, pa.string())).number)
    imeis = [alert.entity.value for alert in alerts if alert.entity.kind == "device"]
    devices = sorted({int(imei) for imei in imeis if imei.isdigit()})
    return pa.array(numbers[numbers != 0], pa.int64()), pa.array(devices, pa.int64())


def _count_hours(hours: dict[int, list[int]], batch: pa.RecordBatch, numbers: pa.Array, devices: pa.Array) -> None:
    micros = batch.column("started").cast(pa.int64()).to_numpy(zero_copy_only=False)
    by = pc.or_(pc.is_in(batch.column("caller"), numbers), pc.is_in(batch.column("caller_imei"), devices))
    flagged = by.to_numpy(zero_copy_only=False)
    for hour, calls, bad in _tally(micros // _HOUR, flagged):
        total = hours.setdefault(hour, [0, 0])
        total[0] += calls
        total[1] += bad


def _tally(hour: NDArray[np.int64], flagged: NDArray[np.bool_]) -> Iterable[tuple[int, int, int]]:
    known, at = np.unique(hour, return_inverse=True)
    calls = np.bincount(at, minlength=len(known))
    bad = np.bincount(at, weights=flagged, minlength=len(known)).astype(np.int64)
    return zip(known.tolist(), calls.tolist(), bad.tolist(), strict=True)
