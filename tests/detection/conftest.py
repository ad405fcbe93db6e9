from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from fanzha.detection.pack import Pack, load_pack
from fanzha.profiles.fields import BY_NAME, FIELD_COUNT

sys.path.insert(0, str(Path(__file__).parent))  # province.py and watcher.py

Vector = NDArray[np.float64]


@pytest.fixture(scope="session")
def pack() -> Pack:
    return load_pack()


@pytest.fixture(scope="session")
def vector() -> Callable[..., Vector]:
    """A field vector from names and values; everything else is unknown, or `rest`."""

    def make(rest: float = np.nan, **known: float) -> Vector:
        made = np.full(FIELD_COUNT, rest)
        for name, value in known.items():
            made[BY_NAME[name].index] = value
        return made

    return make
