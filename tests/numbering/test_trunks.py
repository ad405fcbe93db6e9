"""A trunk may show only the numbers of its contract (A8, E5)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha.errors import InputError
from fanzha.numbering import TrunkContract, permits

CONTRACT = "057188880000-057188889999; 4001234567；0592*,95588\n021-5555 1234"


@pytest.mark.parametrize(
    "text",
    [
        "057188880000",
        "0571-88889999",
        "+8657188885555",
        "4001234567",
        "05926666666",
        "059212345",
        "95588",
        "02155551234",
    ],
)
def test_permitted(text: str) -> None:
    assert permits(CONTRACT, text)


@pytest.mark.parametrize(
    "text",
    [
        "057188890000",
        "057188879999",
        "4001234568",
        "13812345678",
        "05916666666",
        "",
        "anonymous",
        "xyz",
        "02155551235",
        "+85292345678",
    ],
)
def test_not_permitted(text: str) -> None:
    assert not permits(CONTRACT, text)


@pytest.mark.parametrize(
    "text", ["0571abc", "057188889999-057188880000", "*", "0*", "057188880000-13812345678", "12-34"]
)
def test_what_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(InputError, match="permitted numbers"):
        TrunkContract.parse(f"4001234567;{text}")


def test_an_empty_contract_permits_nobody() -> None:
    assert not TrunkContract.parse(" ; ").contains(np.array([86110, 0, -1])).any()


def test_mobile_ranges_and_prefixes() -> None:
    assert permits("13800000000-13800000099", "+8613800000042")
    assert permits("+86138*", "13812345678")
    assert not permits("138*", "13912345678")
    assert permits("13800000000-13800000099", 8613800000042)


@given(
    st.lists(st.tuples(st.integers(0, 9999), st.integers(0, 300)), max_size=8),
    st.lists(st.integers(0, 9999), min_size=1, max_size=50),
)
def test_ranges_hold_what_they_say_however_they_overlap(ranges: list[tuple[int, int]], asked: list[int]) -> None:
    spans = [(low, min(low + size, 9999)) for low, size in ranges]
    contract = TrunkContract.parse(";".join(f"05718888{low:04d}-05718888{high:04d}" for low, high in spans))
    found = contract.contains(np.array([8657188880000 + number for number in asked]))
    assert found.tolist() == [any(low <= number <= high for low, high in spans) for number in asked]
    assert (np.diff(contract.first) > 0).all()


@pytest.mark.parametrize("dash", ["-", "~", "—", "－", "～", "至", " - "])
def test_a_range_is_read_however_a_contract_writes_its_dash(dash: str) -> None:
    assert permits(f"057188880000{dash}057188889999", "057188881234")
    assert not permits(f"057188880000{dash}057188889999", "057188891234")
