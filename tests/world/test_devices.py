from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from stdnum import imei

from fanzha.world.devices import luhn_digit, make_imeis, sequential_imeis


@given(st.integers(min_value=10**13, max_value=10**14 - 1))
def test_check_digit_is_that_of_the_standard(body: int) -> None:
    """Against python-stdnum, an independent reading of 3GPP TS 23.003."""
    digit = int(luhn_digit(np.array([body]))[0])
    assert imei.is_valid(f"{body}{digit}")


def test_telephones_are_distinct_and_box_channels_are_neighbours() -> None:
    rng = np.random.default_rng(1)
    many = make_imeis(["86001104", "86120305"], 50_000, rng)
    assert len(np.unique(many)) == len(many)
    assert all(imei.is_valid(str(one)) for one in many[:200])
    row = sequential_imeis("86186203", 16, rng) // 10
    assert (np.diff(row) == 1).all()
