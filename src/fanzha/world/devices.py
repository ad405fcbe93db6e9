"""Decides what telephones and cards are called: IMEIs with a valid check digit, IMSIs of this operator."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def luhn_digit(body: np.ndarray) -> np.ndarray:
    """Check digit of fourteen-digit bodies (3GPP TS 23.003 annex B); int64[n] in, int64[n] out."""
    total = np.zeros(len(body), np.int64)
    rest = body.copy()
    for place in range(14):
        digit = rest % 10
        rest //= 10
        doubled = digit * 2
        total += np.where(place % 2 == 0, doubled // 10 + doubled % 10, digit)
    check: np.ndarray = (10 - total % 10) % 10
    return check


def make_imeis(tacs: list[str], count: int, rng: np.random.Generator) -> np.ndarray:
    """int64[count]: telephones of the given types, the first type the commonest; all distinct."""
    weight = 1 / (1 + np.arange(len(tacs))) ** 0.8
    tac = rng.choice(np.array([int(t) for t in tacs]), count, p=weight / weight.sum())
    serial = (rng.permutation(max(count, 1))[:count] * 61 + int(rng.integers(0, 900_000))) % 1_000_000
    body = tac * 1_000_000 + serial
    # beyond a million telephones a serial comes again, but seldom with its type
    _, first = np.unique(body, return_index=True)
    again = np.ones(count, bool)
    again[first] = False
    body[again] = (tac[again] + 20_000_000 // 100) * 1_000_000 + np.arange(again.sum()) % 1_000_000
    imeis: np.ndarray = body * 10 + luhn_digit(body)
    return imeis


def sequential_imeis(tac: str, count: int, rng: np.random.Generator) -> np.ndarray:
    """int64[count]: neighbours off one pallet, as the channels of a gateway carry them."""
    body = int(tac) * 1_000_000 + int(rng.integers(0, 990_000)) + np.arange(count)
    imeis: np.ndarray = body * 10 + luhn_digit(body)
    return imeis


def make_imsis(mcc_mnc: str, count: int, rng: np.random.Generator) -> pa.Array:
    """Strings of fifteen digits, all distinct, in no order of number."""
    start = int(rng.integers(1_000_000_000, 4_000_000_000))
    body = start + rng.permutation(count).astype(np.int64) * 3
    return pc.cast(pa.array(int(mcc_mnc) * 10**10 + body), pa.string())
