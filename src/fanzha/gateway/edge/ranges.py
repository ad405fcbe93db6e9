"""Decides by which prefixes a closed range of numbers is told, for an edge that can look up words but not compare."""

from __future__ import annotations

from collections.abc import Iterator


def prefixes(first: int, last: int) -> Iterator[tuple[int, str]]:
    """The fewest prefixes that hold first..last and nothing else: (length of the numbers, prefix).

    Numbers of different lengths are told apart: 9..10 is (1, "9") and (2, "10"). Raises ValueError where first > last
    or first < 1.
    """
    if not 1 <= first <= last:
        raise ValueError(f"{first}..{last} is no range")
    while first <= last:
        length = len(str(first))
        size = 1
        while first % (size * 10) == 0 and first + size * 10 - 1 <= last and size * 10 < 10**length:
            size *= 10
        yield length, str(first // size)
        first += size
