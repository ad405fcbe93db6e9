"""Decides what a gang works with: telephones, cards and the cells it sits in."""

from __future__ import annotations

import numpy as np

from fanzha.world.calls import DAY_MS, HOUR_MS
from fanzha.world.devices import make_imeis, sequential_imeis
from fanzha.world.gangs import Gang
from fanzha.world.habits import draw
from fanzha.world.underworld import Change, Underworld


def equip(gang: Gang, diallers: np.ndarray, world: Underworld) -> None:
    """Telephones: their own, or one, few or many in turn, as the scheme and the level of evasion ask."""
    rng, tacs = world.rng, world.town.province
    size = len(diallers)
    if gang.scheme.devices == "rotated":
        few = max(1, size // 14)
        channels = {0: 1 if rng.random() < 0.5 else few, 1: max(1, size // 9)}.get(gang.level, size * 2)
        imeis = sequential_imeis(str(rng.choice(tacs.modem_tacs)), channels, rng)
        if gang.level >= 2:  # written over with those of ordinary telephones
            imeis = make_imeis(tacs.phone_tacs, channels, rng)
        diallers["device_n"] = channels
        diallers["rotate"] = int(rng.uniform(1, 8) * HOUR_MS) if gang.level >= 2 else 10**15
        diallers["device_lo"] = world.buy_devices(imeis)
    elif gang.level >= 2 and gang.scheme.card != "resold":
        imeis = make_imeis(tacs.phone_tacs, size * 2, rng)
        diallers["device_lo"] = world.buy_devices(imeis) + 2 * np.arange(size)
        diallers["device_n"] = 2
        diallers["rotate"] = int(rng.uniform(8, 30) * HOUR_MS)
    else:
        return
    gang.devices = np.unique(
        (diallers["device_lo"][:, None] + np.arange(int(diallers["device_n"][0]))[None, :]).ravel()
    )
    world.town.people["device"][gang.numbers] = diallers["device_lo"] + np.arange(size) % diallers["device_n"]


def issue_cards(gang: Gang, world: Underworld) -> None:
    """Activation of the cards; a resold card keeps the day its holder bought it."""
    rng, town = world.rng, world.town
    cards = np.concatenate([gang.numbers, gang.partners])
    first = town.first_midnight + gang.first_day * DAY_MS
    n = len(cards)
    if gang.scheme.card == "resold":
        return
    age = {"new": rng.uniform(0.3, 12) + rng.uniform(0, 2, n), "dormant": rng.uniform(90, 900, n)}.get(
        gang.scheme.card, rng.lognormal(4.5, 1.0, n) + 5
    )
    town.activated[cards] = first + 10 * HOUR_MS - (np.asarray(age) * DAY_MS).astype(np.int64)


def settle_in(gang: Gang, works: np.ndarray, world: Underworld) -> None:
    """Where the cards are used; a resold card moves with a new telephone on its first working day."""
    rng, people, cells = world.rng, world.town.people, world.cells
    lo, hi = int(cells.lo[gang.city]), int(cells.lo[gang.city + 1])
    count = max(1, round(float(draw(rng, gang.scheme.cells, 1)[0])))
    if gang.name == "cell_surge":
        gang.cells = rng.integers(lo + (hi - lo) * 2 // 3, hi, count).astype(np.int32)
    else:
        gang.cells = rng.integers(lo, hi, count).astype(np.int32)
    together = gang.name in ("sim_box", "cell_surge") or rng.random() < 0.4
    size = len(gang.numbers)
    place = rng.choice(gang.cells, size) if together else rng.integers(lo, hi, size)
    if not together:
        gang.cells = np.unique(place).astype(np.int32)
    still: dict[str, np.ndarray | float] = {
        "home": place, "work": place, "third": place, "rate": 0.0, "rate_in": 0.0, "answers": 0.05,
        "travels": 0.0, "roam": 0.0, "forward_to": -1.0, "clir": 0.0,
    }  # fmt: skip
    if gang.scheme.card == "resold":
        imeis = make_imeis(world.town.province.phone_tacs, size, rng)
        still["device"] = world.buy_devices(imeis) + np.arange(size)
        still["rate_in"] = people["rate_in"][gang.numbers] * 0.5
        for one in range(size):
            day = int(np.argmax(works[one])) if works[one].any() else gang.first_day
            picked = {
                name: (value[one : one + 1] if isinstance(value, np.ndarray) else value)
                for name, value in still.items()
            }
            world.changes.append(Change(day, gang.numbers[one : one + 1], picked))
        return
    if gang.scheme.card != "dormant":  # the operator knows it by the place where it has been used
        people["home"][gang.numbers] = place
    world.changes.append(Change(0, gang.numbers, still))
    if gang.scheme.bridge:
        for day in range(gang.first_day, gang.last_day):
            spot = rng.integers(lo, hi, size)
            for group in (gang.numbers, gang.partners):
                world.changes.append(Change(day, group, {"home": spot, "work": spot, "third": spot}))
