"""Decides whether a request was answered a moment ago: a retransmission gets the same bytes and counts only once."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


class Recent(Generic[V]):
    """Answers by transaction, each for at least `seconds` and at most twice that, and never more than `most`.

    Two generations: the young one becomes the old one when it is full or `seconds` old, and the old one is forgotten.
    """

    def __init__(self, most: int, seconds: float) -> None:
        self._half = max(1, most // 2)
        self._seconds = seconds
        self._young: dict[Hashable, V] = {}
        self._old: dict[Hashable, V] = {}
        self._since = float("-inf")

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def get(self, key: Hashable, now: float) -> V | None:
        """What was answered, None if nothing was or it is too long ago. now: seconds of a steady clock."""
        if now - self._since > self._seconds:
            late = now - self._since > 2 * self._seconds
            if late:
                self._young = {}
            self._age(now if late else self._since + self._seconds)
        return self._young.get(key) or self._old.get(key)

    def put(self, key: Hashable, value: V, now: float) -> None:
        """Remember an answer."""
        if len(self._young) >= self._half:
            self._age(now)
        self._young[key] = value

    def _age(self, since: float) -> None:
        self._old, self._young = self._young, {}
        self._since = since
