from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanzha.detection.condition import Comparison, Condition, FieldRef, parse, truth
from fanzha.detection.counterfactual import counterfactual
from fanzha.profiles.fields import BY_NAME, FIELD_COUNT

from .conftest import Vector
from .test_condition import comparisons, conditions

COUNTS = ["out_1h", "contacts_1h", "out_24h", "in_24h"]
numbers = st.fixed_dictionaries({name: st.integers(0, 60).map(float) for name in COUNTS})
ages = st.floats(0, 40, allow_nan=False)


def find(tree: Condition, vector: Vector) -> object:
    return counterfactual([tree], vector, lambda changed: truth(tree, changed.tolist()) is not True)


def test_it_names_the_nearest_field(vector: Callable[..., Vector]) -> None:
    tree = parse("contacts_1h >= 12 and out_1h / contacts_1h <= 1.5", {})
    found = find(tree, vector(contacts_1h=46.0, out_1h=60.0))
    assert found is not None
    assert (found.field.name, found.was, found.instead) == ("contacts_1h", 46.0, 39.0)


def test_counts_change_by_whole_numbers(vector: Callable[..., Vector]) -> None:
    found = find(parse("contacts_1h > 11.4", {}), vector(contacts_1h=46.0))
    assert found is not None
    assert found.instead == 11.0


def test_days_are_counted_or_measured_and_told_as_they_must_be(vector: Callable[..., Vector]) -> None:
    """What is shown, with two decimals, is itself enough: 7 d would not do where the rule says at most 7."""
    counted = find(parse("active_days_30d >= 2", {}), vector(active_days_30d=2.0))
    measured = find(parse("age_days <= 7", {}), vector(age_days=3.2))
    share = find(parse("place_top_share >= 0.95", {}), vector(place_top_share=0.9531))
    assert [found and found.instead for found in (counted, measured, share)] == [1.0, 7.01, 0.94]


def test_none_alone_where_each_half_holds_by_itself(vector: Callable[..., Vector]) -> None:
    tree = parse("contacts_1h >= 12 or out_24h >= 30", {})
    assert find(tree, vector(contacts_1h=46.0, out_24h=60.0)) is None


def test_a_kind_of_number_is_not_something_to_have_less_of(vector: Callable[..., Vector]) -> None:
    tree = parse("number_kind == 1", {})
    assert find(tree, vector(number_kind=1.0)) is None


@settings(max_examples=200, deadline=None)
@given(conditions | comparisons, numbers, ages, st.floats(0.01, 0.99))
def test_it_stops_the_rule_and_a_smaller_change_does_not(
    tree: Condition, known: dict[str, float], age: float, part: float
) -> None:
    vector = np.full(FIELD_COUNT, np.nan)
    for name, value in {**known, "age_days": age}.items():
        vector[BY_NAME[name].index] = value
    if truth(tree, vector.tolist()) is not True:
        return
    before = vector.copy()
    found = find(tree, vector)
    assert np.array_equal(vector, before, equal_nan=True), "the vector is left as it was"
    if found is None:
        return
    vector[found.field.index] = found.instead
    assert truth(tree, vector.tolist()) is not True
    steps = 1 if found.field.unit in ("calls", "numbers") else 100
    away = math.floor if found.instead < found.was else math.ceil
    between = away((found.was + part * (found.instead - found.was)) * steps) / steps
    if abs(between - found.was) < abs(found.instead - found.was) * (1 - 1e-9):
        vector[found.field.index] = between
        assert truth(tree, vector.tolist()) is True


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["<=", "<", ">=", ">"]), st.integers(0, 50), st.integers(0, 50))
def test_one_leaf_of_one_count_always_has_one_unless_nothing_lies_beyond_zero(op: str, bound: int, value: int) -> None:
    ref = FieldRef("out_1h", BY_NAME["out_1h"].index)
    tree = parse(f"out_1h {op} {bound}", {})
    assert isinstance(tree, Comparison)
    assert tree.left == ref
    vector = np.full(FIELD_COUNT, np.nan)
    vector[ref.index] = value
    if truth(tree, vector.tolist()):
        found = find(tree, vector)
        possible = op in ("<=", "<") or bound > 0 or (op == ">" and bound == 0)
        assert (found is not None) == possible


@pytest.mark.parametrize("flag", ["call_away", "call_out"])
def test_flags_flip(flag: str, vector: Callable[..., Vector]) -> None:
    found = find(parse(f"{flag} == 1", {}), vector(**{flag: 1.0}))
    assert found is not None
    assert found.instead == 0.0
