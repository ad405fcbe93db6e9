"""Decides whether a trunk's contract permits a caller number (语音专线主叫鉴权, A8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fanzha.errors import InputError
from fanzha.numbering.numbers import normalise

HINT = 'write numbers, ranges and prefixes as "057188880000-057188889999;4001234567;0571*"'
LONGEST_PREFIXED = 15  # national digits of the longest number that a prefix may stand for


@dataclass(frozen=True)
class TrunkContract:
    """Permitted callers as closed ranges of keys, ascending and apart."""

    first: NDArray[np.int64]
    last: NDArray[np.int64]

    @classmethod
    def parse(cls, permitted: str, *, area: str | None = None) -> TrunkContract:
        """Read a contract's text. Raises InputError naming the part that cannot be read; empty text permits nobody."""
        pairs = sorted(pair for part in _parts(permitted) for pair in _ranges(part, area))
        merged: list[list[int]] = []
        for first, last in pairs:
            if merged and first <= merged[-1][1] + 1:
                merged[-1][1] = max(merged[-1][1], last)
            else:
                merged.append([first, last])
        table = np.array(merged, np.int64).reshape(-1, 2)
        return cls(table[:, 0].copy(), table[:, 1].copy())

    def contains(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each key is permitted; withheld and irregular numbers never are."""
        if len(self.first) == 0:
            return np.zeros(len(numbers), np.bool_)
        row = np.searchsorted(self.first, numbers, side="right") - 1
        found: NDArray[np.bool_] = (row >= 0) & (numbers <= self.last[np.maximum(row, 0)]) & (numbers > 0)
        return found


_DASHES = str.maketrans(dict.fromkeys("~～—–－至", "-"))  # as contracts write "from - to"


def permits(permitted: str, raw_or_number: str | int) -> bool:
    """Whether a contract's text permits one number, given raw or as a key."""
    number = raw_or_number if isinstance(raw_or_number, int) else _key(raw_or_number, None)
    return bool(TrunkContract.parse(permitted).contains(np.array([number], np.int64))[0])


def _parts(text: str) -> Iterator[str]:
    for part in text.replace("；", ";").replace(",", ";").replace("，", ";").replace("\n", ";").split(";"):
        if part.strip():
            yield part.strip()


def _key(text: str, area: str | None) -> int:
    return int(normalise(pa.array([text], pa.string()), area=area).number[0])


def _ranges(part: str, area: str | None) -> Iterator[tuple[int, int]]:
    if part.endswith("*"):
        yield from _prefixed(part)
        return
    whole = _key(part, area)
    first, dash, last = (piece.strip() for piece in part.translate(_DASHES).rpartition("-"))
    low, high = (_key(first, area), _key(last, area)) if dash else (0, 0)
    if whole > 0 and not (low > 0 and high > 0 and len(first) == len(last)):
        yield whole, whole
    elif 0 < low <= high and len(str(low)) == len(str(high)):
        yield low, high
    else:
        raise InputError(f"permitted numbers: {part!r} is no number, range or prefix", hint=HINT)


def _prefixed(part: str) -> Iterator[tuple[int, int]]:
    """A prefix stands for all longer numbers of the country that begin so."""
    digits = "".join(c for c in part[:-1] if c not in " -()")
    for head in ("+86", "0086", "0"):
        if digits.startswith(head) and not (head == "0" and digits.startswith("00")):
            digits = digits[len(head) :]
            break
    if not (digits.isascii() and digits.isdigit()) or not 2 <= len(digits) <= LONGEST_PREFIXED or digits[0] == "0":
        raise InputError(f"permitted numbers: {part!r} is no prefix", hint=HINT)
    for size in range(LONGEST_PREFIXED - len(digits) + 1):
        first = int(f"86{digits}") * 10**size
        yield first, first + 10**size - 1
