"""Decides what the edge knows of the number plan: for each way of writing a caller, what R1-R8 would say of it.

Nothing of the plan is defined here. Strings are judged by `numbering.false_cli` itself, prefix by prefix, down to where
the vocabulary distinguishes nothing more; prefixes of one opinion are folded into a shorter one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from fanzha import vocabulary as words
from fanzha.numbering import false_cli, normalise
from fanzha.numbering.plan import current
from fanzha.records.contract import Ingress

# How a caller may be written, and what stands before the digits that tell it. `f`: + and a country other than 86.
FORMS = {"n": "", "z": "0", "c": "+86", "b": "86", "f": "+"}
LONGEST = 21  # digits; longer numbers are judged as these
DEEPEST = 8  # digits of a prefix
SHORTEST_BARE = 3  # digits behind a bare 86; shorter is a short number that begins so
SAYS_NOTHING = "-"
OWNS = (-1, 0, 1)  # no contract is known, it does not permit the caller, it does
_REFUSE, _LABEL = "12345678", "abcdefgh"
_FILLS = ("0123456789012345678901", "7395182640739518264073", "5555500000999992222288", "2846013579284601357911")


_made: dict[str, tuple[tuple[Any, ...], dict[str, str]]] = {}


def plan_rows(day: date) -> dict[str, str]:
    """The rows of one day; made once, and again if the vocabulary has changed. To be read, not written."""
    parts = (day, current(), words.false_cli_rules())
    held = _made.get("rows")
    if held is None or held[0][0] != day or any(a is not b for a, b in zip(held[0][1:], parts[1:], strict=True)):
        held = _made["rows"] = (parts, _rows(day))
    return held[1]


def _rows(day: date) -> dict[str, str]:
    """Key "FORM LENGTH / PREFIX" (n11/138) -> one sign for each ingress and contract, in the order of `situations`.

    Signs: 1-8 rule R1-R8 refuses, a-h it labels, - nothing. `length` counts the digits behind the form's head. A number
    longer than LONGEST is looked up as one of LONGEST, one with a carrier prefix (17911 ...) before it without that,
    and one with a trunk 0 behind 86 without the 0 (unless it may be a local number). The longest prefix holds.
    day: on which the plan's age counts.
    """
    rows: dict[str, str] = {}
    for form, head in FORMS.items():
        named, known = _named(form), _known(form)
        examples = {
            (length, prefix): [f"{head}{prefix}{fill[: length - len(prefix)]}" for fill in _FILLS]
            + [f"{head}{number}" for number in known[length, prefix]]
            for length in range(SHORTEST_BARE if form == "b" else 1, LONGEST + 1)
            for prefix in _splits(named[length], length)
        }
        kept: dict[str, str] = {}
        opinions = _opinions(examples, day)
        for length, prefix in opinions:  # shorter prefixes first
            said = _settled(length, prefix, opinions)
            keys = (f"{form}{length}/{prefix[:size]}" for size in range(len(prefix) - 1, -1, -1))
            if said != next((kept[key] for key in keys if key in kept), None):
                kept[f"{form}{length}/{prefix}"] = said
        rows |= kept
    return rows


def situations() -> list[tuple[Ingress, int]]:
    """What each sign of a row stands for: ingress, and whether the contract permits the caller (OWNS)."""
    return [(ingress, owns) for ingress in Ingress for owns in OWNS]


def _splits(named: set[str], length: int) -> list[str]:
    """The prefixes named, their ancestors, and the children of these: what is left is of one kind."""
    deepest = min(length, DEEPEST)
    inner = {name[:size] for name in named for size in range(min(len(name), deepest) + 1)} | {""}
    return sorted(inner | {f"{prefix}{digit}" for prefix in inner if len(prefix) < deepest for digit in range(10)})


def _named(form: str) -> dict[int, set[str]]:
    """By length of number, every prefix of which the vocabulary has anything to say at that length."""
    plan, areas = words.number_plan(), words.area_codes()
    found: dict[int, set[str]] = defaultdict(set)

    def name(prefix: str, lengths: Iterable[int]) -> None:
        for length in lengths:
            found[length].add(prefix)

    for code in _codes():
        name(code, [len(code)])
    if form == "f":
        for country in [*words.country_codes().countries, 86]:
            name(str(country), range(1, LONGEST + 1))
        return found
    for table in (plan.mobile, plan.iot):
        for prefix in (prefix for row in table.rows for prefix in row.prefixes):
            name(prefix, [table.digits])
    for prefix in plan.unassigned.prefixes:
        name(prefix, [plan.mobile.digits])
    for area in [*areas.areas, *areas.merged]:
        name(area[1:], range(len(area) - 1, len(area) + 8))  # from the code alone to the longest local number
    for row in plan.classes.rows:
        name(row.prefix, range(row.digits[0], row.digits[1] + 1))
    return found


def _codes() -> list[str]:
    return [code for code in words.service_numbers().numbers if len(code) <= DEEPEST]


def _known(form: str) -> dict[tuple[int, str], list[str]]:
    """By length and prefix, the cities' own short codes (0571 12345), which no made-up number would hit upon."""
    found: dict[tuple[int, str], list[str]] = defaultdict(list)
    if form in "fn":
        return found
    services = words.service_numbers().numbers
    shapes = {(services[code].kind, len(code), code[:2]): code for code in _codes()}
    for row in words.number_plan().classes.rows:
        shapes.update(((row.kind, size, row.prefix[:2]), f"{row.prefix}{_FILLS[0]}"[:size]) for size in row.digits)
    codes = [code for code in shapes.values() if 3 <= len(code) <= 6]  # one of each sort, at each beginning
    for area in [*words.area_codes().areas, *words.area_codes().merged]:
        for number in (f"{area[1:]}{code}" for code in codes):
            for size in range(min(len(number), DEEPEST) + 1):
                if size >= len(area) - 1:
                    found[len(number), number[:size]].append(number)
    return found


