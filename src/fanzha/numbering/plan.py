"""Decides what the kernels see of the number plan: the YAML tables flattened into arrays once, for all of numbering."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanzha import vocabulary as words
from fanzha.errors import VocabularyError
from fanzha.numbering.codes import Kind
from fanzha.vocabulary.schemas import NumberClasses, PrefixRows

UNASSIGNED = -1
LOCAL_7, LOCAL_8, MERGED = 1, 2, 4


@dataclass(frozen=True)
class Plan:
    """The plan as arrays. Tables by first five digits are indexed 0..99999, by area or country code 0..999."""

    mobile_kind: NDArray[np.int8]  # by first five of eleven digits; -1 unassigned
    iot_kind: NDArray[np.int8]  # by first five of thirteen
    mobile_carrier: NDArray[np.int8]
    iot_carrier: NDArray[np.int8]
    area_form: NDArray[np.int8]  # LOCAL_7 | LOCAL_8 | MERGED
    area_city: NDArray[np.int32]
    local_first: NDArray[np.bool_]  # by first digit of a local number
    codes: NDArray[np.int64]  # named short numbers, ascending
    code_traits: NDArray[np.int8]  # [n, 2]: kind, regional
    classes: NDArray[np.int64]  # [n, 7]: prefix, its length, shortest, longest, kind, regional, unassigned
    dial_prefixes: NDArray[np.int64]  # ascending, five digits each
    country_digits: NDArray[np.int8]  # [1000, 2]: shortest and longest national number
    withheld: NDArray[np.uint64]  # hashes of lower-case words, ascending
    as_of: date  # of the oldest part on which UNASSIGNED rests

    def tables(self) -> tuple[Any, ...]:
        """What the scanning kernels take, in their order."""
        return (
            self.mobile_kind, self.iot_kind, self.area_form, self.local_first, self.codes, self.code_traits,
            self.classes, self.dial_prefixes, self.country_digits,
        )  # fmt: skip


def word_hash(word: bytes) -> int:
    """FNV-1a, 64 bit, of bytes already in lower case (http://www.isthe.com/chongo/tech/comp/fnv)."""
    value = 0xCBF29CE484222325
    for byte in word:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


_compiled: dict[str, tuple[tuple[Any, ...], Plan]] = {}


def current() -> Plan:
    """The plan in force, compiled anew only if a file of the vocabulary has changed."""
    parts = (words.number_plan(), words.area_codes(), words.service_numbers(), words.country_codes(),
             words.carriers(), words.settings())  # fmt: skip
    held = _compiled.get("plan")
    if held is None or any(a is not b for a, b in zip(held[0], parts, strict=True)):
        try:
            held = _compiled["plan"] = (parts, _compile())
        except (ValueError, KeyError, IndexError, OverflowError):
            faults = words.check_all() or ["the number plan cannot be compiled"]
            raise VocabularyError("\n".join(faults), hint="fanzha rules check lists all faults") from None
    return held[1]


def _compile() -> Plan:
    plan, areas = words.number_plan(), words.area_codes()
    mobile_kind, mobile_carrier = _prefixes(plan.mobile, 11)
    for prefix in plan.unassigned.prefixes:
        rows = _span(prefix)
        mobile_kind[rows] = np.where(mobile_kind[rows] == 0, UNASSIGNED, mobile_kind[rows])
    iot_kind, iot_carrier = _prefixes(plan.iot, 13)
    area_form, area_city = _areas()
    services = sorted((int(code), row) for code, row in words.service_numbers().numbers.items())
    return Plan(
        mobile_kind=mobile_kind,
        iot_kind=iot_kind,
        mobile_carrier=mobile_carrier,
        iot_carrier=iot_carrier,
        area_form=area_form,
        area_city=area_city,
        local_first=np.array([str(digit) in areas.local_first_digits for digit in range(10)]),
        codes=np.array([code for code, _ in services], dtype=np.int64),
        code_traits=np.array([(Kind[row.kind.upper()], row.regional) for _, row in services], dtype=np.int8),
        classes=_classes(plan.classes),
        dial_prefixes=np.array(sorted(int(prefix) for prefix in plan.dial_prefixes.prefixes), dtype=np.int64),
        country_digits=_countries(),
        withheld=np.array(sorted(word_hash(w.lower().encode()) for w in words.settings().withheld_words), np.uint64),
        as_of=min(plan.mobile.as_of, plan.unassigned.as_of, plan.classes.as_of, areas.as_of),
    )


def _span(prefix: str) -> slice:
    scale = 10 ** (5 - len(prefix))
    return slice(int(prefix) * scale, (int(prefix) + 1) * scale)


def _prefixes(table: PrefixRows, digits: int) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    if table.digits != digits:
        raise VocabularyError(f"numbers of this class have {digits} digits, not {table.digits}", where="number_plan")
    kinds, holders = np.zeros(100_000, np.int8), np.zeros(100_000, np.int8)
    carriers = words.carriers().carriers
    rows = [(prefix, row) for row in table.rows for prefix in row.prefixes]
    for prefix, row in sorted(rows, key=lambda item: len(item[0])):  # the longer prefix wins
        if row.carrier not in carriers:
            raise VocabularyError(f"carrier {row.carrier!r} is not in carriers.yaml", where="number_plan.yaml")
        kinds[_span(prefix)] = Kind[row.kind.upper()]
        holders[_span(prefix)] = carriers[row.carrier].code
    return kinds, holders


def _areas() -> tuple[NDArray[np.int8], NDArray[np.int32]]:
    form, city = np.zeros(1000, np.int8), np.zeros(1000, np.int32)
    areas = words.area_codes()
    for code, area in areas.areas.items():
        form[int(code)] = sum(LOCAL_7 if digits == 7 else LOCAL_8 for digits in set(area.local))
        city[int(code)] = area.city
    for code in areas.merged:
        form[int(code)] |= MERGED
    return form, city


def _classes(classes: NumberClasses) -> NDArray[np.int64]:
    rows = sorted(classes.rows, key=lambda row: -len(row.prefix))
    return np.array(
        [(int(r.prefix), len(r.prefix), *r.digits, Kind[r.kind.upper()], r.regional, r.unassigned) for r in rows],
        dtype=np.int64,
    )


def _countries() -> NDArray[np.int8]:
    digits = np.zeros((1000, 2), np.int8)
    for code, country in words.country_codes().countries.items():
        digits[code] = country.digits
    return digits
