"""Decides how many numbers a prefix reaches, and whether that is too many: a block of a carrier is no fraud number."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

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
    stems = _stems()
    if key in stems.protected:
        return "it covers emergency or public-service numbers"
    if not key.startswith(_HOME):
        return _too_wide_abroad(key)
    if key.removeprefix(_HOME) in stems.blocks:
        return "it is a whole block of a carrier, or more"
    if reach(value) > limits().covered_numbers:
        return f"it covers {reach(value):,} numbers, more than {limits().covered_numbers:,}"
    return ""


def assigned_numbers() -> int:
    """How many mobile numbers the plan knows as given to carriers."""
    return int(np.count_nonzero(plan.current().mobile_kind > 0)) * _BLOCK


class _Stems(NamedTuple):
    """Every beginning of a protected number's key, and of a carrier's block."""

    of: tuple[Any, Any]
    protected: frozenset[str]
    blocks: frozenset[str]


_made: dict[str, _Stems] = {}


def _stems() -> _Stems:
    """Made once, and again if the vocabulary has changed."""
    of = (protected_keys(), words.number_plan())
    held = _made.get("stems")
    if held is None or held.of[0] is not of[0] or held.of[1] is not of[1]:
        blocks = [prefix for rows in (*of[1].mobile.rows, *of[1].iot.rows) for prefix in rows.prefixes]
        held = _made["stems"] = _Stems(of, _beginnings(str(key) for key in of[0]), _beginnings(blocks))
    return held


def _beginnings(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(text[:size] for text in texts for size in range(1, len(text) + 1))


def _too_wide_abroad(key: str) -> str:
    """A country code, or little more, is a whole country."""
    countries = words.country_codes().countries
    code = next((key[:size] for size in (3, 2, 1) if len(key) >= size and int(key[:size]) in countries), key)
    if len(key) - len(code) < limits().foreign_digits:
        return f"it has fewer than {limits().foreign_digits} digits after the country code"
    return ""