def _opinions(examples: dict[tuple[int, str], list[str]], day: date) -> dict[tuple[int, str], str]:
    """What is said of each prefix, situation by situation: what its examples agree on, or the rule if all refuse."""
    said = _judged([number for numbers in examples.values() for number in numbers], day)
    starts = np.cumsum([0] + [len(numbers) for numbers in examples.values()])[:-1]
    lowest, highest = np.minimum.reduceat(said, starts), np.maximum.reduceat(said, starts)
    # Signs in the order of their bytes: - refuses labels. Two different rules that both refuse leave the first.
    same = (lowest == highest) | ((lowest >= ord("1")) & (highest <= ord("8")))
    agreed = np.where(same, lowest, ord(SAYS_NOTHING)).astype(np.uint8)
    return {key: row.tobytes().decode() for key, row in zip(examples, agreed, strict=True)}


def _judged(raw: list[str], day: date) -> np.ndarray:
    """[strings, situations] of signs: the first rule that refuses, else the first that labels."""
    column = pa.array(raw, pa.string())
    numbers = normalise(column)
    # The rules look at these five only, so one of each sort stands for all of its sort.
    sort = (numbers.number > 0) * np.int64(1) + numbers.kind * np.int64(2) + numbers.form * np.int64(200)
    sort += numbers.why * np.int64(2_000) + numbers.written * np.int64(200_000)
    _, first, which = np.unique(sort, return_index=True, return_inverse=True)
    few, few_raw = numbers.take(first), column.take(pa.array(first))
    signs = np.zeros((len(first), len(situations())), np.uint8)
    for at, (ingress, owns) in enumerate(situations()):
        found = false_cli(
            few_raw, few, ingress=np.full(len(few), ingress, np.int8), trunk_owns=np.full(len(few), owns, np.int8),
            clir=np.full(len(few), -1, np.int8), as_of=day,
        )  # fmt: skip
        signs[:, at] = [_sign(int(b), int(lb)) for b, lb in zip(found.block, found.label, strict=True)]
    judged: np.ndarray = signs[which]
    return judged


def _sign(block: int, label: int) -> int:
    if block:
        return ord(_REFUSE[(block & -block).bit_length() - 1])
    return ord(_LABEL[(label & -label).bit_length() - 1] if label else SAYS_NOTHING)


def _settled(length: int, prefix: str, opinions: dict[tuple[int, str], str]) -> str:
    """Its own opinion where it is a leaf; an inner node says what most of its children say, who override it."""
    if (length, f"{prefix}0") not in opinions:
        return opinions[length, prefix]
    children = [opinions[length, f"{prefix}{digit}"] for digit in range(10)]
    return max(children, key=children.count)
