"""Decides whom a gang dials: lists bought, rows of numbers, a few chosen victims, and friends for cover."""

from __future__ import annotations

import numpy as np

from fanzha.world.calls import Part
from fanzha.world.gangs import Gang
from fanzha.world.habits import draw
from fanzha.world.underworld import Underworld


def hand_out_lists(gang: Gang, diallers: np.ndarray, works: np.ndarray, world: Underworld) -> None:
    rng, scheme = world.rng, gang.scheme
    if scheme.source_of_list == "sequential":
        row = world.blocks[gang.index]
        if not gang.has_card:
            row = row[_is_here(row, world)]
        at, share = world.cast.add_list(row), len(row) // len(diallers)
        diallers["list_lo"] = at + share * np.arange(len(diallers))
        diallers["list_n"] = max(1, share)
        return
    if not scheme.walk:  # few victims, all the gang's
        victims = _marks(gang, max(2, round(float(draw(rng, scheme.list_size, 1)[0]))), world)
        diallers["list_lo"], diallers["list_n"] = world.cast.add_list(victims), len(victims)
        return
    active = np.maximum(1, works.sum(axis=1))
    sizes = (np.maximum(draw(rng, scheme.list_size, len(diallers)), diallers["calls"] * 1.1) * active).astype(np.int64)
    at = world.cast.add_list(_marks(gang, int(sizes.sum()), world))
    diallers["list_lo"] = at + np.concatenate([[0], np.cumsum(sizes)[:-1]])
    diallers["list_n"] = sizes


def _is_here(ids: np.ndarray, world: Underworld) -> np.ndarray:
    """Whether a number is one of this network's: a subscriber's, or vacant in its ranges."""
    here: np.ndarray = (ids < len(world.town.people)) | (ids >= world.spare["far"][1])
    return here


def _marks(gang: Gang, count: int, world: Underworld) -> np.ndarray:
    """int32[count]: whom to dial, off a list for sale or by chance; outsiders' lists hold this network only."""
    rng, reach = world.rng, world.town.reach
    if gang.scheme.source_of_list == "leaked":
        part = rng.choice(world.leaked, min(len(world.leaked), 40 + count // 2), replace=False)
        if not gang.has_card:
            part = part[part < world.town.humans]
        if gang.scheme.list_from == "local":
            local = part[_city_of(part, world) == gang.city]
            part = local if len(local) > 20 else part
        picked: np.ndarray = part[rng.permutation(count) % len(part)]
        return picked.astype(np.int32)
    local_only = gang.scheme.list_from == "local"
    cities = np.full(count, gang.city) if local_only else rng.integers(0, len(reach.own_lo), count)
    if not local_only:
        cities = _city_of(rng.integers(0, world.town.humans, count), world)
    own = reach.own_lo[cities] + (rng.random(count) * reach.own_n[cities]).astype(np.int64)
    other = reach.other_lo[cities] + (rng.random(count) * reach.other_n[cities]).astype(np.int64)
    foreign = (rng.random(count) < 0.55) if gang.has_card else np.zeros(count, bool)
    return np.asarray(np.where(foreign, other, own), np.int32)


def _city_of(ids: np.ndarray, world: Underworld) -> np.ndarray:
    people = world.town.people
    reach = world.town.reach
    other = np.searchsorted(reach.other_lo, ids, side="right") - 1
    cities: np.ndarray = np.where(ids < len(people), people["city"][np.minimum(ids, len(people) - 1)], other)
    return cities.astype(np.int64)


def befriend(gang: Gang, diallers: np.ndarray, world: Underworld) -> None:
    """Friends of the gang who are rung, and ring, to make a number look lived with."""
    if gang.evasion.cover[1] <= 0 or gang.origin in ("foreign", "spoofed"):
        return
    rng, n = world.rng, len(diallers)
    each = int(rng.integers(4, 13))
    friends = rng.integers(0, world.town.humans, n * each)
    diallers["cover_lo"] = world.cast.add_list(friends) + each * np.arange(n)
    diallers["cover_n"] = each
    diallers["cover"] = draw(rng, gang.evasion.cover, n)
    diallers["incoming"] = draw(rng, gang.evasion.incoming_per_day, n)


def warm_up(gang: Gang, diallers: np.ndarray, works: np.ndarray, world: Underworld) -> None:
    """Days of friendly calls before the first fraud, where the gang takes its time."""
    if gang.evasion.warm_up_days[1] <= 0 or diallers["cover_n"].max() <= 0:
        return
    quiet = diallers.copy()
    quiet["calls"] = world.rng.uniform(3, 9, len(quiet))
    quiet["cover"], quiet["sessions"], quiet["gap"], quiet["part"] = 1.0, 4, 600_000, int(Part.COVER)
    first = np.argmax(works, axis=1)
    days = np.round(draw(world.rng, gang.evasion.warm_up_days, len(quiet)))
    calendar = np.arange(works.shape[1])[None, :]
    before = (calendar < first[:, None]) & (calendar >= (first - days)[:, None]) & np.any(works, axis=1, keepdims=True)
    world.cast.add(quiet, before)
