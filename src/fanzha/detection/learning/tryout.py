"""Decides what a model would have changed of a stretch's alerts, beside the one that speaks today and beside none.

A model hits nobody by itself: it lifts alerts that rules gave. So it is tried on the alerts of a stretch of the lake,
each asked of the profile at its strongest moment, as `scan` and `watch` ask. The report holds no clock and no path: the
same rules, models, data and outcomes give the same bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from fanzha import numbering
from fanzha.detection.alert import Advise, Alert, ModelRef, raised
from fanzha.detection.learning.opinion import former_adviser
from fanzha.detection.learning.shelf import Shelf
from fanzha.detection.outcomes import Known, Outcomes
from fanzha.detection.pack import Pack
from fanzha.detection.scan import scan
from fanzha.errors import UsageError
from fanzha.profiles.fields import EntityKind
from fanzha.records.lake import Lake

SHOWN = 50  # of the people lifted who are not known as fraud
NAMES = ("fraud", "honest", "unknown")


class Side(msgspec.Struct, frozen=True):
    """Alerted numbers by their highest band, under one model. version: 0 for none.

    bands: band id -> [fraud, honest, unknown]; fraud, unsure, honest: what it said of how many alerts.
    """

    version: int
    bands: dict[str, list[int]]
    fraud: int
    unsure: int
    honest: int


class Lifted(msgspec.Struct, frozen=True):
    """A number that is not known as fraud and reaches a higher band. value: unmasked, mask it where people see it.

    role: what kind of person, where an outcome says so; was: the score under the other side.
    """

    value: str
    role: str
    known_honest: bool
    scheme: str
    was: float
    score: float
    probability: float
    zh: list[str]
    en: list[str]


class Tryout(msgspec.Struct, frozen=True):
    """One trial. today: None where no other model speaks; the people lifted are then those beside no model.

    calls: read, those before the stretch that warm up among them.
    learnt: whether the stretch begins before the model's outcomes end: it may have learnt from what it is shown.
    more: [fraud, honest, unknown] numbers in a higher band than on the other side; less: in a lower one.
    """

    network: str
    start: str
    end: str
    calls: int
    alerts: int
    learnt: bool
    tried: Side
    today: Side | None
    none: Side
    more: list[int]
    less: list[int]
    lifted: list[Lifted]

    def to_json(self) -> bytes:
        """The same bytes for the same report."""
        return msgspec.json.encode(self, order="deterministic")


class _Asked:
    """Asks both models about the same profiles, and marks each alert with its place among the answers.

    Its models are known by their place: 0 the one tried, 1 the one that speaks, 2 none at all.
    """

    def __init__(self, models: Sequence[Advise]) -> None:
        self._models = models
        self.told: list[list[ModelRef]] = []  # by model

    def __call__(self, vectors: NDArray[np.float64]) -> list[ModelRef]:
        self.told = [model(vectors) for model in self._models]
        return [ModelRef("place", str(at)) for at in range(len(vectors))]

    def of(self, alert: Alert, model: int) -> ModelRef | None:
        """What a model said of an alert; None where it says nothing at all."""
        told = self.told[model] if model < len(self.told) else []
        return told[int(alert.model.version)] if alert.model is not None and told else None


def tryout(
    lake: Lake,
    pack: Pack,
    number: int,
    *,
    home: Path,
    network: str,
    start: datetime | None,
    end: datetime | None,
    outcomes: Outcomes,
    temporary: Path,
    progress: Callable[[str, float], None] | None = None,
) -> Tryout:
    """Try version `number` on the alerts of one network's calls from `start` to `end` (UTC), by what outcomes say.

    Raises ModelError for a version that is not there or not ours, UsageError for an empty stretch.
    """
    shelf = Shelf(home, network)
    learnt, current = shelf.lineage(number).until, shelf.current()
    other = 0 if current == number else current
    asked = _Asked([former_adviser(lake, network, each) for each in (number, other)])
    found = scan(
        lake, pack, temporary=temporary, network=network, start=start, end=end, progress=progress, advise=asked
    )
    first, newest, _ = lake.span(network)
    if first is None or newest is None or not found.calls:
        hint = "fanzha lake status shows what is there"
        raise UsageError(f"no calls of network {network} in that stretch", hint=hint)
    alerts = [alert for alert in found.alerts if alert.model is not None]
    label, begun = _labels(outcomes.of(EntityKind.NUMBER)), start or first
    more, less, lifted = _moved(alerts, pack, asked, 1 if other else 2, label)
    return Tryout(
        network=network,
        start=begun.isoformat(),
        end=(end or newest).isoformat(),
        calls=found.calls,
        alerts=len(alerts),
        learnt=begun.timestamp() < learnt,
        tried=_side(alerts, pack, number, asked, 0, label),
        today=_side(alerts, pack, other, asked, 1, label) if other else None,
        none=_side(alerts, pack, 0, asked, 2, label),
        more=more,
        less=less,
        lifted=lifted,
    )


Label = Callable[[str], tuple[int, str]]  # a number as written -> its place in NAMES, its role


def _labels(known: Known) -> Label:
    at = {int(key): n for n, key in enumerate(known.keys.tolist())}

    def label(value: str) -> tuple[int, str]:
        place = at.get(int(numbering.parse(value).number))
        return (2, "") if place is None else (0 if known.fraud[place] else 1, str(known.role[place]))

    return label


def _score(alert: Alert, pack: Pack, asked: _Asked, model: int) -> float:
    return raised(alert.score, asked.of(alert, model), pack.words.bands.cap)


def _band(score: float, pack: Pack) -> int:
    """The place of a score's band, from 0; -1 below the lowest."""
    return sum(band.start <= score for band in pack.words.bands.bands) - 1


