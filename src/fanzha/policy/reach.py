"""Decides how many numbers a prefix reaches, and whether that is too many: a block of a carrier is no fraud number."""

from __future__ import annotations

import numpy as np

from fanzha import vocabulary as words
from fanzha.numbering import plan
from fanzha.policy.filing import IRREGULAR, prefix_key
from fanzha.policy.limits import limits
from fanzha.policy.protected import protected_keys

_HOME = "86"
_NATIONAL_DIGITS = 11  # of mobiles; fixed lines with their area code have 10 or 11
_FOREIGN_DIGITS = 12  # of most numbers with their country code (E.164 allows 15)
_BLOCK = 1_000_000  # numbers of a mobile block of five digits


def reach(value: str) -> int:
    """About how many numbers a prefix ("+8617091*") covers; an irregular one covers no assigned number."""
    key = prefix_key(value)
    if key is None or key.startswith(IRREGULAR):
        return 0
    if key.startswith(_HOME):
        return int(10 ** max(_NATIONAL_DIGITS - len(key.removeprefix(_HOME).removeprefix("0")), 0))
    return int(10 ** max(_FOREIGN_DIGITS - len(key), 0))


def too_wide(value: str) -> str:
    """Why a prefix must not stop calls; "" if it may."""
    key = prefix_key(value) or ""
    if key.startswith(IRREGULAR):
        short = len(key) - len(IRREGULAR) < limits().irregular_characters
        return f"it has fewer than {limits().irregular_characters} characters" if short else ""
    if any(str(number).startswith(key) for number in protected_keys()):
        return "it covers emergency or public-service numbers"
    if not key.startswith(_HOME):
        return _too_wide_abroad(key)
    if any(block.startswith(key.removeprefix(_HOME)) for block in _blocks()):
        return "it is a whole block of a carrier, or more"
    if reach(value) > limits().covered_numbers:
        return f"it covers {reach(value):,} numbers, more than {limits().covered_numbers:,}"
    return ""


def assigned_numbers() -> int:
    """How many mobile numbers the plan knows as given to carriers."""
    return int(np.count_nonzero(plan.current().mobile_kind > 0)) * _BLOCK


def _blocks() -> set[str]:
    table = words.number_plan()
    return {prefix for rows in (*table.mobile.rows, *table.iot.rows) for prefix in rows.prefixes}


def _too_wide_abroad(key: str) -> str:
    """A country code, or little more, is a whole country."""
    countries = words.country_codes().countries
    code = next((key[:size] for size in (3, 2, 1) if len(key) >= size and int(key[:size]) in countries), key)
    if len(key) - len(code) < limits().foreign_digits:
        return f"it has fewer than {limits().foreign_digits} digits after the country code"
    return ""
