"""Decides the honest oddities of a week: new telephones, shops that try many cards in one, fairs that fill a cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fanzha.world.cells import Cells
from fanzha.world.devices import make_imeis
from fanzha.world.honest import Town
from fanzha.world.underworld import Change, Underworld

_NEW_TELEPHONES = 0.0012  # share of people in a day
_SUBSCRIBERS_TO_A_SHOP = 25_000
_SUBSCRIBERS_TO_A_FAIR = 100_000


@dataclass(frozen=True)
class Fair:
    """A crowd in one cell for a day: temple fair, concert, market."""

    day: int
    cell: int
    who: np.ndarray


def replace_telephones(world: Underworld, rng: np.random.Generator) -> None:
    """Some people buy a new telephone; card, circle and places stay."""
    town = world.town
    for day in range(1, town.days):
        who = np.flatnonzero((rng.random(town.humans) < _NEW_TELEPHONES) & town.free[: town.humans])
        at = world.buy_devices(make_imeis(town.province.phone_tacs, len(who), rng))
        world.changes.append(Change(day, who, {"device": at + np.arange(len(who))}))


def open_shops(world: Underworld, rng: np.random.Generator) -> None:
    """Shops where customers' cards spend a day in the one telephone on the counter: many cards, one IMEI, one cell."""
    town = world.town
    for _ in range(max(1, town.humans // _SUBSCRIBERS_TO_A_SHOP)):
        counter = world.buy_devices(make_imeis(town.province.phone_tacs, 1, rng))
        cell = int(rng.integers(0, len(world.cells.region)))
        customers = town.pick_adults(town.days * int(rng.integers(1, 4)), rng)
        for one, customer in enumerate(customers):
            who, day = customers[one : one + 1], one % town.days
            town.role_of[int(customer)] = "shop_customer"
            places = ("home", "work", "third")
            world.changes.append(Change(day, who, {"device": float(counter), **{name: float(cell) for name in places}}))
            before = town.people[customer]
            world.changes.append(Change(day + 1, who, {name: float(before[name]) for name in (*places, "device")}))


def hold_fairs(town: Town, cells: Cells, rng: np.random.Generator) -> list[Fair]:
    """Days on which two in a hundred of a city stand in one cell: honest, and far off that cell's baseline."""
    fairs = []
    for _ in range(max(1, town.humans // _SUBSCRIBERS_TO_A_FAIR)):
        city = int(rng.integers(0, len(cells.lo) - 1))
        here = np.flatnonzero(town.people["city"][: town.humans] == city)
        who = here[rng.random(len(here)) < 0.02]
        fairs.append(Fair(int(rng.integers(0, town.days)), int(rng.integers(cells.lo[city], cells.lo[city + 1])), who))
    return fairs
