"""Decides what a gang's plan means in the province: its numbers, telephones, cells, lists and working days."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from fanzha.records.contract import Ingress
from fanzha.world.calls import DAY_MS, HOUR_MS, UNKNOWN, Part
from fanzha.world.cast import Cast, blank_diallers
from fanzha.world.cells import Cells
from fanzha.world.devices import make_imeis, sequential_imeis
from fanzha.world.gangs import Gang
from fanzha.world.habits import draw
from fanzha.world.honest import Town
from fanzha.world.masks import MASKS, ON_TRUNK, masks_of
from fanzha.world.numbers import Block, foreign_numbers, text_of


@dataclass(frozen=True)
class Change:
    """On the morning of `day` these people's PERSON fields become these values."""

    day: int
    who: np.ndarray
    values: dict[str, np.ndarray | float]


@dataclass
class Underworld:
    """Where gangs take numbers, telephones and lists from; cursors move as they are used up."""

    town: Town
    cells: Cells
    cast: Cast
    rng: np.random.Generator
    spare: dict[str, list[int]]  # origin -> next position, end of its reserve
    leaked: np.ndarray  # positions on the lists that are for sale
    device_lo: int  # where the next telephone is entered
    devices: list[np.ndarray] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    blocks: dict[int, np.ndarray] = field(default_factory=dict)  # gang -> numbers it dials in a row

    def take(self, origin: str, count: int) -> np.ndarray:
        at, end = self.spare[origin]
        if at + count > end:
            raise ValueError(f"the reserve of {origin} numbers is too small")
        self.spare[origin][0] = at + count
        return np.arange(at, at + count, dtype=np.int32)

    def buy_devices(self, imeis: np.ndarray) -> int:
        at = self.device_lo
        self.devices.append(imeis)
        self.device_lo += len(imeis)
        return at


def enlist(gang: Gang, world: Underworld) -> None:
    """First pass: give the gang its numbers, so that every number is known before any list is drawn up."""
    rng, town = world.rng, world.town
    if gang.scheme.card == "resold" and gang.has_card:
        gang.numbers = town.pick_adults(gang.size, rng).astype(np.int32)
    elif gang.origin == "foreign":
        trunk = town.book.trunk(f"INT-{rng.integers(1, 4):02d}")
        raw = foreign_numbers(town.province, gang.size, rng, bait=True)
        gang.numbers = town.book.add(raw, Ingress.INTERNATIONAL, trunk).ids()
    elif gang.origin == "spoofed":
        gang.numbers = _spoof(gang, town, rng).ids()
    else:
        gang.numbers = world.take(gang.origin, gang.size)
        if gang.scheme.bridge:
            gang.partners = world.take(gang.origin, gang.size)


