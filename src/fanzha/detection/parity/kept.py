"""Decides which firings a course that is done again remembers: as long as a watcher does, or of some stories longer.

What belongs to stories in question is kept however old, up to a bound; beyond it the oldest go, and how old is known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from fanzha.detection.outbox import Fired
from fanzha.detection.pack import Pack

MOST = 200_000  # firings beyond a watcher's memory: fifty busy stories of two rules, hour by hour, for two months
Thread = tuple[int, str]  # key of an entity, scheme


class Kept:
    """Firings in the order in which they were written."""

    def __init__(self, spared: Collection[Thread] = ()) -> None:
        self.spared = frozenset(spared)
        self.fired: list[Fired] = []
        self.forgot = False  # whether anything was dropped, as a watcher does
        self.given_up = 0  # the newest firing of a spared story that had to go at the bound, epoch seconds
        self._oldest = 0  # of those that may be dropped

    def add(self, fired: Iterable[Fired]) -> None:
        """More of them."""
        for one in fired:
            self.fired.append(one)
            self._oldest = min(self._oldest, int(one.row["t"]))

    def forget(self, before: int, pack: Pack) -> None:
        """Drop what is older, but for spared stories; of those the oldest beyond the bound."""
        if self._oldest >= before:
            return
        old = [one for one in self.fired if int(one.row["t"]) < before]
        spared = sorted((one for one in old if _thread(one, pack) in self.spared), key=lambda one: int(one.row["t"]))
        over = spared[: max(0, len(spared) - MOST)]
        self.given_up = max([self.given_up, *(int(one.row["t"]) for one in over)])
        stay = {id(one) for one in spared[len(over) :]}
        self.forgot = self.forgot or len(stay) < len(old)
        self.fired = [one for one in self.fired if int(one.row["t"]) >= before or id(one) in stay]
        self._oldest = before


def _thread(one: Fired, pack: Pack) -> Thread:
    at = pack.place(one.rule)
    return int(one.row["key"]), "" if at is None else pack.rules[at].scheme
