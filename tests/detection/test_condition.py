from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanzha.detection.bytecode import Compiler, evaluate
from fanzha.detection.condition import (
    And,
    Arithmetic,
    Comparison,
    Condition,
    FieldRef,
    Membership,
    Negative,
    Not,
    Number,
    Or,
    leaves,
    parse,
    text_of,
    truth,
)
from fanzha.errors import RuleError
from fanzha.profiles.fields import BY_NAME, FIELD_COUNT

NAMES = ["out_1h", "contacts_1h", "out_24h", "age_days", "in_24h"]
LISTS = {"SMALL": (1.0, 2.0), "FAR": (-9.0,)}
REFS = [FieldRef(name, BY_NAME[name].index) for name in NAMES]

amounts = st.recursive(
    st.sampled_from(REFS) | st.integers(-3, 9).map(lambda value: Number(float(value))),
    lambda inner: (
        st.builds(Arithmetic, st.sampled_from("+-*/"), inner, inner) | st.builds(Negative, st.sampled_from(REFS))
    ),
    max_leaves=4,
)
comparisons = st.builds(Comparison, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), amounts, amounts)
memberships = st.sampled_from(list(LISTS)).flatmap(
    lambda name: st.builds(Membership, amounts, st.just(LISTS[name]), st.just(name), st.booleans())
)
conditions = st.recursive(
    comparisons | memberships,
    lambda inner: (
        st.builds(Not, inner)
        | st.lists(inner, min_size=2, max_size=3).map(lambda parts: And(tuple(parts)))
        | st.lists(inner, min_size=2, max_size=3).map(lambda parts: Or(tuple(parts)))
    ),
    max_leaves=10,
)
values = st.fixed_dictionaries({name: st.integers(-2, 4).map(float) | st.just(math.nan) for name in NAMES})


class _UnknownError(Exception):
    pass


class _Unknown:
    """Refuses whatever is done with it."""

    def _refuse(self, *_: object) -> float:
        raise _UnknownError

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __neg__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = _refuse  # type: ignore[assignment]
    __hash__ = None  # type: ignore[assignment]


def oracle(text: str, known: dict[str, float]) -> bool | None:
    """Kleene's logic over leaves that plain Python evaluates, unknown being None, which Python refuses to compare."""
    return _kleene(parse(text, LISTS), known)


def _kleene(node: Condition, known: dict[str, float]) -> bool | None:
    if isinstance(node, Not):
        inner = _kleene(node.operand, known)
        return None if inner is None else not inner
    if isinstance(node, And | Or):
        found = {_kleene(part, known) for part in node.parts}
        if isinstance(node, And):
            return False if False in found else (None if None in found else True)
        return True if True in found else (None if None in found else False)
    text = text_of(node)
    try:
        scope = {name: (_Unknown() if math.isnan(value) else value) for name, value in known.items()}
        return bool(eval(text, {"__builtins__": {}}, {**scope, **LISTS}))
    except (_UnknownError, ZeroDivisionError):
        return None


def _vector(known: dict[str, float]) -> np.ndarray:
    vector = np.full(FIELD_COUNT, np.nan)
    for name, value in known.items():
        vector[BY_NAME[name].index] = value
    return vector


def _run(tree: Condition, vector: np.ndarray) -> float:
    compiler = Compiler()
    compiler.add(Comparison(">", REFS[0], Number(7.0)))  # so that the rule under test does not start at 0
    start, stop = compiler.add(tree)
    ops = np.array(compiler.ops, np.int32).reshape(-1, 2)
    lists = np.array([value for row in compiler.lists for value in row], np.float64)
    offsets = np.cumsum([0, *(len(row) for row in compiler.lists)], dtype=np.int64)
    return evaluate(ops, np.array(list(compiler.constants), np.float64), lists, offsets, start, stop, vector)


