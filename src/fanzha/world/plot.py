"""Decides how a fraud goes on after its first call: believers called again, victims handed on, bridges held open."""

from __future__ import annotations

import numpy as np

from fanzha.records.contract import ReleasedBy
from fanzha.world.calls import DAY_MS, HOUR_MS, Part, blank_calls, ends
from fanzha.world.gangs import Gang
from fanzha.world.private import Reach


class Plot:
    """Calls that earlier calls have brought about and that are still to come."""

    def __init__(self, gangs: list[Gang], people: np.ndarray, reach: Reach, rng: np.random.Generator) -> None:
        self.gangs = gangs
        self.people = people
        self.foreign = (reach.foreign_lo, reach.foreign_lo + reach.foreign_n)
        self.rng = rng
        self._pending = blank_calls(0)

    def go_on(self, dialled: np.ndarray, midnight: int) -> np.ndarray:
        """The calls of this day that follow from `dialled` and from the days before."""
        fraud = dialled[(dialled["gang"] >= 0) & (dialled["part"] == Part.DIAL)]
        believed, handed = fraud[fraud["convinced"]], fraud[fraud["wants_more"]]
        due = [self._pending, self._follow_up(believed, midnight), self._hand_over(handed)]
        due += [self._bridges(gang, fraud) for gang in self.gangs if gang.scheme.bridge]
        calls = np.concatenate(due)
        today = calls["start"] < midnight + DAY_MS
        self._pending = calls[~today]
        self._redirect(believed)
        chosen: np.ndarray = calls[today]
        return chosen

    def _redirect(self, believed: np.ndarray) -> None:
        """A targeted gang has its victim set call forwarding, so that bank and police reach the gang."""
        for call in believed:
            gang = self.gangs[int(call["gang"])]
            if gang.name == "targeted" and call["callee"] < len(self.people) and self.rng.random() < 0.7:
                self.people["forward_to"][call["callee"]] = self.rng.choice(gang.numbers)
                self.people["answers"][call["callee"]] *= 0.45

    def _second_line(self, gangs: np.ndarray, first: np.ndarray, stay: float) -> np.ndarray:
        """Which number of the gang makes the next call: the same one with chance `stay`, else any."""
        out = first.copy()
        for row in range(len(out)):
            gang = self.gangs[int(gangs[row])]
            if self.rng.random() >= stay and gang.origin != "spoofed":
                out[row] = self.rng.choice(gang.numbers)
        return out

    def _grow(self, seeds: np.ndarray, times: np.ndarray, part: Part, stay: float) -> np.ndarray:
        """Each seed call repeated `times` over, with a long talk, by a number of the same gang."""
        calls = seeds[np.repeat(np.arange(len(seeds)), times)].copy()
        n = len(calls)
        calls["caller"] = self._second_line(calls["gang"], calls["caller"], stay)
        same = calls["caller"] == np.repeat(seeds["caller"], times)
        calls["device"] = np.where(same, calls["device"], -1)
        calls["part"], calls["wants_more"] = int(part), False
        calls["ring"] = self.rng.uniform(4000, 14_000, n)
        calls["talk"] = np.clip(self.rng.lognormal(np.log(700_000), 0.8, n), 20_000, 7_000_000)
        missed = self.rng.random(n) < 0.12
        calls["talk"][missed], calls["answered"][missed] = 0, False
        calls["cause"][missed], calls["released"][missed] = 19, int(ReleasedBy.NETWORK)
        return calls

    def _follow_up(self, seeds: np.ndarray, midnight: int) -> np.ndarray:
        times = 1 + self.rng.poisson(2.2, len(seeds))
        calls = self._grow(seeds, times, Part.FOLLOW_UP, 0.55)
        n = len(calls)
        soon = np.repeat(ends(seeds), times) + self.rng.exponential(70 * 60_000, n).astype(np.int64) + 60_000
        later = midnight + DAY_MS * self.rng.integers(1, 4, n) + (self.rng.uniform(9, 20, n) * HOUR_MS).astype(np.int64)
        first = np.concatenate([[0], np.cumsum(times)[:-1]])
        is_first = np.isin(np.arange(n), first)
        calls["start"] = np.where(is_first | (self.rng.random(n) < 0.3), soon, later)
        return calls

    def _hand_over(self, seeds: np.ndarray) -> np.ndarray:
        times = self.rng.integers(1, 3, len(seeds))
        calls = self._grow(seeds, times, Part.HAND_OVER, 0.05)
        wait = self.rng.uniform(90_000, 1_500_000, len(calls)).astype(np.int64)
        calls["start"] = np.repeat(ends(seeds), times) + wait
        short = ~calls["convinced"] & calls["answered"]
        calls["talk"][short] = self.rng.uniform(30_000, 400_000, int(short.sum()))
        return calls

    def _bridges(self, gang: Gang, fraud: np.ndarray) -> np.ndarray:
        """The telephone beside each dialling one: in a long call while the other dials; some talk over the internet."""
        mine = fraud[fraud["gang"] == gang.index]
        legs = []
        for number, partner in zip(gang.numbers, gang.partners, strict=True):
            own = np.sort(mine["start"][mine["caller"] == number])
            if len(own) == 0 or (int(number) + gang.index) % 10 < 3:
                continue
            cuts = np.flatnonzero(np.diff(own) > 25 * 60_000)
            begin, end = own[np.r_[0, cuts + 1]], own[np.r_[cuts, len(own) - 1]]
            leg = blank_calls(len(begin))
            abroad = self.rng.integers(*self.foreign, len(begin))
            incoming = self.rng.random(len(begin)) < 0.6
            leg["caller"], leg["callee"] = np.where(incoming, abroad, partner), np.where(incoming, partner, abroad)
            leg["ring"] = self.rng.uniform(2000, 9000, len(begin))
            lead = self.rng.uniform(10_000, 120_000, len(begin)).astype(np.int64)
            leg["start"] = begin - lead
            leg["talk"] = np.minimum(end - begin + lead + self.rng.integers(20_000, 200_000, len(begin)), 4 * HOUR_MS)
            leg["answered"], leg["cause"], leg["released"] = True, 16, int(ReleasedBy.CALLER)
            leg["part"], leg["gang"] = int(Part.BRIDGE), gang.index
            legs.append(leg)
        return np.concatenate(legs) if legs else blank_calls(0)
