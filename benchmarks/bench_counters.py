"""Decides what the five call-time counters cost a call at the edge: sipp through a real Kamailio, on and off.

Limit (issue 3): at most 0.5 ms p99 at 1,300 calls a second. One Kamailio has two engines, one that counts and one that
does not; second by second the one or the other is asked about every call, so that whatever else the machine does meets
both alike. What is judged is how much later the p99 of a second is than that of its neighbour without counters, in the
middle of all pairs: a stall of the machine falls on a second of either side, and a few of them are all there is to see
in the p99 of all calls together, which is told beside it, as are the seconds that had a stall. Intervals are of 95 %:
the same over 1,000 drawings of as many pairs, with repetition (a bootstrap over blocks; Efron and Tibshirani, An
Introduction to the Bootstrap, 1993, ch. 8). Usage: bench_counters.py [RUNS], for narrower ones.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench_edge import INVITE, calling, captured, core, edge, engine, failures, finish, prepared, ready, stamped
from fanzha.gateway.edge.rpc import Rpc
from fanzha.gateway.edge.rules import Rules
from memory import peak_gb

RATE, LIMIT_MS = 1_300, 0.5
RUNS, PAIRS, TURN_S = 4, 25, 1.0
SETTLE_S = 0.25  # at the start of a turn, not counted: calls of the other side are still ending
DRAWINGS = 1_000
STALL_MS = 20  # a second whose p99 is beyond met more than its calls


class Apart(NamedTuple):
    """A percentile without counters, and with; how much later it is with them, and the ends of its 95 % interval."""

    off: float
    on: float
    more: float
    low: float
    high: float


class Turn(NamedTuple):
    """Milliseconds of the calls of one turn at the edge, and CPU microseconds of its engine for each of them."""

    held: np.ndarray
    engine_us: float


def judgement(low: float, high: float, limit: float) -> str:
    """What an interval shows: kept only where all of it is, MISSED only where none of it is."""
    return "kept" if high <= limit else "MISSED" if low > limit else "NOT SHOWN"


def together(off: list[np.ndarray], on: list[np.ndarray], percent: float) -> Apart:
    """Of all calls of each side."""

    def level(side: list[np.ndarray], drawn: np.ndarray) -> float:
        return float(np.percentile(np.concatenate([side[at] for at in drawn]), percent))

    more = [level(on, drawn) - level(off, drawn) for drawn in drawings(len(on))]
    whole = np.arange(len(on))
    return Apart(level(off, whole), level(on, whole), level(on, whole) - level(off, whole), *ends(more))


def neighbours(off: list[np.ndarray], on: list[np.ndarray], percent: float) -> Apart:
    """Of neighbouring turns; the middle of all pairs."""
    levels = np.array([[np.percentile(turn, percent) for turn in side] for side in (off, on)])
    more = levels[1] - levels[0]
    drawn = np.median([more[at] for at in drawings(len(on))], axis=1)
    without, counted = (float(level) for level in np.median(levels, axis=1))
    return Apart(without, counted, float(np.median(more)), *ends(drawn))


def drawings(count: int) -> np.ndarray:
    """DRAWINGS times as many pairs as there are, with repetition."""
    return np.random.default_rng(1).integers(0, count, (DRAWINGS, count))


def ends(drawn: Sequence[float] | np.ndarray) -> tuple[float, float]:
    """Those of the interval in which 95 % of them lie."""
    low, high = np.percentile(drawn, (2.5, 97.5))
    return float(low), float(high)


def ask_only(rpc: Rpc, chosen: int, other: int) -> None:
    """From now on one engine is asked, the other is not; there is always one."""
    for state, port in (("ap", chosen), ("d", other)):
        rpc.ask("dispatcher.set_state", state, 1, f"sip:127.0.0.1:{port}")


def engine_us(process: int) -> float:
    """CPU time of one process so far, in microseconds."""
    return int(Path(f"/proc/{process}/schedstat").read_text(encoding="ascii").split()[0]) / 1e3


def run(folder: Path, rules: Rules, engines: tuple[tuple[int, int], tuple[int, int]]) -> list[dict[bool, Turn]]:
    """One steady load; the pairs of turns. engines: port and process of who does not count, and who does."""
    work = Path(tempfile.mkdtemp(dir=folder))
    seconds, marks = PAIRS * 2 * TURN_S + 2.0, []
    with (
        core(work) as core_port,
        edge(work, rules, [port for port, _ in engines], core_port) as (port, rpc, _),
        captured(work, f"{INVITE} and (dst port {port} or dst port {core_port})") as stamps,
    ):
        caller = calling(folder, work, port, RATE, int(RATE * seconds))
        time.sleep(1.0)
        for turn in range(2 * PAIRS):
            counting = turn % 4 in (0, 3)  # on off, off on: neither side always comes first
            chosen, process = engines[counting]
            ask_only(rpc, chosen, engines[not counting][0])
            begun, cpu = time.time_ns(), engine_us(process)
            time.sleep(TURN_S)
            marks.append((counting, begun, time.time_ns(), engine_us(process) - cpu))
        finish(caller, seconds)
        unscreened = rpc.ask("stats.fetch", "script:")["script.unscreened"]
    failed, why = failures(work / "stat.csv")
    rows = stamped(stamps, port)
    stamps.unlink()
    print(f"    {len(rows):,} calls, {failed} failed {why}, {unscreened} unscreened", flush=True)
    turns = [(counting, made(rows, begun, ended, cpu)) for counting, begun, ended, cpu in marks]
    return [dict(turns[at : at + 2]) for at in range(0, len(turns), 2)]


def made(rows: np.ndarray, begun: int, ended: int, cpu: float) -> Turn:
    """The calls of one turn."""
    all_of_it = (rows[:, 0] >= begun) & (rows[:, 0] < ended)
    settled = all_of_it & (rows[:, 0] >= begun + SETTLE_S * 1e9)
    return Turn(rows[settled, 1], cpu / max(1, int(all_of_it.sum())))


def main(runs: int = RUNS) -> None:
    """Print every figure."""
    if not ready():
        return
    pairs: list[dict[bool, Turn]] = []
    with tempfile.TemporaryDirectory(prefix="fz", dir="/tmp") as name:
        folder = Path(name)
        rules = prepared(folder)
        with engine(folder, False) as off, engine(folder, True) as on:
            for _ in range(runs):
                pairs += run(folder, rules, (off, on))
            held = [peak_gb(process) for _port, process in (off, on)]
    tell(pairs)
    print(f"    engine {held[0]:.2f}, {held[1]:.2f} GB at most", flush=True)


def tell(pairs: list[dict[bool, Turn]]) -> None:
    """Differences, their intervals, and the judgement."""
    off, on = ([pair[counting].held for pair in pairs] for counting in (False, True))
    print(f"{RATE} calls/s, {len(pairs)} pairs of turns of {TURN_S:g} s; counters off, on, difference (95 % interval):")
    for name, of in (("all calls together", together), ("the middle pair", neighbours)):
        for percent in (50, 99):
            found = of(off, on, percent)
            print(f"    {name}: p{percent} {found.off:.2f}, {found.on:.2f} ms, {found.more:+.2f} "
                  f"({found.low:+.2f} to {found.high:+.2f}), ratio {found.on / found.off:.2f}")  # fmt: skip
    stalled = [sum(float(np.percentile(turn, 99)) > STALL_MS for turn in side) for side in (off, on)]
    print(f"    seconds whose p99 is over {STALL_MS} ms: {stalled[0]}, {stalled[1]}")
    cost = [float(np.median([pair[counting].engine_us for pair in pairs])) for counting in (False, True)]
    print(f"    engine {cost[0]:.1f}, {cost[1]:.1f} us CPU a call, {cost[1] - cost[0]:+.1f}")
    print(f"    limit {LIMIT_MS} ms p99, in the middle pair: {judgement(found.low, found.high, LIMIT_MS)}", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
