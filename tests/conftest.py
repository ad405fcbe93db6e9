"""Gives every test, and every program a test starts, one folder of compiled kernels that fits the source."""

from __future__ import annotations

import os
from pathlib import Path

from fanzha.cli.start import kernel_cache

os.environ.setdefault("NUMBA_CACHE_DIR", str(kernel_cache(Path(__file__).parents[1] / "var" / "test")))