def _spoof(gang: Gang, town: Town, rng: np.random.Generator) -> Block:
    """One to three kinds of mask, shown over an international trunk or one rented from a company."""
    rented = rng.random() < 0.3
    kinds = rng.choice(ON_TRUNK if rented else MASKS, int(rng.integers(1, 4)), replace=False)
    count = gang.size * int(rng.integers(1, 5))
    raw = [text for kind in kinds for text in masks_of(str(kind), max(1, count // len(kinds)), town.province, rng)]
    names = sorted(set(raw))
    if rented:
        city = town.province.cities[gang.city]
        permitted = f"{city.area_code}8{rng.integers(10**4, 10**5)}00"
        owner = f"{city.zh}信息技术有限公司{gang.index + 1}"
        trunk = town.next_trunk(owner, permitted, licensed=bool(rng.random() < 0.5))
        return town.book.add(pa.array(names), Ingress.TRUNK, trunk)
    return town.book.add(pa.array(names), Ingress.INTERNATIONAL, town.book.trunk(f"INT-{rng.integers(1, 4):02d}"))


def find_vacancies(gangs: list[Gang], world: Underworld, numbers: np.ndarray) -> tuple[int, int]:
    """Second pass: for gangs that dial in a row, find the row; returns the positions of vacant numbers, low and high.

    `numbers` is int64[positions]: every mobile number in use by position, or 0.
    """
    rows: dict[int, np.ndarray] = {}
    order = np.argsort(numbers, kind="stable")
    known = numbers[order]
    vacant: list[np.ndarray] = []
    for gang in gangs:
        if gang.scheme.source_of_list != "sequential":
            continue
        length = int(draw(world.rng, gang.scheme.list_size, 1)[0]) * gang.size * 3
        own = np.flatnonzero(world.town.people["city"][: world.town.humans] == gang.city)
        start = int(numbers[int(world.rng.choice(own))]) - int(world.rng.integers(0, 200))
        row = start + np.arange(length, dtype=np.int64)
        at = np.minimum(np.searchsorted(known, row), len(known) - 1)
        used = known[at] == row
        rows[gang.index] = np.where(used, order[at], -row)
        vacant.append(row[~used])
    gone = np.unique(np.concatenate(vacant)) if vacant else np.zeros(0, np.int64)
    block = world.town.book.add(text_of(gone), Ingress.LOCAL)
    for index, ids in rows.items():
        free = ids < 0
        ids[free] = block.lo + np.searchsorted(gone, -ids[free])
        world.blocks[index] = ids
    return block.lo, block.hi


def raise_gang(gang: Gang, world: Underworld) -> None:
    """Third pass: telephones, cells, cards, lists and days; enters the gang's diallers into the cast."""
    rng, town = world.rng, world.town
    callers = gang.numbers if gang.origin != "spoofed" else np.full(gang.size, gang.numbers[0], np.int32)
    diallers = blank_diallers(len(callers))
    diallers["cli"], diallers["city"], diallers["gang"] = callers, gang.city, gang.index
    diallers["part"] = int(Part.DIAL)
    if gang.origin == "spoofed":
        diallers["cli_n"] = len(gang.numbers)
        diallers["clir"] = rng.random() < 0.08
    _set_pace(gang, diallers, rng)
    works = _working_days(gang, len(callers), town.days, rng)
    if gang.has_card:
        _equip(gang, diallers, world)
        _issue(gang, works, world)
        _settle(gang, works, world)
    _hand_out_lists(gang, diallers, works, world)
    _cover(gang, diallers, world)
    world.cast.add(diallers, works)
    _warm_up(gang, diallers, works, world)


def _set_pace(gang: Gang, diallers: np.ndarray, rng: np.random.Generator) -> None:
    n, scheme = len(diallers), gang.scheme
    seen = 1.0 if gang.has_card else 0.5  # of an outsider's calls only those into this network are seen
    rate = gang.rate * rng.lognormal(0, 0.25, n)
    busy = gang.ring_s * 1.2 + gang.answered * gang.talk_s * 1.4
    diallers["calls"] = rate * gang.work_hours * seen
    diallers["gap"] = np.maximum(1.2, 3600 / rate / seen - busy) * 1000 * 0.8
    diallers["open"] = (gang.start_hour + rng.normal(0, 0.1, n)).clip(0, 22) * HOUR_MS
    diallers["close"] = (gang.start_hour + gang.work_hours + rng.normal(0.3, 0.1, n)).clip(2, 24) * HOUR_MS
    diallers["sessions"] = max(1, round(float(draw(rng, scheme.sessions, 1)[0])))
    diallers["answered"] = (gang.answered * rng.lognormal(0, 0.1, n)).clip(0, 0.95)
    diallers["talk"] = gang.talk_s * rng.lognormal(0, 0.15, n) * 1000
    diallers["talk_sigma"] = rng.uniform(0.4, 1.1)
    diallers["ring"] = gang.ring_s * 1000
    diallers["convinced"] = gang.convinced
    diallers["hand_over"] = draw(rng, scheme.hand_over, 1)[0]
    diallers["redial"] = draw(rng, scheme.redial, n)
    diallers["call_back"] = draw(rng, scheme.call_back, 1)[0]
    diallers["picks_up"] = np.maximum(draw(rng, scheme.picks_up, n), draw(rng, gang.evasion.picks_up, n))
    diallers["bait"], diallers["walk"] = scheme.bait, scheme.walk
    diallers["own_only"] = not gang.has_card


def _working_days(gang: Gang, count: int, days: int, rng: np.random.Generator) -> np.ndarray:
    """bool[n, days]; a number that is rotated works only a part of the gang's days."""
    works = np.zeros((count, days), bool)
    length = gang.last_day - gang.first_day
    share = gang.scheme and (1.0 if gang.evasion.rotate[1] <= 1 else float(1 / draw(rng, gang.evasion.rotate, 1)[0]))
    life = max(1, round(length * share))
    begin = gang.first_day + rng.integers(0, length - life + 1, count)
    calendar = np.arange(days)[None, :]
    works[:] = (calendar >= begin[:, None]) & (calendar < (begin + life)[:, None])
    rest = rng.random((count, days)) < 0.06
    rest &= works.sum(axis=1)[:, None] > 2
    result: np.ndarray = works & ~rest
    return result


def _equip(gang: Gang, diallers: np.ndarray, world: Underworld) -> None:
    """Telephones: their own, or one, few or many in turn, as the scheme and the level of evasion ask."""
    rng, tacs = world.rng, world.town.province
    size = len(diallers)
    if gang.scheme.devices == "rotated":
        channels = {0: 1 if rng.random() < 0.4 else 4, 1: 8}.get(gang.level, size * 2)
        channels = min(channels, size * 2)
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


def _issue(gang: Gang, works: np.ndarray, world: Underworld) -> None:
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


def _settle(gang: Gang, works: np.ndarray, world: Underworld) -> None:
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


def _hand_out_lists(gang: Gang, diallers: np.ndarray, works: np.ndarray, world: Underworld) -> None:
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
    return np.where(foreign, other, own).astype(np.int32)


def _city_of(ids: np.ndarray, world: Underworld) -> np.ndarray:
    people = world.town.people
    reach = world.town.reach
    other = np.searchsorted(reach.other_lo, ids, side="right") - 1
    cities: np.ndarray = np.where(ids < len(people), people["city"][np.minimum(ids, len(people) - 1)], other)
    return cities.astype(np.int64)


def _cover(gang: Gang, diallers: np.ndarray, world: Underworld) -> None:
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


def _warm_up(gang: Gang, diallers: np.ndarray, works: np.ndarray, world: Underworld) -> None:
    """Days of friendly calls before the first fraud, where the gang takes its time."""
    if gang.evasion.warm_up_days[1] <= 0 or diallers["cover_n"].max() <= 0:
        return
    quiet = diallers.copy()
    quiet["calls"] = world.rng.uniform(3, 9, len(quiet))
    quiet["cover"], quiet["sessions"], quiet["gap"], quiet["part"] = 1.0, 4, 600_000, int(Part.COVER)
    first = np.argmax(works, axis=1)
    days = np.round(draw(world.rng, gang.evasion.warm_up_days, len(quiet)))
    calendar = np.arange(works.shape[1])[None, :]
    before = (calendar < first[:, None]) & (calendar >= (first - days)[:, None]) & works.any(axis=1)[:, None]
    world.cast.add(quiet, before)


NOBODY = UNKNOWN
