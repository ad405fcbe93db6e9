"""Decides what the smallest change of one field is that would have made a rule, or a whole alert, not happen.

A leaf rests on rational functions of any one field, so its truth can only turn at their roots and poles: these are
tried, nearest first. Counts are tried as whole numbers and all else in hundredths, as they are told: what a person
reads there is then itself enough.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fanzha.detection.condition import (
    Amount,
    Arithmetic,
    Comparison,
    Condition,
    FieldRef,
    Leaf,
    Number,
    fields_of,
    leaves,
)
from fanzha.profiles.fields import FIELDS, Field

Polynomial = list[float]  # lowest power first
_WHOLE_UNITS = frozenset({"calls", "numbers", "changes", "devices", "cells", "s", "h"})
_WHOLE_DAYS = frozenset({"active_days_30d", "gear_before_days", "hour_days"})  # counted; other days are spans of time
_GRAIN = 100  # steps of one in what is not counted: two decimals are shown
_FIXED = frozenset({"number_kind"})  # a code has no smaller or larger
MAX_DEGREE = 4
_ONE: Polynomial = [1.0]


@dataclass(frozen=True)
class Counterfactual:
    """If `field` had been `instead` of `was`; `change` is the relative size of that."""

    field: Field
    was: float
    instead: float
    change: float


class Probe:
    """Where the truth of some conditions can turn, by field: looked up once, asked for one profile after another."""

    def __init__(self, conditions: Iterable[Condition]) -> None:
        sides: dict[int, set[tuple[Amount, Amount]]] = {}
        every = [leaf for condition in conditions for leaf in leaves(condition)]
        self.asked = tuple(dict.fromkeys(ref.index for leaf in every for ref in fields_of(leaf)))  # fields, as written
        for leaf in every:
            for index in {ref.index for ref in fields_of(leaf) if ref.name not in _FIXED}:
                sides.setdefault(index, set()).update(_sides(leaf))
        self._fixed: dict[int, frozenset[float]] = {}  # roots that rest on no other field
        self._moving: dict[int, list[tuple[Amount, Amount]]] = {}
        for index, pairs in sides.items():
            alone = {pair for pair in pairs if all(ref.index == index for side in pair for ref in fields_of(side))}
            self._fixed[index] = frozenset(root for pair in alone for root in _turns(*pair, index, ()))
            self._moving[index] = sorted(pairs - alone, key=repr)

    def turns(self, vector: Sequence[float]) -> Iterator[tuple[int, set[float]]]:
        """Each known field and the values of it at which something may turn, the others staying as they are."""
        for index, fixed in self._fixed.items():
            if not math.isnan(vector[index]):
                moving = (root for pair in self._moving[index] for root in _turns(*pair, index, vector))
                yield index, fixed.union(moving)  # type: ignore[misc]


def counterfactual(
    conditions: Iterable[Condition] | Probe, vector: NDArray[np.float64], stops: Callable[[NDArray[np.float64]], bool]
) -> Counterfactual | None:
    """The smallest relative change of one known field for which `stops(changed vector)`; None when none alone does.

    `conditions` name the leaves at which anything can turn. `vector` is float64[FIELD_COUNT], left as it was.
    """
    probe = conditions if isinstance(conditions, Probe) else Probe(conditions)
    best: Counterfactual | None = None
    changed = vector.copy()
    for index, roots in probe.turns(vector.tolist()):
        was = float(vector[index])
        for value in sorted(set(_candidates(FIELDS[index], roots)), key=lambda value: (abs(value - was), value)):
            change = abs(value - was) / max(abs(was), 1.0)
            if best is not None and change >= best.change:
                break
            changed[index] = value
            if value != was and stops(changed):
                best = Counterfactual(FIELDS[index], was, value, change)
        changed[index] = was
    return best


def _candidates(field: Field, roots: Iterable[float]) -> Iterator[float]:
    if field.of_call and field.unit == "":
        yield from (0.0, 1.0)
        return
    steps = 1 if field.unit in _WHOLE_UNITS or field.name in _WHOLE_DAYS else _GRAIN
    ceiling = 1.0 if field.unit == "" else math.inf
    for root in roots:
        nearest = math.floor(root * steps)
        yield from (value for value in ((nearest + step) / steps for step in (-1, 0, 1, 2)) if 0 <= value <= ceiling)


def _sides(leaf: Leaf) -> list[tuple[Amount, Amount]]:
    """What must meet for this leaf to turn: a comparison's two sides, or an amount and each value of a list."""
    if isinstance(leaf, Comparison):
        return [(leaf.left, leaf.right)]
    return [(leaf.value, Number(value)) for value in leaf.values]


def _turns(left: Amount, right: Amount, index: int, vector: Sequence[float]) -> list[float]:
    """Values of one field at which these two amounts can meet or part, the other fields staying as they are."""
    top, bottom = _rational(left, index, vector)
    right_top, right_bottom = _rational(right, index, vector)
    meeting = _minus(_times(top, right_bottom), _times(right_top, bottom))
    return [root for poly in (meeting, bottom, right_bottom) if poly is not _ONE for root in _roots(poly)]


def _rational(node: Amount, index: int, vector: Sequence[float]) -> tuple[Polynomial, Polynomial]:
    if isinstance(node, Number):
        return [node.value], _ONE
    if isinstance(node, FieldRef):
        return ([0.0, 1.0] if node.index == index else [vector[node.index]]), _ONE
    if not isinstance(node, Arithmetic):
        top, bottom = _rational(node.operand, index, vector)
        return [-value for value in top], bottom
    a, b = _rational(node.left, index, vector)
    c, d = _rational(node.right, index, vector)
    if node.op == "*":
        return _times(a, c), _times(b, d)
    if node.op == "/":
        return _times(a, d), _times(b, c)
    sign = 1.0 if node.op == "+" else -1.0
    return _minus(_times(a, d), [-sign * value for value in _times(c, b)]), _times(b, d)


def _times(a: Polynomial, b: Polynomial) -> Polynomial:
    if a is _ONE or b is _ONE:  # nearly always: few leaves divide twice
        return b if a is _ONE else a
    product = [0.0] * (len(a) + len(b) - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            product[i + j] += x * y
    return product


def _minus(a: Polynomial, b: Polynomial) -> Polynomial:
    size = max(len(a), len(b))
    return [(a[i] if i < len(a) else 0.0) - (b[i] if i < len(b) else 0.0) for i in range(size)]


def _roots(poly: Polynomial) -> list[float]:
    if not all(math.isfinite(value) for value in poly):
        return []
    while poly and poly[-1] == 0.0:
        poly = poly[:-1]
    if len(poly) < 2:
        return []
    if len(poly) == 2:
        return [root for root in [-poly[0] / poly[1]] if math.isfinite(root)]
    found = np.roots(poly[::-1])
    return [float(root.real) for root in found if abs(root.imag) < 1e-9 * max(1.0, abs(root.real))]
