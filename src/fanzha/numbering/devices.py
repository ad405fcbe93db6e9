"""Decides whether a device's serial number (IMEI, 机身串号) can be real, for device rules: B1, B4.

3GPP TS 23.003: TAC of 8 digits, serial of 6, then a Luhn check digit (IMEI, 15) or a software version (IMEISV, 16).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stdnum import luhn

from fanzha.compiled import njit
from fanzha.numbering.places import keys


class ImeiForm(IntEnum):
    """What an IMEI looks like; codes are stored, never renumber."""

    NOT_IMEI = 0
    GOOD = 1  # 15 digits, check digit right
    BAD_CHECK = 2  # 15 digits, check digit wrong: altered (B4), or a source that writes 0 there
    UNCHECKED = 3  # 14 digits, or 16 (IMEISV): there is no check digit to judge
    ZEROS = 4  # no TAC at all


@dataclass(frozen=True)
class Imei:
    """One device. imei: 15 digits, with the check digit that belongs there; empty if it is none. tac: the model."""

    form: ImeiForm
    imei: str = ""
    tac: str = ""
    serial: str = ""
    software: str = ""  # of an IMEISV


def check_imei(text: str) -> Imei:
    """Read one IMEI: 15 digits are checked, 14 completed, 16 (IMEISV) reduced; spaces, hyphens and slashes ignored."""
    digits = "".join(char for char in text if char not in " -/.\t")
    if not (digits.isascii() and digits.isdigit()) or not 14 <= len(digits) <= 16:
        return Imei(ImeiForm.NOT_IMEI)
    tac, serial = digits[:8], digits[8:14]
    imei = digits[:14] + luhn.calc_check_digit(digits[:14])
    if tac == "00000000":
        form = ImeiForm.ZEROS
    elif len(digits) == 15:
        form = ImeiForm.GOOD if digits == imei else ImeiForm.BAD_CHECK
    else:
        form = ImeiForm.UNCHECKED
    return Imei(form, imei, tac, serial, digits[14:] if len(digits) == 16 else "")


def imei_form(devices: NDArray[np.int64]) -> NDArray[np.int8]:
    """ImeiForm code of each device key (the IMEI's digits as a number, leading zeros lost).

    Keys of 14 digits are an IMEI without its check digit, but for those beginning 1 whose check digit is right: old
    TACs begin 01, and a number loses that zero.
    """
    forms = np.zeros(len(devices), np.int8)
    _forms(keys(devices), forms)
    return forms


@njit(cache=True, nogil=True)
def _forms(devices: Any, forms: Any) -> None:
    for row in range(devices.size):
        value = devices[row]
        if value < 0 or value >= 10**16:
            continue
        if value < 10**7:  # a TAC of zeros, however it was written
            forms[row] = 4
            continue
        if value < 10**12:
            continue
        if value >= 10**15:
            forms[row] = 3
            continue
        total, rest, double = 0, value, False
        while rest > 0:
            digit = rest % 10
            if double:
                digit = digit * 2 - (9 if digit > 4 else 0)
            total += digit
            double = not double
            rest //= 10
        if value >= 10**14:
            forms[row] = 1 if total % 10 == 0 else 2
        else:
            forms[row] = 1 if total % 10 == 0 and value // 10**13 == 1 else 3
