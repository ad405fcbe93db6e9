"""Decides whether a request was answered a moment ago: a retransmission gets the same bytes and counts only once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


class Recent(Generic[V]):
    """Answers by transaction, at most `most` of them, each for `seconds`; the oldest give way."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._kept: OrderedDict[Hashable, tuple[float, V]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable, now: float) -> V | None:
        """What was answered, None if nothing was or it is too long ago. now: seconds of a steady clock."""
        found = self._kept.get(key)
        if found is None:
            return None
        return found[1] if now - found[0] <= self._seconds else None

    def put(self, key: Hashable, value: V, now: float) -> None:
        """Remember an answer, and forget what is too old or too many."""
        kept = self._kept
        kept[key] = (now, value)
        kept.move_to_end(key)
        while kept:
            at, _ = next(iter(kept.values()))
            if len(kept) <= self._most and now - at <= self._seconds:
                return
            kept.popitem(last=False)
