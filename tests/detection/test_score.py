from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha.detection.score import combine, level, scheme_score

CAP = 85.0


def test_families_are_joined_as_independent_signs() -> None:
    assert combine(np.array([60.0, 45.0, 0.0]), CAP) == 78.0
    assert combine(np.array([35.0, 40.0, 45.0]), CAP) == pytest.approx(78.6)


def test_one_family_never_passes_the_cap_and_two_may() -> None:
    assert combine(np.array([99.0, 0.0]), CAP) == CAP
    assert combine(np.array([99.0, 1.0]), CAP) > 90


@given(st.lists(st.floats(0, 100), min_size=1, max_size=9), st.integers(0, 8), st.floats(0, 100))
def test_more_suspicion_never_lowers_the_score(best: list[float], at: int, more: float) -> None:
    before = np.array(best)
    after = before.copy()
    after[at % len(best)] = max(after[at % len(best)], more)
    assert 0.0 <= combine(before, CAP) <= combine(after, CAP) <= 100.0


def test_only_the_strongest_of_a_family_counts_and_schemes_stay_apart() -> None:
    scheme = np.array([0, 0, 0, 1], np.int16)
    family = np.array([0, 0, 1, 0], np.int16)
    score = np.array([40.0, 50.0, 20.0, 72.0])
    best = np.zeros(2)
    assert scheme_score(0b0111, 0, 0, 4, scheme, family, score, best, CAP) == 60.0
    assert scheme_score(0b0001, 0, 0, 4, scheme, family, score, best, CAP) == 40.0
    assert level(0b1111, 0, 4, scheme, family, score, best, CAP) == 72.0
    assert level(0, 0, 4, scheme, family, score, best, CAP) == 0.0
