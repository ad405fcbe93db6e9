"""Decides whose history a number has: a changed activation date begins a new epoch (二次放号), nothing is inherited."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fanzha.profiles.kernel import kernel


class Activations(NamedTuple):
    """When each number's cards were activated: parallel arrays sorted by number, then time (epoch seconds)."""

    number: NDArray[np.int64]
    t: NDArray[np.int64]


def no_activations() -> Activations:
    """What is known without a subscriber table: nothing."""
    return Activations(np.zeros(0, np.int64), np.zeros(0, np.int64))


def activations_of(subscribers: pa.Table) -> Activations:
    """From rows of the `subscribers` reference; rows without a date say nothing."""
    table = subscribers.filter(pc.is_valid(subscribers.column("activated")))
    number = table.column("number").to_numpy()
    t = table.column("activated").cast(pa.int64()).to_numpy() // 1_000_000
    pairs = np.unique(np.stack([number, t], axis=1), axis=0) if len(number) else np.zeros((0, 2), np.int64)
    return Activations(np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1]))


@kernel
def epoch_at(known: Activations, number: int, t: int) -> tuple[int, int]:
    """The activation in force at `t` (0 unknown) and the next one after it (0 none), epoch seconds."""
    at = np.searchsorted(known.number, number)
    current, following = np.int64(0), np.int64(0)
    while at < known.number.shape[0] and known.number[at] == number:
        if known.t[at] <= t:
            current = known.t[at]
        else:
            following = known.t[at]
            break
        at += 1
    return current, following