@settings(max_examples=300, deadline=None)
@given(conditions, values)
def test_parser_tree_and_kernel_agree_with_plain_python(tree: Condition, known: dict[str, float]) -> None:
    text = text_of(tree)
    again = parse(text, LISTS)
    vector = _vector(known)
    expected = oracle(text, known)
    assert truth(again, vector) == truth(tree, vector) == expected
    found = _run(again, vector)
    assert (None if math.isnan(found) else bool(found)) == expected


@settings(max_examples=100, deadline=None)
@given(conditions)
def test_text_survives_a_round_trip(tree: Condition) -> None:
    once = text_of(parse(text_of(tree), LISTS))
    assert text_of(parse(once, LISTS)) == once


def test_unknown_never_fires_and_false_outweighs_it() -> None:
    vector = _vector({"out_1h": 5.0})
    assert truth(parse("age_days < 7", LISTS), vector) is None
    assert truth(parse("age_days < 7 and out_1h > 9", LISTS), vector) is False
    assert truth(parse("age_days < 7 or out_1h > 4", LISTS), vector) is True
    assert truth(parse("not age_days < 7", LISTS), vector) is None
    assert truth(parse("out_1h / (out_1h - 5) > 1", LISTS), vector) is None, "a division by zero is unknown"


def test_chained_comparisons_mean_both() -> None:
    tree = parse("2 <= out_1h < contacts_1h", LISTS)
    assert len(list(leaves(tree))) == 2
    assert truth(tree, _vector({"out_1h": 2.0, "contacts_1h": 3.0})) is True
    assert truth(tree, _vector({"out_1h": 3.0, "contacts_1h": 3.0})) is False


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("out_1h", "neither true nor false"),
        ("out_1h > True", "not a number"),
        ("out_1h > 'a'", "not a number"),
        ("out_1h > 1e999", "too large"),
        ("out_1hh > 1", "no field is called out_1hh"),
        ("out_1h in NOWHERE", "no list is called NOWHERE"),
        ("out_1h in (1, 2)", "name of one list"),
        ("out_1h ** 2 > 1", "not an amount"),
        ("out_1h % 2 == 1", "not an amount"),
        ("abs(out_1h) > 1", "not an amount"),
        ("out_1h is 1", "only < <= >"),
        ("__import__('os')", "neither true nor false"),
        ("(lambda: out_1h)() > 1", "not an amount"),
        ("out_1h >", "cannot be read"),
        ("out_1h > 1 if 1 else 2", "neither true nor false"),
        ("", "cannot be read"),
        ("out_1h\x00 > 1", "cannot be read"),
        ("out_1h > 1_0if 2", "cannot be read"),
        ("(" * 1900 + "out_1h" + ")" * 1900 + " > 1", "cannot be read"),
        ("-" * 60 + "out_1h > 1", "nested too deeply"),
        ("out_1h > " + "9" * 5000, "longer than"),
        ("out_1h > " + "9" * 3000, "too large"),
        (" and ".join(["out_1h > 1"] * 33), "33 leaves"),
    ],
)
def test_what_is_not_a_condition_is_refused_with_its_place(text: str, says: str) -> None:
    with pytest.raises(RuleError, match="^rules.yaml:7") as caught:
        parse(text, LISTS, where="rules.yaml:7")
    assert says in caught.value.message


def test_a_near_miss_is_named() -> None:
    with pytest.raises(RuleError) as caught:
        parse("contact_1h > 3", LISTS)
    assert "contacts_1h" in caught.value.hint


def test_thirty_two_leaves_are_allowed() -> None:
    assert len(list(leaves(parse(" and ".join(["out_1h > 1"] * 32), LISTS)))) == 32


def test_an_exemption_of_unknown_kind_exempts_nobody() -> None:
    kind = FieldRef("number_kind", BY_NAME["number_kind"].index)
    spared = Membership(kind, (9.0,), "CENTRES", negated=True, exempts=True)
    tree = And((parse("out_1h > 1", LISTS), spared))
    for known, expected in (({}, True), ({"number_kind": 1.0}, True), ({"number_kind": 9.0}, False)):
        vector = _vector({"out_1h": 5.0, **known})
        assert truth(tree, vector) is expected
        assert _run(tree, vector) == float(expected)
