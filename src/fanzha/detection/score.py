"""Decides how strongly an entity is suspected when several rules of one scheme have fired.

The best score of each family counts; families are joined by noisy-or, as independent signs of the same thing. Above
`cap` (bands.yaml) at least two families must speak (domain 2.3: "score >= 85 & 2 signals").
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fanzha.profiles.kernel import kernel


@kernel
def combine(best: NDArray[np.float64], cap: float) -> float:
    """The score of a scheme from float64[families], each 0 (silent) to 100; in tenths, as people read it."""
    doubt = 1.0
    families = 0
    for score in best:
        if score > 0.0:
            families += 1
            doubt *= 1.0 - min(score, 100.0) / 100.0
    total: float = np.floor(1000.0 * (1.0 - doubt) + 0.5) / 10.0
    return min(total, cap) if families < 2 else total


@kernel
def scheme_score(
    fired: int,
    scheme: int,
    first: int,
    last: int,
    rule_scheme: NDArray[np.int16],
    rule_family: NDArray[np.int16],
    rule_score: NDArray[np.float64],
    best: NDArray[np.float64],
    cap: float,
) -> float:
    """The score of one scheme where bit k of `fired` says that rule first + k fired; `best` is scratch, [families]."""
    best[:] = 0.0
    for rule in range(first, last):
        if (fired >> (rule - first)) & 1 and rule_scheme[rule] == scheme:
            family = rule_family[rule]
            best[family] = max(best[family], rule_score[rule])
    return combine(best, cap)


@kernel
def level(
    fired: int,
    first: int,
    last: int,
    rule_scheme: NDArray[np.int16],
    rule_family: NDArray[np.int16],
    rule_score: NDArray[np.float64],
    best: NDArray[np.float64],
    cap: float,
) -> float:
    """The highest score over all schemes of the rules in `fired` (bit k is rule first + k); 0 when none."""
    highest = 0.0
    for rule in range(first, last):
        if (fired >> (rule - first)) & 1 and rule_score[rule] > 0.0:
            found = scheme_score(fired, rule_scheme[rule], first, last, rule_scheme, rule_family, rule_score, best, cap)
            highest = max(highest, found)
    return highest
