"""Decides who lives in the province: homes, work, friends, ages and how much each person calls."""

from __future__ import annotations

import numpy as np

from fanzha.world.cells import Cells

AGE_BANDS = ("00-17", "18-29", "30-44", "45-59", "60+")
AGE_SHARES = (0.06, 0.20, 0.31, 0.25, 0.18)
FRIEND_SLOTS = 12

# One card's life. Slots of friends are on this network, slots of acquaintances on others.
PERSON = np.dtype(
    [
        ("home", np.int32),
        ("work", np.int32),
        ("third", np.int32),
        ("away", np.int32),  # cell of today's journey, -1 at home
        ("roam", np.int32),  # wanders so many cells about home, 0 for most
        ("city", np.int16),
        ("age", np.int8),
        ("rhythm", np.int8),
        ("rate", np.float32),  # private calls out a day
        ("rate_in", np.float32),  # private calls in from other networks a day
        ("answers", np.float32),  # share of calls taken
        ("focus", np.float32),  # how much the first friends are favoured
        ("friends", np.int16),
        ("acquaintances", np.int16),
        ("clir", np.bool_),
        ("forward_to", np.int32),  # position of a number, -1 none
        ("device", np.int32),
        ("travels", np.float32),  # chance of a day elsewhere
        ("guest", np.bool_),
    ]
)


def make_people(cells: Cells, city: np.ndarray, humans: int, guests: int, rng: np.random.Generator) -> np.ndarray:
    """PERSON[n]: `humans` residents, then cards waiting in drawers, then `guests` from other provinces.

    `city` is int16[n] and sorted among the humans, so that neighbours in the table are neighbours in town.
    """
    n = len(city)
    people = np.zeros(n, PERSON)
    people["city"] = city
    people["age"] = rng.choice(len(AGE_BANDS), n, p=AGE_SHARES).astype(np.int8)
    people["rhythm"] = _rhythms(people["age"], rng)
    _settle(people, cells, humans, rng)
    _habits(people, rng)
    people["rate"][humans : n - guests] = 0
    people["rate_in"][humans : n - guests] = 0
    people["guest"][n - guests :] = True
    people["forward_to"] = -1
    people["away"] = -1
    people["device"] = np.arange(n)
    return people


def _rhythms(age: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    rhythm: np.ndarray = np.array([1, 0, 0, 0, 2], np.int8)[age]
    rhythm[(age == 1) & (rng.random(len(age)) < 0.35)] = 1
    rhythm[(age >= 1) & (age <= 3) & (rng.random(len(age)) < 0.04)] = 3
    return rhythm


def _settle(people: np.ndarray, cells: Cells, humans: int, rng: np.random.Generator) -> None:
    """Home by order in the city, work in the same city, most near the centre, and a third place."""
    n = len(people)
    lo, width = cells.lo[people["city"]], np.diff(cells.lo)[people["city"]]
    rank = rng.random(n)
    first = np.searchsorted(people["city"][:humans], np.arange(len(cells.lo)))
    own = people["city"][:humans]
    size = np.maximum(1, np.diff(first))[own]
    # neighbours in the table live in one cell; some cells are crowded and some empty
    rank[:humans] = ((np.arange(humans) - first[own]) / size) ** 1.25
    at = np.minimum((rank * width).astype(np.int64), width - 1)
    people["home"] = lo + at
    people["work"] = lo + np.minimum((rng.beta(1.2, 2.2, n) * width).astype(np.int64), width - 1)
    people["third"] = lo + np.clip(at + rng.integers(-3, 4, n), 0, width - 1)
    idle = (people["age"] == 0) | (people["age"] == 4) | (rng.random(n) < 0.15)
    people["work"][idle] = people["home"][idle]


def _habits(people: np.ndarray, rng: np.random.Generator) -> None:
    n, age = len(people), people["age"]
    lively = np.array([0.45, 1.0, 1.35, 1.2, 0.7])[age]
    people["rate"] = np.clip(1.25 * lively * rng.lognormal(-0.4, 0.9, n), 0.02, 25)
    people["rate"][rng.random(n) < 0.05] *= 0.05  # second cards and tablets
    people["rate_in"] = people["rate"] * rng.uniform(0.45, 1.0, n)
    people["answers"] = rng.beta(7, 2.6, n)
    people["focus"] = rng.uniform(1.4, 3.2, n)
    people["friends"] = np.clip(rng.lognormal(1.75, 0.6, n), 2, FRIEND_SLOTS)
    people["acquaintances"] = np.clip(rng.lognormal(2.3, 0.9, n) * lively, 2, 150)
    people["clir"] = rng.random(n) < 0.0005
    people["travels"] = np.where(rng.random(n) < 0.12, rng.uniform(0.05, 0.3, n), 0.006)


def make_friends(humans: int, rng: np.random.Generator) -> np.ndarray:
    """int32[humans, FRIEND_SLOTS]: whom each person knows on this network; knowing is mutual, slot by slot.

    Pairs are neighbours on a line shaken ever more widely: household first, then street, then city, then anywhere.
    """
    friends = np.empty((humans, FRIEND_SLOTS), np.int32)
    place = np.arange(humans) + 0.0
    widths = [1.0, 1.5, 4, 12, 30, 30, 120, 120, 400, 2000, humans / 8, humans]
    for slot, width in enumerate(widths[:FRIEND_SLOTS]):
        order = np.argsort(place + rng.standard_normal(humans) * width).astype(np.int32)
        mate = np.empty(humans, np.int32)
        even = humans - humans % 2
        mate[order[0:even:2]] = order[1:even:2]
        mate[order[1:even:2]] = order[0:even:2]
        if humans % 2:
            mate[order[-1]] = order[0]
        friends[:, slot] = mate
    return friends
