"""Decides whom a number is set beside, its peers (同类号码), and where it stands among them.

Peers are a sample of numbers that called within the last day, of the same kind, range holder and city; where these are
too few, of the province, then of the kind alone. What is kept of them are figures without numbers, for a day.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from fanzha import numbering
from fanzha.desk.masking.subject import Subject
from fanzha.detection.explain import Day
from fanzha.detection.outline import Outline, outlines
from fanzha.errors import FanzhaError
from fanzha.profiles.fields import FIELDS, EntityKind
from fanzha.records.lake import Lake

SAMPLE, LEAST = 60, 30  # numbers that are read, and that make a group
KEPT = timedelta(days=1)
_NEWEST = 50  # alerts whose groups are read ahead
_WINDOW = "_24h"


class Group(msgspec.Struct, frozen=True):
    """Whom one is compared with; region: GB/T 2260 cut at 4 or 2 digits, 0 for any, as is carrier."""

    network: str
    kind: int
    carrier: int
    region: int


class Baseline(msgspec.Struct, frozen=True):
    """The figures of a sample. fields: sorted values by field; days: by day [median, 90th] of outgoing calls."""

    group: Group
    size: int
    made: datetime
    fields: dict[str, list[float]]
    days: dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Standing:
    """One field of a number among its peers. share: of the peers that lie below, 0 to 1; a tie counts half."""

    name: str
    value: float
    median: float
    p90: float
    share: float


@dataclass(frozen=True)
class Comparison:
    """A number beside its peers, field by field, and its own days beside theirs."""

    baseline: Baseline
    standings: list[Standing]
    days: list[Day]


def compare(subject: Subject, now: datetime) -> Comparison:
    """Set a number beside its peers. Raises FanzhaError where it has no call, or nobody is like it."""
    key = numbering.parse(subject.value).number
    with Lake(settings.HOME) as lake:
        own = outlines(lake, [key], subject.network)
        if not own:
            raise FanzhaError(_("没有任何通话涉及它"))
        baseline = _kept(_asked(subject.network, key), now) or make(lake, subject.network, key, now)
    return Comparison(baseline, list(_standings(own[0], baseline)), own[0].days)


def make(lake: Lake, network: str, key: int, now: datetime) -> Baseline:
    """Read a sample of the peers of a number, and keep its figures."""
    numbers, group = _sample(lake, network, key)
    found = outlines(lake, numbers, network)
    if len(found) < 2:
        raise FanzhaError(_("没有可比的同类号码"))
    baseline = Baseline(group, len(found), now, _fields(found), _days(found))
    path = _place(_asked(network, key))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_suffix(".part")
    part.write_bytes(msgspec.json.encode(baseline))
    part.rename(path)
    return baseline


def refresh(now: datetime) -> int:
    """For a timer: read one group that the newest alerts belong to and whose figures are missing or old."""
    from fanzha.desk.alerts.models import Alert

    newest = Alert.objects.filter(kind="number").order_by("-taken_at").values_list("network", "value")[:_NEWEST]
    for network, value in newest:
        key = numbering.parse(value).number
        if key > 0 and _kept(_asked(network, key), now) is None:
            with Lake(settings.HOME) as lake, suppress(FanzhaError):
                make(lake, network, key, now)
                return 1
    return 0


def _asked(network: str, key: int) -> Group:
    """The group that a number belongs to, wide enough or not."""
    kind, carrier, region = _traits(np.array([key]))
    return Group(network, int(kind[0]), int(carrier[0]), int(region[0]))


def _traits(keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Kind, range holder and city of each number."""
    found = numbering.kind_of(keys), numbering.carrier_of(keys), numbering.region_of(keys) // 100
    kind, carrier, region = (each.astype(np.int64) for each in found)
    return kind, carrier, region


def _sample(lake: Lake, network: str, key: int) -> tuple[list[int], Group]:
    """Numbers of the narrowest group that is large enough, chosen the same way each time."""
    end = lake.span(network)[1]
    if end is None:
        raise FanzhaError(_("话单库中没有该网络的通话"))
    parts = [batch["caller"].unique() for batch in lake.scan(["caller"], start=end - KEPT, network=network)]
    callers = np.unique(np.asarray(pc.drop_null(pa.chunked_array(parts, pa.int64()))))
    callers = callers[(callers > 0) & (callers != key)]
    kind, carrier, region = _traits(callers)
    asked = _asked(network, key)
    near = (kind == asked.kind) & (carrier == asked.carrier)
    province = asked.region // 100
    for fits, group in (
        (near & (region == asked.region), asked),
        (near & (region // 100 == province), msgspec.structs.replace(asked, region=province)),
        (kind == asked.kind, msgspec.structs.replace(asked, carrier=0, region=0)),
    ):
        if fits.sum() >= LEAST or group.carrier == 0:
            break
    chosen = callers[fits]
    picked = np.random.default_rng(0).choice(chosen, min(SAMPLE, len(chosen)), replace=False)
    return picked.tolist(), group


def _fields(found: Sequence[Outline]) -> dict[str, list[float]]:
    vectors = np.array([each.vector for each in found])
    told = {}
    for field in FIELDS:
        if EntityKind.NUMBER in field.kinds and field.name.endswith(_WINDOW):
            column = vectors[:, field.index]
            told[field.name] = np.sort(column[~np.isnan(column)]).tolist()
    return told


def _days(found: Sequence[Outline]) -> dict[str, tuple[float, float]]:
    names = sorted({day.day for each in found for day in each.days})
    at = {name: place for place, name in enumerate(names)}
    counts = np.zeros((len(found), len(names)))
    for row, each in enumerate(found):
        for day in each.days:
            counts[row, at[day.day]] = day.outgoing
    middle, high = np.percentile(counts, (50, 90), axis=0) if names else ((), ())
    return {name: (float(middle[place]), float(high[place])) for name, place in at.items()}


def _standings(own: Outline, baseline: Baseline) -> Iterator[Standing]:
    for field in FIELDS:
        values, value = baseline.fields.get(field.name), float(own.vector[field.index])
        if values and not np.isnan(value):
            below = (np.searchsorted(values, value, "left") + np.searchsorted(values, value, "right")) / 2
            middle, high = np.percentile(values, (50, 90))
            yield Standing(field.name, value, float(middle), float(high), float(below / len(values)))


def _kept(asked: Group, now: datetime) -> Baseline | None:
    try:
        found = msgspec.json.decode(_place(asked).read_bytes(), type=Baseline)
    except (OSError, msgspec.MsgspecError):
        return None
    return found if now - found.made < KEPT else None


def _place(asked: Group) -> Path:
    name = hashlib.sha256(repr(asked).encode()).hexdigest()[:16]
    return Path(settings.HOME) / "peers" / f"{name}.json"