def _side(alerts: list[Alert], pack: Pack, version: int, asked: _Asked, model: int, label: Label) -> Side:
    best: dict[str, float] = {}
    for alert in alerts:
        value = alert.entity.value
        best[value] = max(best.get(value, 0.0), _score(alert, pack, asked, model))
    bands = {band.id: [0, 0, 0] for band in pack.words.bands.bands}
    for value, score in best.items():
        bands[pack.words.bands.bands[_band(score, pack)].id][label(value)[0]] += 1
    opinions = [asked.of(alert, model) for alert in alerts]
    says = Counter(opinion.says for opinion in opinions if opinion is not None)
    return Side(version, bands, says["fraud"], says["unsure"], says["honest"])


Moved = tuple[list[int], list[int], list[Lifted]]


def _moved(alerts: list[Alert], pack: Pack, asked: _Asked, other: int, label: Label) -> Moved:
    """Numbers in a higher band than under another model, in a lower one, and whom of the former nobody calls fraud."""
    best: dict[str, tuple[float, float, Alert]] = {}  # number -> highest score under the tried, under the other
    for alert in alerts:
        now, was = _score(alert, pack, asked, 0), _score(alert, pack, asked, other)
        seen = best.get(alert.entity.value, (0.0, 0.0, alert))
        best[alert.entity.value] = (max(seen[0], now), max(seen[1], was), alert if now > seen[0] else seen[2])
    more, less, lifted = [0, 0, 0], [0, 0, 0], []
    for value, (now, was, alert) in best.items():
        place, role = label(value)
        step = _band(now, pack) - _band(was, pack)
        more[place] += step > 0
        less[place] += step < 0
        opinion = asked.of(alert, 0)
        if step > 0 and place > 0 and opinion is not None:
            words = (opinion.probability or 0.0, opinion.zh, opinion.en)
            lifted.append(Lifted(value, role, place == 1, alert.scheme, was, now, *words))
    lifted.sort(key=lambda each: (-each.score, each.value))
    return more, less, lifted[:SHOWN]
