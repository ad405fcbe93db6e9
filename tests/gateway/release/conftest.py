"""The reference edge's peers, for tear-downs at a real Kamailio, and a live table for the others."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

_GATEWAY = Path(__file__).parents[1]
sys.path[:0] = [str(_GATEWAY), str(_GATEWAY / "edge")]  # wire.py; sip_peers.py, kamailio_edge.py

from wire import Desk  # noqa: E402


@pytest.fixture
def desk() -> Desk:
    """A fresh table."""
    return Desk()
