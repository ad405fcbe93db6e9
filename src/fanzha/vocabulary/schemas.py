"""Decides the shape of every vocabulary file: one strict record type each, read through `load`, for all rooms above."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from fanzha.vocabulary.loader import load

KindName = Literal[
    "mobile", "mvno", "iot", "data", "fixed", "service", "emergency", "hotline_95", "call_centre_95", "local_96",
    "freephone_400", "freephone_800", "masked_700", "sms_port", "international", "satellite", "maritime",
    "emergency_comms",
]  # fmt: skip


Prefix = Annotated[str, Meta(pattern="^[0-9]{1,5}$")]
AreaCode = Annotated[str, Meta(pattern="^0[0-9]{2,3}$")]
ShortCode = Annotated[str, Meta(pattern="^[0-9]{3,8}$")]
CountryCode = Annotated[int, Meta(ge=1, le=999)]
Region = Annotated[int, Meta(ge=110000, le=839999)]


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of all vocabulary records: immutable, unknown keys are errors."""


class Sourced(Record, frozen=True):
    """A set of values with where they come from and the day they were true."""

    source: str
    as_of: date


class Name(Record, frozen=True):
    zh: str
    en: str


class Carrier(Name, frozen=True):
    code: int


class Carriers(Sourced, frozen=True):
    carriers: dict[str, Carrier]


class Regions(Sourced, frozen=True):
    """Provinces and cities by six-digit GB/T 2260 code; `former`: older full names and where they belong now.

    documents: address codes that stand on documents only.
    """

    provinces: dict[Region, Name]
    cities: dict[Region, Name]
    former: dict[str, Region]
    documents: dict[Region, Name] = {}


class Area(Record, frozen=True):
    city: int
    local: list[Literal[7, 8]]
    also: list[int] = []


class AreaCodes(Sourced, frozen=True):
    """Area codes with their leading zero; `merged`: codes no longer dialled and what replaced them."""

    local_first_digits: str
    areas: dict[AreaCode, Area]
    merged: dict[AreaCode, AreaCode]


class Country(Name, frozen=True):
    digits: tuple[int, int]


class CountryCodes(Sourced, frozen=True):
    countries: dict[CountryCode, Country]


class PrefixRow(Record, frozen=True):
    kind: KindName
    carrier: str
    prefixes: list[Prefix]


class PrefixRows(Sourced, frozen=True):
    digits: int
    rows: list[PrefixRow]


class Prefixes(Sourced, frozen=True):
    prefixes: list[Prefix]


class NumberClass(Record, frozen=True):
    prefix: Prefix
    digits: tuple[int, int]
    kind: KindName
    regional: bool = False
    unassigned: bool = False


class NumberClasses(Sourced, frozen=True):
    rows: list[NumberClass]


class NumberPlan(Record, frozen=True):
    mobile: PrefixRows
    iot: PrefixRows
    unassigned: Prefixes
    classes: NumberClasses
    dial_prefixes: Prefixes


class ServiceNumber(Name, frozen=True):
    kind: KindName
    holder: Literal["emergency", "police", "government", "operator", "bank", "insurer", "payment"]
    regional: bool = False


class ServiceNumbers(Sourced, frozen=True):
    numbers: dict[ShortCode, ServiceNumber]


class CliRule(Name, frozen=True):
    action: Literal["block", "label"]
    basis: str
    source: str


class FalseCliRules(Sourced, frozen=True):
    plan_max_age_days: int
    rules: dict[Literal["R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8"], CliRule]
    protected_kinds: list[KindName]
    contract_kinds: list[KindName]
    abroad_kinds: list[KindName]
    roaming_kinds: list[KindName]


class NumberWords(Sourced, frozen=True):
    kinds: dict[str, Name]
    forms: dict[str, Name]
    whys: dict[str, Name]


class Settings(Sourced, frozen=True):
    timezone: str
    withheld_words: list[str]


SCHEMAS: dict[str, type[Record]] = {
    "number_plan": NumberPlan,
    "area_codes": AreaCodes,
    "regions": Regions,
    "country_codes": CountryCodes,
    "carriers": Carriers,
    "service_numbers": ServiceNumbers,
    "false_cli": FalseCliRules,
    "number_words": NumberWords,
    "settings": Settings,
}


def number_plan() -> NumberPlan:
    """China's mobile, IoT and special numbers (号段)."""
    return load("number_plan", NumberPlan)


def area_codes() -> AreaCodes:
    """Fixed lines by area code (长途区号)."""
    return load("area_codes", AreaCodes)


def regions() -> Regions:
    """Provinces and cities (行政区划, GB/T 2260)."""
    return load("regions", Regions)


def country_codes() -> CountryCodes:
    """Country codes of foreign numbers."""
    return load("country_codes", CountryCodes)


def carriers() -> Carriers:
    """Holders of blocks of numbers (运营商)."""
    return load("carriers", Carriers)


def service_numbers() -> ServiceNumbers:
    """Short numbers with a name (110, 10086, 95588 ...)."""
    return load("service_numbers", ServiceNumbers)


def false_cli_rules() -> FalseCliRules:
    """What R1-R8 do, and on which law (虚假主叫)."""
    return load("false_cli", FalseCliRules)


def number_words() -> NumberWords:
    """What people are told about a number's kind and form."""
    return load("number_words", NumberWords)


def settings() -> Settings:
    """Timezone and other things a whole installation agrees on."""
    return load("settings", Settings)
