"""Decides what gangs draw on: spare numbers, telephones, leaked lists, and the changes they bring about."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fanzha.world.cast import Cast
from fanzha.world.cells import Cells
from fanzha.world.honest import Town


@dataclass(frozen=True)
class Change:
    """On the morning of `day` these people's PERSON fields become these values."""

    day: int
    who: np.ndarray
    values: dict[str, np.ndarray | float]


@dataclass
class Underworld:
    """Where gangs take numbers, telephones and lists from; cursors move as they are used up."""

    town: Town
    cells: Cells
    cast: Cast
    rng: np.random.Generator
    spare: dict[str, list[int]]  # origin -> next position, end of its reserve
    leaked: np.ndarray  # positions on the lists that are for sale
    device_lo: int  # where the next telephone is entered
    devices: list[np.ndarray] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    blocks: dict[int, np.ndarray] = field(default_factory=dict)  # gang -> numbers it dials in a row

    def take(self, origin: str, count: int) -> np.ndarray:
        at, end = self.spare[origin]
        if at + count > end:
            raise ValueError(f"the reserve of {origin} numbers is too small")
        self.spare[origin][0] = at + count
        return np.arange(at, at + count, dtype=np.int32)

    def buy_devices(self, imeis: np.ndarray) -> int:
        at = self.device_lo
        self.devices.append(imeis)
        self.device_lo += len(imeis)
        return at
