"""Decides how a condition becomes numbers that one cached kernel runs, so that an edited threshold compiles nothing.

A rule is a run of (opcode, operand) rows. Plain tests of a field against a number that must all hold come first and
leave at the first that fails; the rest runs on a small stack. True is 1.0, false 0.0, unknown NaN.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fanzha.detection.condition import (
    Amount,
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
    conjuncts,
)
from fanzha.errors import RuleError
from fanzha.profiles.kernel import allocating, kernel

# Plain tests: operand = field | constant << FIELD_BITS.
FIELD_BITS = 12
_TEST = {"<": 0, "<=": 1, ">": 2, ">=": 3, "==": 4, "!=": 5}
LAST_TEST = 5
# The stack machine: comparisons are these + 10.
_COMPARE_BASE = 10
LOAD, PUSH, ADD, SUB, MUL, DIV, NEG, NOT, AND, OR, SKIP_FALSE, SKIP_TRUE, IN, EXEMPT = range(20, 34)
_ARITHMETIC = {"+": ADD, "-": SUB, "*": MUL, "/": DIV}
STACK = 64


@dataclass
class Compiler:
    """Collects the code of many rules; constants and lists are shared."""

    ops: list[tuple[int, int]] = field(default_factory=list)
    constants: dict[float, int] = field(default_factory=dict)
    lists: list[tuple[float, ...]] = field(default_factory=list)

    def add(self, node: Condition) -> tuple[int, int]:
        """The first and the past-the-last row of this condition's code."""
        start = len(self.ops)
        parts = conjuncts(node)
        plain = [part for part in parts if _is_plain(part)]
        rest = [part for part in parts if not _is_plain(part)]
        for part in plain:
            self._test(part)
        if rest:
            self._condition(And(tuple(rest)) if len(rest) > 1 else rest[0])
            _check_depth(self.ops[start:])
        return start, len(self.ops)

    def _constant(self, value: float) -> int:
        return self.constants.setdefault(value, len(self.constants))

    def _list(self, values: tuple[float, ...]) -> int:
        if values not in self.lists:
            self.lists.append(values)
        return self.lists.index(values)

    def _test(self, leaf: Condition) -> None:
        assert isinstance(leaf, Comparison)
        assert isinstance(leaf.left, FieldRef)
        assert isinstance(leaf.right, Number)
        self.ops.append((_TEST[leaf.op], leaf.left.index | self._constant(leaf.right.value) << FIELD_BITS))

    def _condition(self, node: Condition) -> None:
        if isinstance(node, Comparison):
            self._amount(node.left)
            self._amount(node.right)
            self.ops.append((_COMPARE_BASE + _TEST[node.op], 0))
        elif isinstance(node, Membership):
            self._amount(node.value)
            self.ops.append((EXEMPT if node.exempts else IN, self._list(node.values)))
            if node.negated:
                self.ops.append((NOT, 0))
        elif isinstance(node, Not):
            self._condition(node.operand)
            self.ops.append((NOT, 0))
        else:
            self._joined(node)

    def _joined(self, node: And | Or) -> None:
        skip, join = (SKIP_FALSE, AND) if isinstance(node, And) else (SKIP_TRUE, OR)
        self._condition(node.parts[0])
        for part in node.parts[1:]:
            at = len(self.ops)
            self.ops.append((skip, 0))
            self._condition(part)
            self.ops.append((join, 0))
            self.ops[at] = (skip, len(self.ops) - at)

    def _amount(self, node: Amount) -> None:
        if isinstance(node, Number):
            self.ops.append((PUSH, self._constant(node.value)))
        elif isinstance(node, FieldRef):
            self.ops.append((LOAD, node.index))
        elif isinstance(node, Negative):
            self._amount(node.operand)
            self.ops.append((NEG, 0))
        else:
            assert isinstance(node, Arithmetic)
            self._amount(node.left)
            self._amount(node.right)
            self.ops.append((_ARITHMETIC[node.op], 0))


def _is_plain(node: Condition) -> bool:
    return isinstance(node, Comparison) and isinstance(node.left, FieldRef) and isinstance(node.right, Number)


def _check_depth(ops: list[tuple[int, int]]) -> None:
    depth = 0
    for code, _ in ops:
        if code in (LOAD, PUSH):
            depth += 1
        elif code > LAST_TEST and (code < LOAD or code in (ADD, SUB, MUL, DIV, AND, OR)):
            depth -= 1
        if depth > STACK:
            raise RuleError("`when` needs too deep a stack", hint="split it into two rules")


