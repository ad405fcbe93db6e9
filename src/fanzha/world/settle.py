"""Decides the province before its first day: every number, person, card, role, gang, list and telephone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fanzha.records.contract import UTC_US, Ingress
from fanzha.world.calls import DAY_MS
from fanzha.world.cast import Cast
from fanzha.world.cells import Cells, make_cells
from fanzha.world.devices import make_imeis, make_imsis
from fanzha.world.files import write_table
from fanzha.world.gangs import Gang, plan_gangs
from fanzha.world.habits import Roles, Schemes, load_strict
from fanzha.world.honest import Town, hire_all
from fanzha.world.numbers import (
    Block,
    NumberBook,
    block_of_mobiles,
    foreign_numbers,
    mobiles_by_city,
    text_of,
)
from fanzha.world.people import AGE_BANDS, make_friends, make_people
from fanzha.world.private import Reach
from fanzha.world.province import Province, load_province
from fanzha.world.raising import Change, Underworld, enlist, find_vacancies, raise_gang
from fanzha.world.switch import Switch

_HERE = Path(__file__).parent
FAR_CELLS = 4  # cells known of each city of another province


@dataclass
class Settlement:
    """A province ready to live."""

    province: Province
    seed: int
    start: date
    subscribers: int
    humans: int
    people: np.ndarray
    friends: np.ndarray
    reach: Reach
    cells: Cells
    switch: Switch
    gangs: list[Gang]
    diallers: np.ndarray
    working: np.ndarray
    lists: np.ndarray
    vacant: tuple[int, int]
    foreign: tuple[int, int]
    changes: list[Change]
    silent_until: np.ndarray
    roles: dict[int, str]
    rhythms: np.ndarray
    references: dict[str, pa.Table]
    today: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def midnight(self, day: int) -> int:
        """Unix ms at which a day of the world begins, Asia/Shanghai."""
        return first_midnight(self.start) + day * DAY_MS

    def day_off(self, day: int) -> bool:
        return (self.start + timedelta(days=day)).weekday() >= 5

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
        abroad = rng.random(n) < 0.4
        far = known + rng.integers(0, len(self.switch.cell_region) - known, n)
        today["away"] = np.where(journey, np.where(abroad & ~today["guest"], far, rng.integers(0, known, n)), -1)
        silent = self.silent_until > day
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


def settle(subscribers: int, days: int, seed: int, gang_count: int, evasion: str | int, start: date) -> Settlement:
    """Build the province for one world; everything follows from the arguments."""
    rng = np.random.default_rng([seed, 1])
    province = load_province()
    roles = load_strict(_HERE / "roles.yaml", Roles)
    schemes = load_strict(_HERE / "schemes.yaml", Schemes)
    shares = np.array([city.population_m for city in province.cities])
    shares = shares / shares.sum()
    gangs = plan_gangs(schemes, gang_count, evasion, subscribers, days, shares, rng)
    need = {origin: sum(g.cards_needed for g in gangs if g.origin == origin) for origin in _RESERVED}
    idle = max(10, subscribers // 200)
    humans = subscribers - need["own"] - idle
    guests = max(20, subscribers // 50) + need["visitor"]
    cells = make_cells(province, subscribers, rng)
    city = np.concatenate(
        [
            np.sort(rng.choice(len(shares), humans, p=shares)),
            rng.choice(len(shares), subscribers - humans + guests, p=shares),
        ]
    )
    people = make_people(cells, city.astype(np.int16), humans, guests, rng)
    friends = make_friends(city[:humans], humans, rng)
    book = NumberBook()
    mobile, reach, spare = _number_everyone(province, book, city, humans, subscribers, need, shares, rng)
    people["forward_to"] = _forwarding(len(people), reach, rng)
    town = Town(
        province, people, friends, humans, reach, book, mobile[: len(people)], np.ones(len(people), bool),
        _activation(len(people), first_midnight(start), rng), np.zeros(len(people), np.int8),
        first_midnight(start), days,
    )  # fmt: skip
    cast = Cast(days)
    hire_all(roles.roles, town, cast, rng)
    leaked = np.concatenate(
        [rng.choice(humans, max(200, humans // 8), replace=False), _sample_other(reach, humans // 8, rng)]
    )
    spare["own"], spare["visitor"] = [humans, subscribers], [subscribers + guests - need["visitor"], len(people)]
    world = Underworld(town, cells, cast, rng, spare, leaked, len(people))
    for gang in gangs:
        enlist(gang, world)
    padded = np.zeros(book.size, np.int64)
    padded[: len(mobile)] = mobile
    vacant = find_vacancies(gangs, world, padded)
    for gang in gangs:
        raise_gang(gang, world)
    _replace_telephones(world, humans, days, rng)
    lists = cast.lists()
    _plant_waves(cast, lists, humans, subscribers, rng)
    imei = make_imeis(province.phone_tacs, len(people), rng)
    imei[rng.random(len(imei)) < 0.0006] = 0  # telephones without a serial of their own
    switch = _switch(province, book, cells, people, vacant, np.concatenate([imei, *world.devices]), rng)
    references = _references(province, town, switch, subscribers, cells, rng)
    return Settlement(
        province, seed, start, subscribers, humans, people, friends, reach, cells, switch, gangs, cast.diallers(),
        cast.working(), lists, vacant, (reach.foreign_lo, reach.foreign_lo + reach.foreign_n), world.changes,
        town.silent_until, town.role_of, province.rhythm_table(), references,
    )  # fmt: skip


_RESERVED = ("own", "visitor", "other", "far")


def _number_everyone(
    province: Province,
    book: NumberBook,
    city: np.ndarray,
    humans: int,
    subscribers: int,
    need: dict[str, int],
    shares: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, Reach, dict[str, list[int]]]:
    """Enter all numbers but those of companies and masks; int64 mobiles by position, who reaches whom, reserves."""
    own = mobiles_by_city([c.prefixes["cm"] for c in province.cities], city[:subscribers], rng)
    half = [c.prefixes["cm"][: len(c.prefixes["cm"]) // 2] for c in province.far]
    guests = mobiles_by_city(half, np.sort(rng.integers(0, len(half), len(city) - subscribers)), rng)
    book.add(text_of(own), Ingress.LOCAL)
    book.add(text_of(guests), Ingress.LOCAL)
    other_lo, other_n, other = _other_networks(province, book, subscribers, shares, rng)
    far, far_block = _far_numbers(province, book, subscribers, need["far"], rng)
    more, spare_other = _reserve_other(province, book, need["other"], shares, rng)
    foreign = book.add(
        foreign_numbers(province, max(60, min(4000, subscribers // 100)), rng, bait=False),
        Ingress.INTERNATIONAL,
        book.trunk("INT-02"),
    )
    service = _services(province, book)
    weight = np.array([s.weight for s in province.services])
    first = np.searchsorted(city[:humans], np.arange(len(shares) + 1))
    reach = Reach(
        first[:-1].astype(np.int32), np.maximum(1, np.diff(first)).astype(np.int32), other_lo, other_n,
        far_block.lo, far_block.n - need["far"], foreign.lo, foreign.n, service.lo,
        np.cumsum(weight) / weight.sum() + np.r_[np.zeros(len(weight) - 1), 1e-9],
    )  # fmt: skip
    mobile = np.concatenate([own, guests, other, far, more])
    spare = {"far": [far_block.hi - need["far"], far_block.hi], "other": [spare_other.lo, spare_other.hi]}
    return mobile, reach, spare


def _other_networks(
    province: Province, book: NumberBook, subscribers: int, shares: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Other carriers' mobiles of the province, city by city."""
    lo, count, numbers = [], [], []
    for c, one in enumerate(province.cities):
        n = max(40, int(subscribers * 1.1 * shares[c]))
        begin = book.size
        for carrier, share in province.carrier_share.items():
            part = block_of_mobiles(one.prefixes[carrier], max(20, int(n * share)), rng)
            numbers.append(part)
            book.add(text_of(part), Ingress.INTERNETWORK, book.trunk(f"IN-{carrier.upper()}-{one.area_code}"))
        lo.append(begin)
        count.append(book.size - begin)
    return np.array(lo, np.int32), np.array(count, np.int32), np.concatenate(numbers)


