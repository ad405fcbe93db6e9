"""Lets the tests here share a running gateway and the SIP messages of the neighbouring room."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "sip")]  # running.py, messages.py
