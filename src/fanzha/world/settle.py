"""Decides the province before its first day: every number, person, card, role, gang, list and telephone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fanzha.errors import UsageError
from fanzha.records.contract import Ingress
from fanzha.world.calls import DAY_MS
from fanzha.world.cast import Cast
from fanzha.world.cells import Cells, make_cells
from fanzha.world.census import Census, take_census
from fanzha.world.devices import make_imeis, make_imsis
from fanzha.world.drift import Drift, Holiday, days_off, keep_holiday, load_drift, plan_holidays, rest
from fanzha.world.files import write_table
from fanzha.world.gangs import ORIGINS_WITH_RESERVE, Gang, plan_gangs
from fanzha.world.habits import Roles, Schemes, load_strict
from fanzha.world.honest import Town, hire, hire_all
from fanzha.world.numbers import NumberBook
from fanzha.world.occasions import Fair, hold_fairs, open_shops, replace_telephones
from fanzha.world.people import make_friends, make_people
from fanzha.world.private import Reach
from fanzha.world.province import Province, load_province
from fanzha.world.raising import enlist, find_vacancies, raise_gang
from fanzha.world.references import subscriber_table, trunk_table
from fanzha.world.switch import Switch
from fanzha.world.underworld import Change, Underworld

_HERE = Path(__file__).parent
_FAR_CELLS = 4  # cells known of each city of another province


@dataclass
class Settlement:
    """A province ready to live."""

    seed: int
    start: date
    subscribers: int
    humans: int
    town: Town
    cells: Cells
    switch: Switch
    gangs: list[Gang]
    cast: Cast
    lists: np.ndarray
    vacant: tuple[int, int]
    changes: list[Change]
    rhythms: np.ndarray
    references: dict[str, pa.Table]
    fairs: list[Fair]
    holidays: list[Holiday]
    today: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        self.diallers = self.cast.diallers()
        self.working = self.cast.working()
        rest(self.working, self.diallers["gang"] < 0, self.holidays, np.random.default_rng([self.seed, 13]))

    @property
    def people(self) -> np.ndarray:
        return self.town.people

    @property
    def reach(self) -> Reach:
        return self.town.reach

    def midnight(self, day: int) -> int:
        """Unix ms at which a day of the world begins, Asia/Shanghai."""
        return self.town.first_midnight + day * DAY_MS

    def day_off(self, day: int) -> bool:
        return bool(self.town.days_off[day])

    def wake(self, day: int) -> np.ndarray:
        """PERSON[n] of this day: changes made, journeys begun, the silent silent."""
        for change in self.changes:
            if change.day == day:
                for name, value in change.values.items():
                    self.people[name][change.who] = value
        today = self.people.copy()
        rng = np.random.default_rng([self.seed, 3, day])
        n, known = len(today), len(self.cells.region)
        journey = rng.random(n) < today["travels"]
        journey[self.humans : self.subscribers] = False
        leaves = (rng.random(n) < 0.4) & ~today["guest"]
        far = rng.integers(known, len(self.switch.cell_region), n)
        today["away"] = np.where(journey, np.where(leaves, far, rng.integers(0, known, n)), -1)
        for holiday in self.holidays:
            if holiday.first <= day <= holiday.last:
                keep_holiday(today, holiday)
        for fair in self.fairs:
            if fair.day == day:
                today["away"][fair.who] = fair.cell
        silent = self.town.silent_until > day
        today["rate"][silent] = 0
        today["rate_in"][silent] *= 0.3
        today["answers"][silent] = 0.0
        self.today = today
        return today

    def write_references(self, out: Path, shape: str) -> None:
        for name, table in self.references.items():
            write_table(table, out / name, shape)


def first_midnight(start: date) -> int:
    """Unix ms at which the first day begins in Asia/Shanghai."""
    return int(datetime(start.year, start.month, start.day, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp() * 1000)


def settle(
    subscribers: int, days: int, seed: int, gang_count: int, evasion: str | int, start: date, *, drift: bool = False
) -> Settlement:
    """Build the province for one world; everything follows from the arguments."""
    rng = np.random.default_rng([seed, 1])
    province = load_province()
    schemes = load_strict(_HERE / "schemes.yaml", Schemes)
    gangs = plan_gangs(schemes, gang_count, evasion, subscribers, days, province.shares(), rng)
    if drift:
        gangs += _newcomers(load_drift(), schemes, gang_count, evasion, subscribers, days, province, rng)
    cells = make_cells(province, subscribers, rng)
    town, census = _populate(province, cells, gangs, subscribers, days_off(start, days, public=drift), start, rng)
    cast = Cast(days)
    hire_all(load_strict(_HERE / "roles.yaml", Roles).roles, town, census.services, cast, rng)
    if drift:
        hire(load_drift().roles, town, cast, rng)
    world = Underworld(town, cells, cast, rng, census.spare, _leak(town, rng), len(town.people))
    vacant = _raise_all(gangs, world, census.mobile)
    replace_telephones(world, rng)
    open_shops(world, rng)
    fairs = hold_fairs(town, cells, rng)
    lists = cast.lists()
    _plant_waves(cast, lists, town.humans, subscribers, rng)
    imei = _telephones(province, len(town.people), town.humans, rng)
    switch = _switch(province, town, cells, vacant, np.concatenate([imei, *world.devices]), rng)
    references = {
        "subscribers": subscriber_table(province, town, switch, subscribers, rng),
        "cells": cells.table(),
        "trunks": trunk_table(province, town),
    }
    rhythms = province.rhythm_table()
    known = (len(cells.region), len(switch.cell_region))
    holidays = plan_holidays(start, days, town.free, town.humans, known, seed) if drift else []
    return Settlement(
        seed, start, subscribers, town.humans, town, cells, switch, gangs, cast, lists, vacant, world.changes,
        rhythms, references, fairs, holidays,
    )  # fmt: skip


def _newcomers(
    drift: Drift,
    book: Schemes,
    others: int,
    evasion: str | int,
    subscribers: int,
    days: int,
    province: Province,
    rng: np.random.Generator,
) -> list[Gang]:
    """Gangs of the schemes that begin while the world lasts."""
    new = Schemes(drift.as_of, drift.schemes, book.evasion)
    count = drift.gangs_beside(others)
    return plan_gangs(new, count, evasion, subscribers, days, province.shares(), rng, first=others)


def _populate(
    province: Province,
    cells: Cells,
    gangs: list[Gang],
    subscribers: int,
    off: np.ndarray,
    start: date,
    rng: np.random.Generator,
) -> tuple[Town, Census]:
    """People, their friends and all their numbers; some cards lie in drawers until a gang takes them."""
    shares = province.shares()
    need = {origin: sum(g.cards_needed for g in gangs if g.origin == origin) for origin in ORIGINS_WITH_RESERVE}
    humans = subscribers - need["own"] - max(10, subscribers // 200)
    if humans < subscribers // 2:
        raise UsageError(
            f"{len(gangs)} gangs need {need['own']} of {subscribers} cards", hint="fewer gangs or more subscribers"
        )
    guests = max(20, subscribers // 50) + need["visitor"]
    settled = np.sort(rng.choice(len(shares), humans, p=shares))
    city = np.concatenate([settled, rng.choice(len(shares), subscribers - humans + guests, p=shares)])
    people = make_people(cells, city.astype(np.int16), humans, guests, rng)
    friends = make_friends(humans, rng)
    book = NumberBook()
    census = take_census(province, book, city, humans, subscribers, need, rng)
    people["forward_to"] = _forwarding(len(people), census.reach, rng)
    town = Town(
        province=province,
        people=people,
        friends=friends,
        humans=humans,
        subscribers=subscribers,
        reach=census.reach,
        book=book,
        mobile=census.mobile[: len(people)],
        free=np.ones(len(people), bool),
        activated=_activation(len(people), first_midnight(start), rng),
        silent_until=np.zeros(len(people), np.int8),
        first_midnight=first_midnight(start),
        days_off=off,
        in_use=np.sort(census.mobile),
    )
    return town, census


def _raise_all(gangs: list[Gang], world: Underworld, mobile: np.ndarray) -> tuple[int, int]:
    for gang in gangs:
        enlist(gang, world)
    numbers = np.zeros(world.town.book.size, np.int64)
    numbers[: len(mobile)] = mobile
    vacant = find_vacancies(gangs, world, numbers)
    for gang in gangs:
        raise_gang(gang, world)
    return vacant


def _leak(town: Town, rng: np.random.Generator) -> np.ndarray:
    """Positions on the lists that are for sale: one subscriber in eight, and as many of other networks."""
    count = max(200, town.humans // 8)
    reach = town.reach
    other = rng.integers(int(reach.other_lo[0]), int(reach.other_lo[-1] + reach.other_n[-1]), count)
    return np.concatenate([rng.choice(town.humans, min(count, town.humans), replace=False), other])


def _forwarding(count: int, reach: Reach, rng: np.random.Generator) -> np.ndarray:
    """1.2 % of people have unanswered calls sent on to another number."""
    other = rng.integers(int(reach.other_lo[0]), int(reach.other_lo[-1] + reach.other_n[-1]), count)
    return np.where(rng.random(count) < 0.012, other, -1)


def _activation(count: int, first: int, rng: np.random.Generator) -> np.ndarray:
    """int64[n] ms: most cards are years old, three in a hundred younger than a month."""
    days = np.where(rng.random(count) < 0.03, rng.uniform(0.5, 30, count), rng.lognormal(7.0, 0.8, count) + 30)
    born: np.ndarray = first - (np.minimum(days, 8000) * DAY_MS).astype(np.int64)
    return born


def _telephones(province: Province, count: int, humans: int, rng: np.random.Generator) -> np.ndarray:
    """int64[count] IMEIs; a few telephones have none, and cheap copies share one among many owners."""
    imei = make_imeis(province.phone_tacs, count, rng)
    imei[rng.random(count) < 0.0006] = 0
    for _ in range(max(1, count // 40_000)):
        copies = rng.choice(humans, int(rng.integers(6, 45)), replace=False)
        imei[copies] = imei[copies[0]]
    return imei


def _plant_waves(cast: Cast, lists: np.ndarray, humans: int, subscribers: int, rng: np.random.Generator) -> None:
    """A few people stand on many gangs' lists at once, and are called by many of their numbers on one day."""
    diallers, working = cast.diallers(), cast.working()
    able = np.flatnonzero((diallers["gang"] >= 0) & diallers["walk"] & (diallers["list_n"] > 30) & working.any(axis=1))
    if len(able) == 0:
        return
    first = np.argmax(working[able], axis=1)
    for _ in range(max(2, subscribers // 40_000)):
        victim = int(rng.integers(0, humans))
        day = int(first[int(rng.integers(0, len(first)))])
        group = able[first == day]
        for a in rng.choice(group, min(len(group), int(rng.integers(6, 25))), replace=False):
            reach = min(int(diallers["list_n"][a]), max(2, int(diallers["calls"][a] * 0.8)))
            lists[int(diallers["list_lo"][a]) + int(rng.integers(0, reach))] = victim


def _switch(
    province: Province,
    town: Town,
    cells: Cells,
    vacant: tuple[int, int],
    imei: np.ndarray,
    rng: np.random.Generator,
) -> Switch:
    book, people = town.book, len(town.people)
    ingress = book.ingress()
    here = ingress == int(Ingress.TRUNK)
    here[:people] = True
    here[vacant[0] : vacant[1]] = True
    far_names, far_region = _far_cells(province)
    return Switch(
        raw=book.raw(),
        ingress=ingress,
        trunk=book.trunks(),
        trunk_names=pa.array(book.trunk_names, pa.string()),
        here=here,
        imsi=make_imsis(province.mcc_mnc, people, rng),
        imei=pc.utf8_lpad(pc.cast(pa.array(imei), pa.string()), 15, padding="0"),
        cell_name=pa.concat_arrays([cells.name, far_names]),
        cell_region=np.concatenate([cells.region, far_region]),
        cells=cells,
    )


def _far_cells(province: Province) -> tuple[pa.Array, np.ndarray]:
    """Cells of other provinces as they appear in the records of travellers; no table of ours lists them."""
    names, region = [], []
    for place, one in enumerate(province.far):
        for k in range(_FAR_CELLS):
            names.append(f"{province.mcc_mnc}{40000 + place}{50000 + 13 * k}")
            region.append(one.code)
    return pa.array(names), np.array(region, np.int32)
