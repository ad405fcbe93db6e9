"""Decides the code by which a subscriber opens the appeal of a measure: only the notice and the page know it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

from fanzha.desk.keys import derived
from fanzha.desk.measures.models import Measure

_LETTERS = 8  # 40 bits, behind a lockout


def code_of(measure: Measure) -> str:
    """Eight letters and digits, always the same for one measure; nothing of it is stored."""
    text = f"{measure.pk}:{measure.value}"
    made = hmac.new(derived("appeal codes"), text.encode(), hashlib.sha256).digest()
    return base64.b32encode(made).decode()[:_LETTERS]


def matches(measure: Measure, typed: str) -> bool:
    """Whether this is the measure's code; spaces and case do not matter."""
    bare = "".join(char for char in typed.upper() if char.isalnum())
    return hmac.compare_digest(code_of(measure).encode(), bare.encode())


def address() -> str:
    """Where subscribers appeal: FANZHA_PUBLIC names the desk's address as they reach it."""
    return f"{os.environ.get('FANZHA_PUBLIC', 'http://127.0.0.1:8000').rstrip('/')}/appeal/"
