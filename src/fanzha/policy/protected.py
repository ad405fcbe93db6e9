"""Decides which numbers nothing can block: emergency calls (紧急呼叫) and public services, with every area code.

电信条例 art. 36: emergency calls stay free and reachable. The numbers are those of vocabulary/service_numbers.yaml.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from fanzha import vocabulary as words
from fanzha.numbering import normalise

_made: dict[str, tuple[tuple[Any, Any], frozenset[int]]] = {}


def protected_keys() -> frozenset[int]:
    """Keys of all protected numbers; made once, and again if the vocabulary has changed."""
    parts = (words.service_numbers(), words.area_codes())
    held = _made.get("keys")
    if held is None or held[0][0] is not parts[0] or held[0][1] is not parts[1]:
        held = _made["keys"] = (parts, _keys())
    return held[1]


def is_protected(key: int | None) -> bool:
    """Whether calls to this number always pass, and no list may name it."""
    return key in protected_keys()


def _keys() -> frozenset[int]:
    codes = list(words.service_numbers().numbers)
    dialled = codes + [f"{area}{code}" for area in words.area_codes().areas for code in codes]
    found = normalise(pa.array(dialled, pa.string())).number
    return frozenset(int(key) for key in found if key > 0)
