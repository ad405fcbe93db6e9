"""Decides what the province is made of: cities, carriers, services, rhythms, read strictly from province.yaml."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec
import numpy as np

from fanzha.world.habits import load_strict

RHYTHMS = ("worker", "student", "elder", "night")


class City(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A prefecture of this province: code and districts by GB/T 2260, seven-digit mobile prefixes by carrier."""

    code: int
    zh: str
    en: str
    area_code: str
    population_m: float
    lon: float
    lat: float
    districts: dict[int, str]
    prefixes: dict[str, list[str]]


class FarCity(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A city of another province, as far as its numbers are seen here."""

    code: int
    zh: str
    en: str
    area_code: str
    prefixes: dict[str, list[str]]


class Service(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    number: str
    weight: float
    owner: str


class Country(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    code: str
    digits: int
    honest: float
    bait: float


class Province(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    source: str
    as_of: str
    zh: str
    en: str
    network: str
    mcc_mnc: str
    carriers: dict[str, str]
    carrier_share: dict[str, float]
    rhythms: dict[str, tuple[list[float], list[float]]]
    plans: dict[str, float]
    phone_tacs: list[str]
    modem_tacs: list[str]
    services: list[Service]
    foreign: list[Country]
    cities: list[City]
    far: list[FarCity]

    def shares(self) -> np.ndarray:
        """float64[cities]: how the people are spread over the cities."""
        people = np.array([city.population_m for city in self.cities])
        spread: np.ndarray = people / people.sum()
        return spread

    def rhythm_table(self) -> np.ndarray:
        """float64[4, 2, 24]: cumulated share of a day's calls by rhythm, workday or day off, and hour."""
        rows = np.array([self.rhythms[name] for name in RHYTHMS], dtype=np.float64)
        total = np.cumsum(rows, axis=2)
        table: np.ndarray = total / total[:, :, -1:]
        return table


@cache
def load_province() -> Province:
    """The province of province.yaml; a `VocabularyError` names what does not fit."""
    return load_strict(Path(__file__).with_name("province.yaml"), Province)
