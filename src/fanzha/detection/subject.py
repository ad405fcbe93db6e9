"""Decides whom or what a person asks about, and which calls and events are its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fanzha import numbering
from fanzha.errors import FanzhaError
from fanzha.profiles import feed
from fanzha.profiles.event import EVENT, Events
from fanzha.profiles.fields import EntityKind
from fanzha.profiles.spill import by_key
from fanzha.records.lake import Lake

KINDS = {"number": EntityKind.NUMBER, "device": EntityKind.DEVICE, "cell": EntityKind.CELL}


@dataclass(frozen=True)
class Subject:
    """What a person asked about, as the lake knows it."""

    kind: EntityKind
    key: int
    name: str


def resolve(lake: Lake, text: str, *, kind: str | None = None) -> Subject:
    """What `text` names: a number as people write it, an IMEI, or a cell. Raises FanzhaError where no call knows it.

    Digits can be all three, so the likeliest is tried first; `kind` (number, device, cell) settles it.
    """
    subjects = [_subject(lake, text, each) for each in ([KINDS[kind]] if kind else _likely(lake, text))]
    for subject in subjects:
        if calls_of(lake, subject, None, None, last=True).num_rows:
            return subject
    raise FanzhaError(
        f"no call in the lake knows {text.strip()!r}",
        hint="write a number as +86..., or say --kind number, device or cell; fanzha lake status shows what is there",
    )


def _subject(lake: Lake, text: str, kind: EntityKind) -> Subject:
    text = text.strip()
    if kind == EntityKind.NUMBER:
        key = numbering.parse(text).number
        return Subject(kind, key, numbering.display(key, text if key < 0 else None))
    if kind == EntityKind.DEVICE:
        key = lake.device_key(text)
        return Subject(kind, key, f"{key:015d}" if key >= 0 else text)
    return Subject(kind, lake.cell_key(text), text)


def _likely(lake: Lake, text: str) -> Sequence[EntityKind]:
    number, device, cell = EntityKind.NUMBER, EntityKind.DEVICE, EntityKind.CELL
    known = lake.reference("cells")["cell"]
    if pc.any(pc.equal(known, lake.cell_key(text))).as_py():
        return cell, device, number
    if numbering.check_imei(text).form in (numbering.ImeiForm.GOOD, numbering.ImeiForm.BAD_CHECK):
        return device, number, cell
    return number, device, cell


def calls_of(
    lake: Lake, subject: Subject, start: datetime | None, end: datetime | None, *, last: bool = False
) -> pa.Table:
    """CALLS rows in [start, end) that it took part in; a number's newest alone where `last`."""
    if subject.kind == EntityKind.NUMBER:
        if subject.key == 0:
            return lake.by_seq([])
        return lake.calls_of(subject.key, start=start, end=end, limit=1 if last else None)
    if subject.kind == EntityKind.DEVICE:
        return lake.calls_of_device(subject.key, start=start, end=end)
    return lake.calls_of_cell(subject.key, start=start, end=end)


def events_of(calls: pa.Table, kind: EntityKind, key: int) -> Events:
    """What one subject's profile is fed with from these calls, in time order."""
    events = all_events(calls, kind)
    return by_key(events[events["key"] == key], by_time=True)


def all_events(calls: pa.Table, kind: EntityKind) -> Events:
    """What every profile of this kind is fed with from these calls."""
    parts = [feed.events_of(feed.call_columns(batch), kind) for batch in calls.combine_chunks().to_batches()]
    return np.concatenate([np.zeros(0, EVENT), *parts])
