"""Lets the tests here share their messages and their engine."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # messages.py, torture.py and sham.py