@kernel
def _compare(code: int, left: float, right: float) -> bool:
    # Both sides are known: the callers see to NaN.
    if code == 0:
        return left < right
    if code == 1:
        return left <= right
    if code == 2:
        return left > right
    if code == 3:
        return left >= right
    if code == 4:
        return left == right
    return left != right


@kernel
def _member(value: float, lists: NDArray[np.float64], offsets: NDArray[np.int64], which: int) -> float:
    for at in range(offsets[which], offsets[which + 1]):
        if lists[at] == value:
            return 1.0
    return 0.0


@kernel
def _join(code: int, left: float, right: float) -> float:
    decisive = 0.0 if code == AND else 1.0
    if left == decisive or right == decisive:
        return decisive
    if left != left or right != right:
        return math.nan
    return 1.0 - decisive


@kernel
def _calculate(code: int, left: float, right: float) -> float:
    if code == ADD:
        return left + right
    if code == SUB:
        return left - right
    if code == MUL:
        return left * right
    return left / right if right != 0.0 else math.nan


@kernel
def _machine(
    ops: NDArray[np.int32],
    constants: NDArray[np.float64],
    lists: NDArray[np.float64],
    list_offsets: NDArray[np.int64],
    start: int,
    stop: int,
    vector: NDArray[np.float64],
    stack: NDArray[np.float64],
) -> float:
    top = -1
    at = start
    while at < stop:
        code = ops[at, 0]
        operand = ops[at, 1]
        step = 1
        if code == LOAD:
            top += 1
            stack[top] = vector[operand]
        elif code == PUSH:
            top += 1
            stack[top] = constants[operand]
        elif code < LOAD:
            top -= 1
            left, right = stack[top], stack[top + 1]
            if left != left or right != right:
                stack[top] = math.nan
            else:
                stack[top] = 1.0 if _compare(code - _COMPARE_BASE, left, right) else 0.0
        elif code <= DIV:
            top -= 1
            stack[top] = _calculate(code, stack[top], stack[top + 1])
        elif code == NEG:
            stack[top] = -stack[top]
        elif code == NOT:
            stack[top] = 1.0 - stack[top]
        elif code <= OR:
            top -= 1
            stack[top] = _join(code, stack[top], stack[top + 1])
        elif code <= SKIP_TRUE:
            if stack[top] == float(code - SKIP_FALSE):
                step = operand
        elif stack[top] == stack[top]:
            stack[top] = _member(stack[top], lists, list_offsets, operand)
        elif code == EXEMPT:
            stack[top] = 0.0
        at += step
    result: float = stack[0]
    return result


@kernel
def run(
    ops: NDArray[np.int32],
    constants: NDArray[np.float64],
    lists: NDArray[np.float64],
    list_offsets: NDArray[np.int64],
    start: int,
    stop: int,
    vector: NDArray[np.float64],
    stack: NDArray[np.float64],
) -> float:
    """Runs one rule over one vector of FIELD_COUNT float64: 1.0 holds, 0.0 fails, NaN unknown.

    `ops` int32[n, 2], rows start to stop; `lists` float64 with list k at list_offsets[k] to list_offsets[k + 1];
    `stack` is scratch, float64[STACK].
    """
    unknown = False
    at = start
    while at < stop and ops[at, 0] <= LAST_TEST:
        operand = ops[at, 1]
        value = vector[operand & 4095]
        if value != value:
            unknown = True
        elif not _compare(ops[at, 0], value, constants[operand >> FIELD_BITS]):
            return 0.0
        at += 1
    rest = 1.0
    if at < stop:
        rest = _machine(ops, constants, lists, list_offsets, at, stop, vector, stack)
        if rest == 0.0:
            return 0.0
    return math.nan if unknown else rest


@allocating
def evaluate(
    ops: NDArray[np.int32],
    constants: NDArray[np.float64],
    lists: NDArray[np.float64],
    list_offsets: NDArray[np.int64],
    start: int,
    stop: int,
    vector: NDArray[np.float64],
) -> float:
    """`run` for callers outside a kernel, with a stack of its own."""
    return run(ops, constants, lists, list_offsets, start, stop, vector, np.empty(STACK, np.float64))
