"""Decides how strongly some rules speak together for one field vector: for explaining, testing and trying changes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fanzha.compiled import njit
from fanzha.detection.bytecode import evaluate
from fanzha.detection.program import Program
from fanzha.detection.score import combine


@njit(cache=True, nogil=True)
def _strength(
    ops: NDArray[np.int32],
    constants: NDArray[np.float64],
    lists: NDArray[np.float64],
    list_offsets: NDArray[np.int64],
    rule_start: NDArray[np.int32],
    rule_family: NDArray[np.int16],
    rule_score: NDArray[np.float64],
    rules: NDArray[np.int64],
    vector: NDArray[np.float64],
    best: NDArray[np.float64],
    cap: float,
) -> float:
    best[:] = 0.0
    for rule in rules:
        start, stop = rule_start[rule], rule_start[rule + 1]
        if evaluate(ops, constants, lists, list_offsets, start, stop, vector) == 1.0:
            family = rule_family[rule]
            best[family] = max(best[family], rule_score[rule])
    total: float = combine(best, cap)
    return total


def strength(program: Program, rules: Sequence[int] | NDArray[np.int64], vector: NDArray[np.float64]) -> float:
    """The score, 0 to 100, of those of these rules (of one scheme) that hold for float64[FIELD_COUNT]."""
    return float(
        _strength(
            program.ops,
            program.constants,
            program.lists,
            program.list_offsets,
            program.rule_start,
            program.rule_family,
            program.rule_score,
            np.asarray(rules, np.int64),
            vector,
            np.zeros(program.families),
            program.cap,
        )
    )


def holds(program: Program, rule: int, vector: NDArray[np.float64]) -> bool:
    """Whether one rule, exemptions included, holds for float64[FIELD_COUNT]; unknown does not."""
    start, stop = int(program.rule_start[rule]), int(program.rule_start[rule + 1])
    found = evaluate(program.ops, program.constants, program.lists, program.list_offsets, start, stop, vector)
    return bool(found == 1.0)
