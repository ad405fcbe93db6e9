"""Decides which telephone numbers exist, whose they are, and by which door their calls come in.

One table holds every number that can appear; a call names its parties by position in it. First come this
operator's subscribers, then guests from its sister networks in other provinces (both have card and telephone here).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fanzha.errors import UsageError
from fanzha.records.contract import Ingress
from fanzha.world.province import Province

DENSITY = 0.55  # share of a block of consecutive numbers that is in use


@dataclass(frozen=True)
class Block:
    """Positions `lo` to `lo + n` of the number table."""

    lo: int
    n: int

    @property
    def hi(self) -> int:
        return self.lo + self.n

    def ids(self) -> np.ndarray:
        return np.arange(self.lo, self.hi, dtype=np.int32)


class NumberBook:
    """The number table while it grows: raw strings, ingress, trunk and region, block by block."""

    def __init__(self) -> None:
        self.size = 0
        self.trunk_names: list[str | None] = [None]
        self._trunk_ids: dict[str | None, int] = {None: 0}
        self._raw: list[pa.Array] = []
        self._ingress: list[np.ndarray] = []
        self._trunk: list[np.ndarray] = []

    def trunk(self, name: str | None) -> int:
        """Number of a trunk, entered at its first mention."""
        if name not in self._trunk_ids:
            self._trunk_ids[name] = len(self.trunk_names)
            self.trunk_names.append(name)
        return self._trunk_ids[name]

    def add(self, raw: pa.Array, ingress: Ingress, trunk: np.ndarray | int = 0) -> Block:
        """Enter numbers as a switch writes them, with the door by which their calls come in."""
        block = Block(self.size, len(raw))
        self._raw.append(raw)
        self._ingress.append(np.full(len(raw), int(ingress), np.int8))
        self._trunk.append(np.broadcast_to(np.asarray(trunk, np.int16), (len(raw),)))
        self.size += len(raw)
        return block

    def raw(self) -> pa.Array:
        return pa.chunked_array(self._raw).combine_chunks()

    def ingress(self) -> np.ndarray:
        return np.concatenate(self._ingress)

    def trunks(self) -> np.ndarray:
        return np.concatenate(self._trunk)


def block_of_mobiles(prefixes: list[str], count: int, rng: np.random.Generator) -> np.ndarray:
    """int64[count]: distinct numbers, crowded into as few prefixes as a carrier would open, in no order."""
    span = int(count / DENSITY) + 1
    room = len(prefixes) * 10_000
    span = min(span, room)
    if count > room:
        raise UsageError(f"{count} numbers do not fit into {len(prefixes)} prefixes", hint="fewer subscribers or gangs")
    start = int(rng.integers(0, room - span + 1))
    slots = start + rng.permutation(span)[:count]
    order = rng.permutation(len(prefixes))
    heads = np.array([int(prefix) for prefix in prefixes], dtype=np.int64)[order]
    numbers: np.ndarray = heads[slots // 10_000] * 10_000 + slots % 10_000
    return numbers


def text_of(numbers: np.ndarray) -> pa.Array:
    return pc.cast(pa.array(numbers), pa.string())


def mobiles_by_city(prefixes: list[list[str]], city: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """int64[n]: a number for each person from the prefixes of its city."""
    numbers = np.empty(len(city), np.int64)
    for c, heads in enumerate(prefixes):
        here = np.flatnonzero(city == c)
        numbers[here] = block_of_mobiles(heads, len(here), rng)
    return numbers


def fixed_numbers(area_code: str, count: int, rng: np.random.Generator) -> pa.Array:
    """Fixed lines with area code: local numbers of eight digits where the code has three, else of seven (here)."""
    local = 8 if len(area_code) == 3 else 7
    body = rng.permutation(max(9 * 10**5, count))[:count] + int("8" + "0" * (local - 1))
    return pa.array([f"{area_code}{number}" for number in body])


def foreign_numbers(province: Province, count: int, rng: np.random.Generator, *, bait: bool) -> pa.Array:
    """Numbers of other countries, with the `00` that the gateway puts before them."""
    weight = np.array([country.bait if bait else country.honest for country in province.foreign])
    pick = rng.choice(len(weight), count, p=weight / weight.sum())
    rows = []
    for which in pick:
        country = province.foreign[which]
        low = 2 * 10 ** (country.digits - 1)
        rows.append(f"00{country.code}{rng.integers(low, 10**country.digits)}")
    return pa.array(rows)
