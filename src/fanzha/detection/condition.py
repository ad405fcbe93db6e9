"""Decides what a rule's `when` may say and what it means: a small typed tree with three truth values.

Kleene's logic: unknown and false is false, unknown or true is true, anything else unknown touches is unknown.
A division by zero is unknown. Unknown never fires a rule.
"""

from __future__ import annotations

import ast
import math
import operator
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from fanzha.errors import RuleError
from fanzha.profiles.fields import BY_NAME

MAX_LEAVES = 32  # limits of the language, not thresholds: a rule nobody can read out loud is two rules
MAX_DEPTH = 24
MAX_TEXT = 4000
_DRAWN = 200  # profiles of a kind, to see whether a condition ever fails


@dataclass(frozen=True)
class Number:
    """A constant."""

    value: float


@dataclass(frozen=True)
class FieldRef:
    """A field of the profile."""

    name: str
    index: int


@dataclass(frozen=True)
class Arithmetic:
    """Two amounts joined by + - * or /."""

    op: str
    left: Amount
    right: Amount


@dataclass(frozen=True)
class Negative:
    """The negative of an amount."""

    operand: Amount


@dataclass(frozen=True)
class Comparison:
    """A leaf: two amounts compared. `column` is its place in the text, from 1."""

    op: str
    left: Amount
    right: Amount
    column: int = 0


@dataclass(frozen=True)
class Membership:
    """A leaf: an amount in, or not in, a vocabulary list. `exempts`: an unknown amount is simply not in the list."""

    value: Amount
    values: tuple[float, ...]
    name: str
    negated: bool = False
    column: int = 0
    exempts: bool = False


@dataclass(frozen=True)
class Not:
    """The opposite; unknown stays unknown."""

    operand: Condition


