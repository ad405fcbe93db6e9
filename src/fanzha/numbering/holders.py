"""Decides from a key alone what a number is and who was given its block, for rooms that hold no raw strings."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanzha.compiled import njit
from fanzha.numbering import plan
from fanzha.numbering.places import keys
from fanzha.numbering.scan import (
    CLASS_OPAQUE,
    CLASS_PORT,
    IRREGULAR_KIND,
    OPAQUE_KIND,
    SMS_PORT,
    WITHHELD_KIND,
    foreign,
    national,
)


def kind_of(numbers: NDArray[np.int64]) -> NDArray[np.int8]:
    """Kind code of each key; the same that `normalise` gave when it made the key."""
    return _judged(numbers)[0]


def form_of(numbers: NDArray[np.int64]) -> NDArray[np.int8]:
    """Form code of each key; negative keys say no more than IRREGULAR or UNKNOWN."""
    return _judged(numbers)[1]


def carrier_of(numbers: NDArray[np.int64]) -> NDArray[np.int8]:
    """Holder of each key's block (号段归属), a code of carriers.yaml; 0 unknown.

    Numbers can be ported (携号转网): this is never the serving carrier, which only a dated `ported` table knows.
    """
    tables = plan.current()
    found = np.zeros(len(numbers), np.int8)
    _carriers(keys(numbers), tables.mobile_carrier, tables.iot_carrier, found)
    return found


def _judged(numbers: NDArray[np.int64]) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    tables = plan.current()
    kinds, forms = np.zeros(len(numbers), np.int8), np.zeros(len(numbers), np.int8)
    kernel: Any = _kinds
    kernel(keys(numbers), *tables.tables(), kinds, forms)
    return kinds, forms


@njit(cache=True, nogil=True)
def _carriers(numbers: Any, mobile_carrier: Any, iot_carrier: Any, found: Any) -> None:
    for row in range(numbers.size):
        key = numbers[row]
        if 8613_000000000 <= key < 8620_000000000:
            found[row] = mobile_carrier[(key - 8600_000000000) // 1_000_000]
        elif 861000000000000 <= key < 862000000000000:
            found[row] = iot_carrier[(key - 860000000000000) // 100_000_000]


@njit(cache=True, nogil=True)
def _kinds(
    numbers: Any, mobile_kind: Any, iot_kind: Any, area_form: Any, local_first: Any, codes: Any, traits: Any,
    classes: Any, _dial: Any, countries: Any, kinds: Any, forms: Any,
) -> None:  # fmt: skip
    digits = np.zeros(20, np.int64)
    for row in range(numbers.size):
        key = numbers[row]
        if key <= 0:
            group = (-1 - key) >> 60
            if key == 0:
                kinds[row], forms[row] = WITHHELD_KIND, 0
            elif group == CLASS_OPAQUE:
                kinds[row], forms[row] = OPAQUE_KIND, 0
            elif group == CLASS_PORT:
                kinds[row], forms[row] = SMS_PORT, 1
            else:
                kinds[row], forms[row] = IRREGULAR_KIND, 2
            continue
        at = digits.size
        while key > 0:
            at -= 1
            digits[at] = key % 10
            key //= 10
        if digits.size - at > 2 and digits[at] == 8 and digits[at + 1] == 6:
            at += 2
            escaped = digits[at] == 0
            if escaped and digits[at + 1] == 1:
                kind, form = SMS_PORT, 1
            else:
                _, kind, form, _ = national(digits, at + 1 if escaped else at, digits.size, escaped, False, 0,
                                            mobile_kind, iot_kind, area_form, local_first, codes, traits,
                                            classes)  # fmt: skip
        else:
            _, kind, form, _ = foreign(digits, at, digits.size, countries)
        kinds[row], forms[row] = kind, form
