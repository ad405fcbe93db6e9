from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from fanzha.detection.pack import Pack, load_pack
from fanzha.profiles.fields import BY_NAME, FIELD_COUNT
from fanzha.records.importing import import_path
from fanzha.records.lake import Lake

sys.path.insert(0, str(Path(__file__).parent))  # province.py and watcher.py

from province import make_province, references  # noqa: E402

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


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A province of three days that nobody changes."""
    return make_province(tmp_path_factory.mktemp("tried") / "world", subscribers=2500, days=3, pieces=1)


@pytest.fixture(scope="session")
def lake(world: Path) -> Iterator[Lake]:
    """Its calls, with the tables its operator keeps; only read."""
    with references(world.parent / "home", world) as found:
        import_path(found, world / "calls")
        yield found
