"""Gives every test, and every program a test starts, one folder of compiled kernels that fits the source.

Also says which tests run with nothing beside them: those in which a real peer waits for an answer for a few moments.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from fanzha.cli.start import kernel_cache

HERE = Path(__file__).parent
ALONE = ("gateway/edge", "gateway/program", "gateway/release", "gateway/test_end_to_end.py", "cli/telephony")
BROWSER = ("desk/browser", "desk/tour", "desk/lab/test_walk.py", "cli/test_page.py")

os.environ.setdefault("NUMBA_CACHE_DIR", str(kernel_cache(HERE.parent / "var" / "test")))
settings.register_profile("fanzha", deadline=None)  # no test fails for being slow
settings.load_profile("fanzha")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark whole folders and files."""
    for item in items:
        place = item.path.relative_to(HERE).as_posix()
        for name, places in (("alone", ALONE), ("browser", BROWSER)):
            if place.startswith(places):
                item.add_marker(name)
