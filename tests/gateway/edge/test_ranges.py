"""Contract ranges of any length become prefixes that hold the same numbers (E5)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha.gateway.edge.ranges import prefixes


def holds(found: list[tuple[int, str]], number: int) -> bool:
    text = str(number)
    return any(len(text) == length and text.startswith(prefix) for length, prefix in found)


@given(st.integers(1, 99_999), st.integers(0, 5_000), st.data())
def test_the_prefixes_hold_the_range_and_nothing_else(first: int, size: int, data: st.DataObject) -> None:
    last = first + size
    found = list(prefixes(first, last))
    for number in {first, last, data.draw(st.integers(first, last))}:
        assert holds(found, number)
    assert not holds(found, last + 1)
    assert first == 1 or not holds(found, first - 1)
    assert len(set(found)) == len(found)
    assert len(found) <= 18 * len(str(last))


def test_a_whole_thousand_is_one_prefix() -> None:
    assert list(prefixes(8657188880000, 8657188889999)) == [(13, "865718888")]


def test_lengths_are_told_apart() -> None:
    assert list(prefixes(9, 10)) == [(1, "9"), (2, "10")]


@pytest.mark.parametrize(("first", "last"), [(0, 5), (7, 6)])
def test_what_is_no_range_is_an_error(first: int, last: int) -> None:
    with pytest.raises(ValueError, match="no range"):
        list(prefixes(first, last))
