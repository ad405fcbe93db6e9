"""Decides who dials: the growing company of diallers, honest or not, with the lists they work through."""

from __future__ import annotations

import numpy as np

from fanzha.world.calls import HOUR_MS, UNKNOWN, Part
from fanzha.world.dialler import DIALLER
from fanzha.world.habits import Habit, draw


class Cast:
    """DIALLER records, their lists laid end to end, and the days on which each works."""

    def __init__(self, days: int) -> None:
        self.days = days
        self.list_size = 0
        self._lists: list[np.ndarray] = []
        self._diallers: list[np.ndarray] = []
        self._working: list[np.ndarray] = []

    def add_list(self, ids: np.ndarray) -> int:
        """Position at which these number positions begin in the common list."""
        at = self.list_size
        self._lists.append(np.asarray(ids, np.int32))
        self.list_size += len(ids)
        return at

    def add(self, diallers: np.ndarray, working: np.ndarray) -> None:
        """DIALLER[n] and bool[n, days]."""
        self._diallers.append(diallers)
        self._working.append(working)

    def diallers(self) -> np.ndarray:
        return np.concatenate(self._diallers) if self._diallers else np.zeros(0, DIALLER)

    def working(self) -> np.ndarray:
        return np.concatenate(self._working) if self._working else np.zeros((0, self.days), bool)

    def lists(self) -> np.ndarray:
        return np.concatenate([*self._lists, np.zeros(1, np.int32)])


def blank_diallers(count: int) -> np.ndarray:
    """DIALLER[count] of callers with one number, their own telephone, no gang and no work yet."""
    diallers = np.zeros(count, DIALLER)
    diallers["cli_n"] = 1
    diallers["gang"] = UNKNOWN
    diallers["part"] = int(Part.WORK)
    diallers["talk_sigma"] = 0.8
    diallers["device_lo"] = UNKNOWN
    diallers["sessions"] = 1
    return diallers


def take_habit(diallers: np.ndarray, habit: Habit, rng: np.random.Generator) -> np.ndarray:
    """Give each dialler its own draw of the habit; returns the list sizes, int64[n]."""
    n = len(diallers)
    diallers["calls"] = draw(rng, habit.calls_per_day, n)
    diallers["open"] = (habit.hours[0] + rng.uniform(-0.5, 0.5, n)).clip(0, 23) * HOUR_MS
    diallers["close"] = (habit.hours[1] + rng.uniform(-0.5, 0.5, n)).clip(1, 24) * HOUR_MS
    diallers["sessions"] = np.maximum(1, np.round(draw(rng, habit.sessions, n)))
    diallers["gap"] = draw(rng, habit.gap_s, n) * 1000
    diallers["talk"] = draw(rng, habit.talk_s, n) * 1000
    diallers["ring"] = draw(rng, habit.ring_s, n) * 1000
    diallers["walk"] = habit.walk
    diallers["incoming"] = draw(rng, habit.incoming_per_day, n)
    for name in ("answered", "fresh", "repeat", "redial", "call_back", "picks_up"):
        diallers[name] = draw(rng, getattr(habit, name), n)
    return np.maximum(1, np.round(draw(rng, habit.list_size, n))).astype(np.int64)