@dataclass(frozen=True)
class And:
    """All of these."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Or:
    """Any of these."""

    parts: tuple[Condition, ...]


Amount = Number | FieldRef | Arithmetic | Negative
Leaf = Comparison | Membership
Condition = Comparison | Membership | Not | And | Or
Vector = Sequence[float] | NDArray[np.float64]  # the value of every field, by its index

ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda a, b: a / b if b != 0 else math.nan,
}
COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_ARITHMETIC_OF: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_COMPARE_OF: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


def parse(text: str, lists: Mapping[str, tuple[float, ...]], *, where: str = "") -> Condition:
    """The tree of a `when` text; `lists` are the vocabulary lists that `in` may name.

    Raises RuleError, naming `where` and the column, for anything but and, or, not, comparisons, + - * /, numbers,
    fields and `in LIST`, and for more than 32 leaves.
    """
    if len(text) > MAX_TEXT:
        raise RuleError(f"`when` is longer than {MAX_TEXT} characters", where=where, hint="split it into two rules")
    tree = _Parser(lists, where).condition(_python_tree(text, where), 0)
    count = sum(1 for _ in leaves(tree))
    if count > MAX_LEAVES:
        raise RuleError(f"`when` has {count} leaves, at most {MAX_LEAVES} are allowed", where=where, hint="split it")
    return tree


def _python_tree(text: str, where: str) -> ast.expr:
    flat = " ".join(text.split())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return ast.parse(flat, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError, Warning) as error:
        column = getattr(error, "offset", None)
        place = f" at column {column}" if column else ""
        raise RuleError(f"`when` cannot be read{place}: {flat[:80]!r}", where=where, hint=_HINT) from None


_HINT = "write comparisons of fields and numbers, joined by and, or, not; or `field in LIST`"


@dataclass(frozen=True)
class _Parser:
    lists: Mapping[str, tuple[float, ...]]
    where: str

    def fail(self, node: ast.expr, message: str, hint: str = _HINT) -> RuleError:
        return RuleError(f"{message} (column {node.col_offset + 1})", where=self.where, hint=hint)

    def condition(self, node: ast.expr, depth: int) -> Condition:
        if depth > MAX_DEPTH:
            raise self.fail(node, "`when` is nested too deeply")
        if isinstance(node, ast.BoolOp):
            parts = tuple(self.condition(part, depth + 1) for part in node.values)
            return And(parts) if isinstance(node.op, ast.And) else Or(parts)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return Not(self.condition(node.operand, depth + 1))
        if isinstance(node, ast.Compare):
            return self.comparison(node, depth)
        raise self.fail(node, f"`{ast.unparse(node)[:60]}` is neither true nor false")

    def comparison(self, node: ast.Compare, depth: int) -> Condition:
        if any(isinstance(op, ast.In | ast.NotIn) for op in node.ops):
            return self.membership(node, depth)
        sides = [self.amount(side, depth + 1) for side in (node.left, *node.comparators)]
        found: list[Condition] = []
        for op, left, right in zip(node.ops, sides, sides[1:], strict=False):
            if type(op) not in _COMPARE_OF:
                raise self.fail(node, "only < <= > >= == != and in compare")
            found.append(Comparison(_COMPARE_OF[type(op)], left, right, node.col_offset + 1))
        return found[0] if len(found) == 1 else And(tuple(found))

    def membership(self, node: ast.Compare, depth: int) -> Membership:
        target = node.comparators[0]
        if len(node.ops) != 1 or not isinstance(target, ast.Name):
            raise self.fail(node, "`in` needs one field before it and the name of one list after it")
        if target.id not in self.lists:
            known = ", ".join(sorted(self.lists))
            raise self.fail(target, f"no list is called {target.id}", f"lists.yaml has: {known}")
        negated = isinstance(node.ops[0], ast.NotIn)
        value = self.amount(node.left, depth + 1)
        return Membership(value, self.lists[target.id], target.id, negated, node.col_offset + 1)

    def amount(self, node: ast.expr, depth: int) -> Amount:
        if depth > MAX_DEPTH:
            raise self.fail(node, "`when` is nested too deeply")
        if isinstance(node, ast.Constant):
            return self.number(node)
        if isinstance(node, ast.Name):
            return self.field(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            inner = self.amount(node.operand, depth + 1)
            return Number(-inner.value) if isinstance(inner, Number) else Negative(inner)
        if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC_OF:
            left, right = self.amount(node.left, depth + 1), self.amount(node.right, depth + 1)
            return Arithmetic(_ARITHMETIC_OF[type(node.op)], left, right)
        raise self.fail(node, f"`{ast.unparse(node)[:60]}` is not an amount")

    def number(self, node: ast.Constant) -> Number:
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            raise self.fail(
                node, f"{node.value!r} is not a number", "flags are fields of 0 and 1: write `call_out == 1`"
            )
        try:
            value = float(node.value)
        except OverflowError:
            value = math.inf
        if not math.isfinite(value):
            raise self.fail(node, "the number is too large")
        return Number(value)

    def field(self, node: ast.Name) -> FieldRef:
        known = BY_NAME.get(node.id)
        if known is None:
            near = ", ".join(nearest(node.id, BY_NAME)) or "see docs/rules.md"
            raise self.fail(node, f"no field is called {node.id}", f"did you mean: {near}")
        return FieldRef(known.name, known.index)


def nearest(word: str, known: Mapping[str, object] | Sequence[str]) -> list[str]:
    """Up to three known words that are spelt like this one."""
    from difflib import get_close_matches

    return get_close_matches(word, list(known), n=3)


def leaves(node: Condition) -> Iterator[Leaf]:
    """Its comparisons and memberships, in the order they are written."""
    if isinstance(node, And | Or):
        for part in node.parts:
            yield from leaves(part)
    elif isinstance(node, Not):
        yield from leaves(node.operand)
    else:
        yield node


def standing(node: Condition, vector: Vector) -> Iterator[tuple[Leaf, int]]:
    """Its leaves without the ways that did not hold where another did, each with how many ways there were (1: no `or`).

    Of an `or` that did not hold every way stays, for all of them failed.
    """
    if isinstance(node, And):
        for part in node.parts:
            yield from standing(part, vector)
    elif isinstance(node, Or):
        held = [part for part in node.parts if truth(part, vector) is True]
        for part in held or node.parts:
            yield from ((leaf, len(node.parts)) for leaf, _ in standing(part, vector))
    elif isinstance(node, Not):
        yield from standing(node.operand, vector)
    else:
        yield node, 1


def conjuncts(node: Condition) -> list[Condition]:
    """The parts that must all hold, nested ones laid flat."""
    return [inner for part in node.parts for inner in conjuncts(part)] if isinstance(node, And) else [node]


def fields_of(node: Condition | Amount) -> Iterator[FieldRef]:
    """The fields it reads, in the order they are written, repeated ones too."""
    if isinstance(node, FieldRef):
        yield node
    elif isinstance(node, And | Or):
        for part in node.parts:
            yield from fields_of(part)
    elif isinstance(node, Not | Negative):
        yield from fields_of(node.operand)
    elif isinstance(node, Comparison | Arithmetic):
        yield from fields_of(node.left)
        yield from fields_of(node.right)
    elif isinstance(node, Membership):
        yield from fields_of(node.value)


def amount_of(node: Amount, vector: Vector) -> float:
    """What an amount comes to; NaN where something in it is unknown."""
    if isinstance(node, Number):
        return node.value
    if isinstance(node, FieldRef):
        return float(vector[node.index])
    if isinstance(node, Negative):
        return -amount_of(node.operand, vector)
    return ARITHMETIC[node.op](amount_of(node.left, vector), amount_of(node.right, vector))


def truth(node: Condition, vector: Vector) -> bool | None:
    """True, False, or None for unknown."""
    if isinstance(node, Comparison):
        left, right = amount_of(node.left, vector), amount_of(node.right, vector)
        return None if math.isnan(left) or math.isnan(right) else COMPARE[node.op](left, right)
    if isinstance(node, Membership):
        value = amount_of(node.value, vector)
        if math.isnan(value):
            return node.negated if node.exempts else None
        return (value in node.values) != node.negated
    if isinstance(node, Not):
        inner = truth(node.operand, vector)
        return None if inner is None else not inner
    found = [truth(part, vector) for part in node.parts]
    decisive = isinstance(node, Or)
    if decisive in found:
        return decisive
    return None if None in found else not decisive


def always(node: Condition) -> bool:
    """Whether it holds of everybody: of profiles of nothing, of one of each, and of many drawn at random."""
    return all(truth(node, profile) is True for profile in _profiles())


@cache
def _profiles() -> NDArray[np.float64]:
    """float64[n, fields], nothing unknown: small amounts and amounts of any size."""
    draw, shape = np.random.default_rng(1), (_DRAWN, len(BY_NAME))
    few, any_size = draw.integers(0, 32, shape), np.floor(10.0 ** draw.uniform(0.0, 6.0, shape))
    return np.concatenate([np.zeros((1, shape[1])), np.ones((1, shape[1])), few, any_size])


def text_of(node: Condition | Amount) -> str:
    """The condition as text that parses to the same tree."""
    if isinstance(node, Number):
        return f"{node.value:.17g}" if node.value.is_integer() else repr(node.value)  # 0.7, never 0.69999999999999996
    if isinstance(node, FieldRef):
        return node.name
    if isinstance(node, Negative):
        return f"-({text_of(node.operand)})"
    if isinstance(node, Arithmetic):
        return f"({text_of(node.left)} {node.op} {text_of(node.right)})"
    if isinstance(node, Comparison):
        return f"{text_of(node.left)} {node.op} {text_of(node.right)}"
    if isinstance(node, Membership):
        return f"{text_of(node.value)} {'not in' if node.negated else 'in'} {node.name}"
    if isinstance(node, Not):
        return f"not ({text_of(node.operand)})"
    word = " and " if isinstance(node, And) else " or "
    return word.join(f"({text_of(part)})" for part in node.parts)
