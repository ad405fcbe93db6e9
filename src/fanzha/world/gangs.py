"""Decides the gangs: how many numbers each needs, from where, at which level of evasion, with which habits."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fanzha.world.habits import Evasion, Scheme, Schemes, draw

ORIGINS_WITH_RESERVE = ("own", "visitor", "other", "far")


@dataclass
class Gang:
    """One gang with its own draws; `numbers` are positions in the number table, filled in when it is raised."""

    index: int
    name: str
    scheme: Scheme
    level: int
    evasion: Evasion
    origin: str
    size: int
    rate: float  # calls an hour
    start_hour: float
    work_hours: float
    answered: float
    talk_s: float
    ring_s: float
    convinced: float
    first_day: int
    last_day: int  # exclusive
    city: int
    numbers: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int32))
    partners: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int32))
    cells: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int32))
    devices: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int32))

    @property
    def has_card(self) -> bool:
        """Whether its cards are seen here with their telephones and cells."""
        return self.origin in ("own", "visitor")

    @property
    def cards_needed(self) -> int:
        return self.size * (2 if self.scheme.bridge else 1)


def plan_gangs(
    book: Schemes,
    count: int,
    evasion: str | int,
    subscribers: int,
    days: int,
    cities: np.ndarray,
    rng: np.random.Generator,
    first: int = 0,
) -> list[Gang]:
    """`count` gangs over the schemes in turn, the weightier twice; `evasion` is `mix` or one level for all.

    They are numbered from `first` on.
    """
    levels = _levels(book, count, evasion, rng)
    names = _scheme_order(book, count, rng)
    scale = float(np.clip(1.4 * (subscribers / 200_000) ** 0.5, 0.35, 3.0))
    return [
        _draw_gang(first + i, name, book, level, scale, days, cities, rng)
        for i, (name, level) in enumerate(zip(names, levels, strict=True))
    ]


def _levels(book: Schemes, count: int, evasion: str | int, rng: np.random.Generator) -> list[int]:
    if evasion != "mix":
        return [int(evasion)] * count
    weight = np.array([book.evasion[level].weight for level in sorted(book.evasion)])
    edges = np.cumsum(weight) / weight.sum()
    levels = np.searchsorted(edges, (np.arange(count) + 0.5) / max(count, 1))
    return [int(level) for level in rng.permutation(levels)]


def _scheme_order(book: Schemes, count: int, rng: np.random.Generator) -> list[str]:
    """Every scheme once before any twice; which come first when gangs are few is chance, by weight."""
    names = list(book.schemes)
    weight = np.array([book.schemes[name].weight for name in names])
    order: list[str] = []
    while len(order) < count:
        drawn = rng.choice(len(names), len(names), replace=False, p=weight / weight.sum())
        order += [names[i] for i in drawn]
    return order[:count]


def _draw_gang(
    index: int,
    name: str,
    book: Schemes,
    level: int,
    scale: float,
    days: int,
    cities: np.ndarray,
    rng: np.random.Generator,
) -> Gang:
    scheme, evasion = book.schemes[name], book.evasion[level]

    def one(bounds: tuple[float, float]) -> float:
        return float(draw(rng, bounds, 1)[0])

    origins = list(scheme.origins)
    share = np.array([scheme.origins[origin] for origin in origins])
    size = one(scheme.numbers) * (scale if scheme.numbers[1] < 100 else 1) * one(evasion.rotate)
    first, last = _span(scheme, days, rng)
    start = one((8.5, 10.0) if evasion.local_hours else scheme.start_hour)
    return Gang(
        index,
        name,
        scheme,
        level,
        evasion,
        str(rng.choice(origins, p=share / share.sum())),
        max(8 if name == "sim_box" else 2, round(size)),
        one(scheme.calls_per_hour) / one(evasion.slow),
        start,
        min(one(scheme.work_hours), 23.5 - start),
        one(scheme.answered),
        one(scheme.talk_s),
        one(scheme.ring_s),
        one(scheme.convinced),
        first,
        last,
        int(rng.choice(len(cities), p=cities / cities.sum())),
    )


def _span(scheme: Scheme, days: int, rng: np.random.Generator) -> tuple[int, int]:
    """First day and the day after the last; a card that slept or was sold is seen asleep or at home first."""
    length = max(1, min(days, round(float(draw(rng, scheme.days, 1)[0]))))
    first = int(rng.integers(0, days - length + 1))
    if scheme.begins[1] > 0:
        first = min(days - 1, round(float(draw(rng, scheme.begins, 1)[0])))
        length = min(length, days - first)
    if scheme.card in ("resold", "dormant") and days > 1:
        first = max(first, min(1, days - length))
    return first, first + length
