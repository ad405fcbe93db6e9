"""Decides what is told of one number, device or cell: its profile now and by the day, whom and what it met, and why.

All from its own calls, its alerts too, so it is quick on a lake of any size.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fanzha.detection.alert import Alert
from fanzha.detection.pack import Pack
from fanzha.detection.retrial import Retrial
from fanzha.detection.scan import name_entity
from fanzha.detection.subject import Subject, calls_of, events_of
from fanzha.profiles.epoch import activations_of
from fanzha.profiles.event import OUTGOING, WAS_ANSWERED, Events
from fanzha.profiles.fields import FIELDS, EntityKind, Field
from fanzha.profiles.trace import trace
from fanzha.records.lake import Lake
from fanzha.records.linking import elsewhere
from fanzha.vocabulary import settings

TOP = 20  # contacts, devices and cells that are listed


@dataclass(frozen=True)
class Companion:
    """A number, device, card or cell that the subject was seen with."""

    name: str
    calls: int
    outgoing: int
    answered: int
    talk_s: int
    first: datetime
    last: datetime


@dataclass(frozen=True)
class Day:
    """One local day of the subject; `contacts` are distinct other numbers, either way."""

    day: str
    outgoing: int
    answered: int
    incoming: int
    contacts: int
    talk_s: int


@dataclass(frozen=True)
class Explanation:
    """All that is known of one subject. `profile` pairs each field with its value right after the last call."""

    subject: Subject
    calls: pa.Table  # CALLS rows, oldest first
    profile: list[tuple[Field, float | None]]
    days: list[Day]
    contacts: list[Companion]
    devices: list[Companion]  # devices of a number or cell; cards (IMSI) of a device
    cells: list[Companion]
    alerts: list[Alert]
    subscriber: list[dict[str, Any]]  # rows of the `subscribers` reference, oldest first
    unknown: list[str]  # reference tables that are missing
    names: Mapping[int, str]  # of the cells in `calls`, by their keys
    elsewhere: Mapping[int, list[str]]  # other networks that saw the same call, by the id of our row


def explain(
    lake: Lake,
    pack: Pack,
    subject: Subject,
    *,
    network: str = "default",
    start: datetime | None = None,
    end: datetime | None = None,
    judged: bool = True,
) -> Explanation:
    """Tell all about a subject of `resolve`, from its calls in [start, end); without alerts where not `judged`."""
    seen = calls_of(lake, subject, start, end)
    calls = seen.filter(pc.equal(seen["network"], network))
    unknown = [each for each in ("subscribers", "cells", "trunks") if not lake.knows(each, network)]
    mine = [subject.key] if subject.kind == EntityKind.NUMBER else []
    own = lake.reference_of("subscribers", "number", mine, network)
    first, _, _ = lake.span(network)
    begin = int(first.timestamp()) if first else 0
    events = events_of(calls, subject.kind, subject.key)
    vectors = trace(events, subject.kind, start=begin, known=activations_of(own))
    alerts: list[Alert] = []
    if judged:
        known = activations_of(lake.reference("subscribers", network=network))
        alerts = Retrial(lake, pack, network, known, begin, start, end).alerts(subject, calls, events)
    return Explanation(
        subject=subject,
        calls=calls,
        profile=_profile(subject.kind, vectors),
        days=days_of(events),
        contacts=_companions(lake, events, "peer", EntityKind.NUMBER, _raw_names(calls)),
        devices=_companions(lake, events, "gear", EntityKind.DEVICE, {}),
        cells=_companions(lake, events, "place", EntityKind.CELL, {}),
        alerts=alerts,
        subscriber=own.to_pylist(),
        unknown=unknown,
        names=_cell_names(lake, calls),
        elsewhere=elsewhere(seen, network) if len(calls) < len(seen) else {},
    )


def _profile(kind: EntityKind, vectors: NDArray[np.float64]) -> list[tuple[Field, float | None]]:
    if not len(vectors):
        return []
    last = vectors[-1]
    fields = [field for field in FIELDS if kind in field.kinds and not field.of_call]
    return [(field, None if np.isnan(last[field.index]) else float(last[field.index])) for field in fields]


def days_of(events: Events) -> list[Day]:
    """A subject's local days, from its events."""
    if not len(events):
        return []
    zone = ZoneInfo(settings().timezone)
    # One shift for all: the zones this is made for have had no summer time since 1991.
    shift = int((datetime.fromtimestamp(int(events["t"][0]), zone).utcoffset() or timedelta()).total_seconds())
    day = (events["t"].astype(np.int64) + shift) // 86400
    return [_day(int(each), events[day == each]) for each in np.unique(day)]


def _day(day: int, events: Events) -> Day:
    out = (events["flags"] & OUTGOING) != 0
    answered = (events["flags"] & WAS_ANSWERED) != 0
    return Day(
        day=datetime.fromtimestamp(day * 86400, UTC).strftime("%Y-%m-%d"),
        outgoing=int(out.sum()),
        answered=int((out & answered).sum()),
        incoming=int((~out).sum()),
        contacts=len(np.unique(events["peer"][events["peer"] != 0])),
        talk_s=int(events["talk"].sum()),
    )


def _companions(lake: Lake, events: Events, column: str, kind: EntityKind, raw: dict[int, str]) -> list[Companion]:
    """With whom or what, the most frequent first."""
    known = events[events[column] != 0]
    found, counts = np.unique(known[column], return_counts=True)
    top = found[np.argsort(-counts, kind="stable")][:TOP]
    return [_companion(name_entity(lake, kind, int(key), raw), known[known[column] == key]) for key in top]


def _companion(name: str, events: Events) -> Companion:
    out = (events["flags"] & OUTGOING) != 0
    return Companion(
        name=name,
        calls=len(events),
        outgoing=int(out.sum()),
        answered=int(((events["flags"] & WAS_ANSWERED) != 0).sum()),
        talk_s=int(events["talk"].sum()),
        first=datetime.fromtimestamp(int(events["t"].min()), UTC),
        last=datetime.fromtimestamp(int(events["t"].max()), UTC),
    )


def _cell_names(lake: Lake, calls: pa.Table) -> dict[int, str]:
    """Every cell in these calls, as the source wrote it."""
    keys = pc.unique(pa.chunked_array([*calls["caller_cell"].chunks, *calls["callee_cell"].chunks], pa.int64()))
    return {key: lake.cell_name(key) for key in keys.to_pylist() if key is not None}


def _raw_names(calls: pa.Table) -> dict[int, str]:
    """What irregular and opaque numbers looked like."""
    names: dict[int, str] = {}
    for side in ("caller", "callee"):
        odd = calls.filter(pc.less(calls[side], 0))
        pairs: Iterable[tuple[int, str]] = zip(odd[side].to_pylist(), odd[f"{side}_raw"].to_pylist(), strict=True)
        names.update(pairs)
    return names
