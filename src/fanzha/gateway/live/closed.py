"""Decides how long an ended call is still known, so that late and repeated messages open nothing, and reuse shows."""

from __future__ import annotations

from fanzha.gateway.live.limits import Limits
from fanzha.gateway.live.progress import Progress

_SECOND = 1_000_000


class Closed:
    """Calls that have just ended, by key, and the Call-IDs of those that ended before (in two generations)."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._calls: dict[bytes, Progress] = {}
        self._young: set[int] = set()
        self._old: set[int] = set()

    def __contains__(self, key: bytes) -> bool:
        return key in self._calls

    def get(self, key: bytes) -> Progress | None:
        """The call of that key, if it ended a moment ago."""
        return self._calls.get(key)

    def add(self, key: bytes, call: Progress) -> None:
        """A call has ended."""
        self._calls.pop(key, None)
        self._calls[key] = call
        if len(self._calls) > self._limits.closed:
            self.drop(next(iter(self._calls)))
        if len(self._young) >= self._limits.remembered // 2:
            self._old, self._young = self._young, set()
        self._young.add(hash(key))

    def drop(self, key: bytes) -> None:
        """Forget its course; that its Call-ID was used stays known."""
        self._calls.pop(key, None)

    def remembers(self, key: bytes) -> bool:
        """Whether a call of that key has ended before."""
        name = hash(key)
        return name in self._young or name in self._old

    def expire(self, now: int) -> None:
        """Forget what ended long enough ago. They stand in order of their ends, but for clocks that differ."""
        last = now - self._limits.closed_s * _SECOND
        while self._calls:
            key = next(iter(self._calls))
            if self._calls[key].ended > last:
                return
            self.drop(key)
