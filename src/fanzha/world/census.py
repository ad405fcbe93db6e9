"""Decides how many numbers of each kind there are: this network's, others', far ones, foreign ones, services."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from fanzha.records.contract import Ingress
from fanzha.world.numbers import Block, NumberBook, block_of_mobiles, foreign_numbers, mobiles_by_city, text_of
from fanzha.world.private import Reach
from fanzha.world.province import Province

_OTHERS = 1.1  # mobiles of other carriers in the province, to one subscriber
_FAR = 0.4  # mobiles of other provinces that are ever seen, to one subscriber


@dataclass(frozen=True)
class Census:
    """The numbers of the province before companies and gangs add theirs."""

    mobile: np.ndarray  # int64 by position: mobile numbers as integers
    reach: Reach
    services: Block
    spare: dict[str, list[int]]  # origin -> positions that nobody honest knows, from and to


def take_census(
    province: Province,
    book: NumberBook,
    city: np.ndarray,
    humans: int,
    subscribers: int,
    need: dict[str, int],
    rng: np.random.Generator,
) -> Census:
    """Enter all numbers but those of companies and masks; `need` is how many of each origin gangs will use."""
    shares = province.shares()
    own = mobiles_by_city([c.prefixes["cm"] for c in province.cities], city[:subscribers], rng)
    half = [c.prefixes["cm"][: len(c.prefixes["cm"]) // 2] for c in province.far]
    guests = mobiles_by_city(half, np.sort(rng.integers(0, len(half), len(city) - subscribers)), rng)
    book.add(text_of(own), Ingress.LOCAL)
    book.add(text_of(guests), Ingress.LOCAL)
    other_lo, other_n, other = _other_networks(province, book, subscribers, shares, rng)
    far, far_block = _far_numbers(province, book, subscribers, need["far"], rng)
    more, spare_other = _reserve_other(province, book, need["other"], shares, rng)
    abroad = foreign_numbers(province, max(60, min(4000, subscribers // 100)), rng, bait=False)
    gates = np.array([book.trunk(f"INT-{gate:02d}") for gate in (1, 2, 3)])
    foreign = book.add(abroad, Ingress.INTERNATIONAL, rng.choice(gates, len(abroad)))
    service = _services(province, book)
    weight = np.cumsum([s.weight for s in province.services])
    first = np.searchsorted(city[:humans], np.arange(len(shares) + 1)).astype(np.int32)
    reach = Reach(
        first[:-1], np.maximum(1, np.diff(first)), other_lo, other_n, far_block.lo, far_block.n - need["far"],
        foreign.lo, foreign.n, service.lo, weight / weight[-1],
    )  # fmt: skip
    spare = {
        "own": [humans, subscribers],
        "visitor": [len(city) - need["visitor"], len(city)],
        "far": [far_block.hi - need["far"], far_block.hi],
        "other": [spare_other.lo, spare_other.hi],
    }
    return Census(np.concatenate([own, guests, other, far, more]), reach, service, spare)


def _other_networks(
    province: Province, book: NumberBook, subscribers: int, shares: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Other carriers' mobiles of the province, city by city: where each city's begin, how many, and the numbers."""
    lo, count, numbers = [], [], []
    for c, one in enumerate(province.cities):
        n = max(40, int(subscribers * _OTHERS * shares[c]))
        begin = book.size
        for carrier, share in province.carrier_share.items():
            # the last prefix of each is kept for numbers that nobody honest knows
            part = block_of_mobiles(one.prefixes[carrier][:-1], max(20, int(n * share)), rng)
            numbers.append(part)
            book.add(text_of(part), Ingress.INTERNETWORK, book.trunk(f"IN-{carrier.upper()}-{one.area_code}"))
        lo.append(begin)
        count.append(book.size - begin)
    return np.array(lo, np.int32), np.array(count, np.int32), np.concatenate(numbers)


def _reserve_other(
    province: Province, book: NumberBook, count: int, shares: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, Block]:
    """Other carriers' mobiles that nobody honest knows, of one city."""
    city = province.cities[int(rng.choice(len(shares), p=shares))]
    part = block_of_mobiles([city.prefixes["ct"][-1], city.prefixes["cu"][-1]], count, rng)
    return part, book.add(text_of(part), Ingress.INTERNETWORK, book.trunk(f"IN-CT-{city.area_code}"))


def _far_numbers(
    province: Province, book: NumberBook, subscribers: int, reserve: int, rng: np.random.Generator
) -> tuple[np.ndarray, Block]:
    """Mobiles of other provinces, all carriers; the last `reserve` of them are known to nobody honest."""
    each = max(20, int(subscribers * _FAR) // len(province.far))
    extra = -(-reserve // len(province.far)) + 1
    main, rest, trunks = [], [], []
    for one in province.far:
        heads = one.prefixes["ct"] + one.prefixes["cu"] + one.prefixes["cm"][len(one.prefixes["cm"]) // 2 :]
        part = block_of_mobiles(heads, each + extra, rng)
        main.append(part[:each])
        rest.append(part[each:])
        trunks.append(book.trunk(f"IP-{one.code // 10000}-{one.area_code}"))
    numbers = np.concatenate([*main, np.concatenate(rest)[:reserve]])
    trunk = np.concatenate([np.repeat(trunks, each), np.repeat(trunks, extra)[:reserve]])
    return numbers, book.add(text_of(numbers), Ingress.INTERPROVINCIAL, trunk)


def _services(province: Province, book: NumberBook) -> Block:
    trunks = np.array([book.trunk(f"SVC-{service.number}") for service in province.services])
    return book.add(pa.array([service.number for service in province.services]), Ingress.TRUNK, trunks)
