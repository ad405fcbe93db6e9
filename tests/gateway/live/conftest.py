from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))  # wire.py

from wire import Desk  # noqa: E402


@pytest.fixture
def desk() -> Desk:
    """A fresh table."""
    return Desk()