def _reserve_other(
    province: Province, book: NumberBook, count: int, shares: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, Block]:
    """Other carriers' mobiles that no honest person knows; from prefixes at the end of each city's list."""
    if count == 0:
        return np.zeros(0, np.int64), Block(book.size, 0)
    city = province.cities[int(rng.choice(len(shares), p=shares))]
    part = block_of_mobiles([city.prefixes["ct"][-1], city.prefixes["cu"][-1]], count, rng)
    return part, book.add(text_of(part), Ingress.INTERNETWORK, book.trunk(f"IN-CT-{city.area_code}"))


def _far_numbers(
    province: Province, book: NumberBook, subscribers: int, reserve: int, rng: np.random.Generator
) -> tuple[np.ndarray, Block]:
    """Mobiles of other provinces, all carriers; the last `reserve` of them are known to nobody honest."""
    each = max(20, subscribers * 2 // 5 // len(province.far))
    extra = -(-reserve // len(province.far)) + 1
    main, rest, trunks = [], [], []
    for one in province.far:
        heads = one.prefixes["ct"] + one.prefixes["cu"] + one.prefixes["cm"][len(one.prefixes["cm"]) // 2 :]
        part = block_of_mobiles(heads, each + extra, rng)
        main.append(part[:each])
        rest.append(part[each:])
        trunks.append(book.trunk(f"IP-{one.code // 10000}-{one.area_code}"))
    spare = np.concatenate(rest)[:reserve]
    owner = np.repeat(trunks, extra)[:reserve]
    numbers = np.concatenate([*main, spare])
    trunk = np.concatenate([np.repeat(trunks, each), owner])
    return numbers, book.add(text_of(numbers), Ingress.INTERPROVINCIAL, trunk)


def _services(province: Province, book: NumberBook) -> Block:
    trunks = np.array([book.trunk(f"SVC-{service.number}") for service in province.services])
    return book.add(pa.array([service.number for service in province.services]), Ingress.TRUNK, trunks)


def _forwarding(count: int, reach: Reach, rng: np.random.Generator) -> np.ndarray:
    """1.2 % of people have unanswered calls sent on to another number."""
    other = rng.integers(int(reach.other_lo[0]), int(reach.other_lo[-1] + reach.other_n[-1]), count)
    return np.where(rng.random(count) < 0.012, other, -1)


def _sample_other(reach: Reach, count: int, rng: np.random.Generator) -> np.ndarray:
    return rng.integers(int(reach.other_lo[0]), int(reach.other_lo[-1] + reach.other_n[-1]), count)


def _activation(count: int, first: int, rng: np.random.Generator) -> np.ndarray:
    """int64[n] ms: most cards are years old, three in a hundred younger than a month."""
    days = np.where(rng.random(count) < 0.03, rng.uniform(0.5, 30, count), rng.lognormal(7.0, 0.8, count) + 30)
    born: np.ndarray = first - (np.minimum(days, 8000) * DAY_MS).astype(np.int64)
    return born


def _replace_telephones(world: Underworld, humans: int, days: int, rng: np.random.Generator) -> None:
    """Some people buy a new telephone; card, circle and places stay."""
    for day in range(1, days):
        who = np.flatnonzero((rng.random(humans) < 0.0012) & world.town.free[:humans])
        at = world.buy_devices(make_imeis(world.town.province.phone_tacs, len(who), rng))
        world.changes.append(Change(day, who, {"device": at + np.arange(len(who))}))


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
    book: NumberBook,
    cells: Cells,
    people: np.ndarray,
    vacant: tuple[int, int],
    imei: np.ndarray,
    rng: np.random.Generator,
) -> Switch:
    ingress = book.ingress()
    here = np.zeros(book.size, bool)
    here[: len(people)] = True
    here[vacant[0] : vacant[1]] = True
    here |= ingress == int(Ingress.TRUNK)
    far_names, far_region = _far_cells(province)
    text = pc.utf8_lpad(pc.cast(pa.array(imei), pa.string()), 15, padding="0")
    return Switch(
        book.raw(), ingress, book.trunks(), pa.array(book.trunk_names, pa.string()), here,
        make_imsis(province.mcc_mnc, len(people), rng), text,
        pa.concat_arrays([cells.name, far_names]), np.concatenate([cells.region, far_region]), cells,
    )  # fmt: skip


def _far_cells(province: Province) -> tuple[pa.Array, np.ndarray]:
    """Cells of other provinces as they appear in the records of travellers; no table of ours lists them."""
    names, region = [], []
    for place, one in enumerate(province.far):
        for k in range(FAR_CELLS):
            names.append(f"{province.mcc_mnc}{40000 + place}{50000 + 13 * k}")
            region.append(one.code)
    return pa.array(names), np.array(region, np.int32)


def _references(
    province: Province, town: Town, switch: Switch, subscribers: int, cells: Cells, rng: np.random.Generator
) -> dict[str, pa.Table]:
    people = town.people[:subscribers]
    plan = rng.choice(list(province.plans), subscribers, p=list(province.plans.values()))
    holder = np.arange(subscribers)
    second = rng.random(subscribers) < 0.12  # a second card in one name
    holder[second] -= 1
    document = pc.binary_join_element_wise(
        "id", pc.cast(pa.array(holder * 7919 + 104_729 * (1 + np.abs(holder) % 97)), pa.string()), "-"
    )
    registered = np.where(rng.random(subscribers) < 0.995, people["home"], -1)
    table = pa.table(
        {
            "number": switch.raw.slice(0, subscribers),
            "imsi": switch.imsi.slice(0, subscribers),
            "home_imei": switch.imei.take(pa.array(people["device"])),
            "home_cell": switch.cell_name.take(pa.array(registered, mask=registered < 0)),
            "activated": pa.array(town.activated[:subscribers] * 1000).cast(UTC_US),
            "document_hash": document,
            "plan": pa.array(plan),
            "age_band": pa.array(list(AGE_BANDS)).take(pa.array(people["age"])),
        }
    )
    return {"subscribers": table, "cells": cells.table(), "trunks": _trunks(province, town)}


def _trunks(province: Province, town: Town) -> pa.Table:
    owners = {service.number: service.owner for service in province.services}
    rows: list[tuple[str, str, str | None, bool]] = list(town.companies)
    for name in town.book.trunk_names:
        if name is None or name.startswith("ENT-"):
            continue
        kind, rest = name.split("-", 1)
        if kind == "SVC":
            rows.append((name, owners[rest], rest, True))
        elif kind == "INT":
            rows.append((name, "国际关口局", None, True))
        else:
            carrier = province.carriers.get(rest[:2].lower(), province.carriers["cm"])
            rows.append((name, f"{carrier}{'网间' if kind == 'IN' else '省际'}关口局", None, True))
    columns = list(zip(*sorted(rows), strict=True))
    return pa.table(
        {
            "trunk": pa.array(columns[0]),
            "owner": pa.array(columns[1]),
            "permitted": pa.array(columns[2], pa.string()),
            "licensed": pa.array(columns[3]),
        }
    )
