"""Decides whether a verdict is quick enough: decide and what is kept of it, per core, with a province's lists in force.

Limits: decide at most 35 us of CPU with 1 M listed numbers and 5,000 trunk contracts; the call-time counters at most
30 us a call; bounded memory under ten million invented callers, the known ones kept. The references, in the same run:
the same question to a Python dict and nothing else; counters as Python objects, one for each caller.
"""

from __future__ import annotations

import random
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bench_policy import END, START, TRUNKS, listed, numbers, trunks
from fanzha.gateway.call import Call
from fanzha.gateway.counters import COUNTERS, Counters
from fanzha.gateway.decide import decide
from fanzha.gateway.host import Host
from fanzha.gateway.state import Live
from fanzha.gateway.verdict import Verdict
from fanzha.gateway.witness import Witness
from fanzha.numbering import normalise
from fanzha.numbering.single import Reader
from fanzha.policy import Action, Policy
from fanzha.policy.book import Book
from fanzha.policy.columns import compile_table
from memory import peak_gb

LISTED, CALLS, FLOOD = 1_000_000, 40_000, 10_000_000
NOW = (START + END) // 2
LINE = 4711


class Store:
    """As much of a PolicyStore as a host asks for."""

    def __init__(self, policy: Policy) -> None:
        self.current = policy
        self.version = policy.version


def policy() -> Policy:
    """A million listed numbers, five thousand contracts."""
    book = Book.of(compile_table(listed(LISTED), NOW))
    return Policy(version=1, compiled_at=NOW, trunks=trunks(), book=book)


def calls(count: int) -> list[Call]:
    """Four in ten between networks, four over contracted trunks, one in ten listed, one in ten from abroad."""
    rng = random.Random(5)
    bad = numbers(LISTED)
    made = []
    for i in range(count):
        kind, more = rng.randrange(10), {"ingress": "internetwork", "peer": "192.0.2.1"}
        caller = f"+86139{rng.randrange(10**8):08d}"
        if kind < 4:
            at = rng.randrange(TRUNKS)
            caller = f"0{571_80000000 + at * 1000 + rng.randrange(100)}"
            more = {"peer": f"10.{at >> 8}.{at & 255}.1"}
        elif kind == 4:
            caller = f"+{bad[rng.randrange(LISTED)]}"
        elif kind == 5:
            more = {"ingress": "international", "peer": "192.0.2.1"}
        key = f"{rng.getrandbits(64):x}@192.0.2.1"
        callee = f"0571{rng.randrange(10**7) + 80_000_000}"
        made.append(Call(key=key, caller=caller, callee=callee, at=NOW + i * 1000, clir=False, **more))
    return made


def micros(work: Callable[[Call], object], asked: Sequence[Call]) -> float:
    """CPU microseconds a call, of the quickest of eight runs over other calls than those that warmed up."""
    for call in asked[:2000]:
        work(call)
    rest, best = asked[2000:], 1e9
    for part in (rest[at::8] for at in range(8)):
        start = time.process_time()
        for call in part:
            work(call)
        best = min(best, (time.process_time() - start) / len(part) * 1e6)
    return best


def trivial(listed_numbers: dict[str, Action]) -> Callable[[Call], Verdict]:
    """The least that answers at all."""

    def answer(call: Call) -> Verdict:
        action = listed_numbers.get(call.caller or "", Action.ALLOW)
        return Verdict(key=call.key, at=call.at, action=action, code=404, phrase="Not Found")

    return answer


class PlainCounters:
    """The reference: the same five counters as Python objects, exact and unbounded, for one process only."""

    def __init__(self) -> None:
        self.callers: dict[int, list[Any]] = {}

    def arrive(self, caller: int, callee: int, now: int) -> tuple[int, int, int, int, int]:
        """Count, and say the five."""
        held = self.callers.get(caller)
        if held is None:
            held = self.callers[caller] = [[], 0, 0, 0, 0, 0]
        held[0] = [at for at in held[0] if now - at < 60_000_000]
        held[0].append(now)
        held[1] += 1
        held[2] += 1
        held[3], held[4] = (held[3] + 1, callee) if held[4] == callee else (1, callee)
        return len(held[0]), held[1], held[2], held[3], held[5]

    def end(self, caller: int, talked: int) -> None:
        """The call is over."""
        held = self.callers[caller]
        held[2] -= 1
        held[5] += talked


def row(name: str, value: float, reference: float, limit: float | None = None) -> None:
    """One line: microseconds, per core and second, beside the reference, and whether a limit was kept."""
    verdict = "" if limit is None else f"   limit {limit:.0f} us {'kept' if value <= limit else 'MISSED'}"
    print(f"  {name:58s} {value:8.2f} us {1e6 / value:10,.0f}/s  x{value / reference:5.1f}{verdict}")


def verdicts() -> None:
    """Decide, and all that a host does with it."""
    rules, asked = policy(), calls(CALLS)
    reader = Reader()
    words = dict.fromkeys((f"+{number}" for number in numbers(LISTED)[:LISTED].tolist()), Action.BLOCK)
    reference = micros(trivial(words), asked)
    row("reference: one look into a dict of a million", reference, reference)
    row("numbers of a call, the columns' way (normalise)", micros(_columns, asked[:6000]), reference)
    row(
        "numbers of a call (Reader.read)",
        micros(lambda call: reader.read((call.caller, call.callee)), asked),
        reference,
    )
    live = Live(counters=Counters(now=NOW))
    row(
        "decide: numbers, contract, R1-R8, lists, counters",
        micros(lambda c: decide(c, rules, live), asked),
        reference,
        35,
    )
    bare = Live(counters=None)
    row("decide without counters", micros(lambda call: decide(call, rules, bare), asked), reference)
    with tempfile.TemporaryDirectory() as folder:
        witness = Witness(Path(folder), now=NOW)
        host = Host(Store(rules), Counters(Path(folder) / "counters", now=NOW), witness=witness)  # type: ignore[arg-type]
        row("a host's ask: decided, counted, written down, on the page", micros(host.ask, asked), reference)
        witness.close()
    tally = {action.name: 0 for action in Action}
    for call in asked[:10_000]:
        tally[decide(call, rules, live).action.name] += 1
    print(f"  of 10,000 calls: {tally}")


def _columns(call: Call) -> object:
    return normalise(pa.array([call.caller, call.callee], pa.string()))


def counters() -> None:
    """The five counters, for caller and trunk, beside plain Python objects for the caller alone."""
    rng = np.random.default_rng(1)
    callers = (8613800000000 + rng.integers(0, 200_000, 200_000)).tolist()
    keys = rng.integers(1, 1 << 61, 200_000).tolist()
    ours, plain = Counters(now=NOW), PlainCounters()

    def our_call(i: int) -> None:
        now = NOW + i * 770
        ours.look(callers[i], LINE + i % TRUNKS, 86110, keys[i], now)
        ours.record(callers[i], LINE + i % TRUNKS, 86110, keys[i], now, True)
        ours.answered(keys[i], now)
        ours.ended(keys[i], now + 5_000_000)

    def plain_call(i: int) -> None:
        plain.arrive(callers[i], 86110, NOW + i * 770)
        plain.end(callers[i], 5)

    reference = _each(plain_call)
    row("reference: counters as Python objects, caller only", reference, reference)
    row("counters: read, count, answer, end; caller and trunk", _each(our_call), reference, 30)


def _each(work: Callable[[int], None]) -> float:
    for i in range(2000):
        work(i)
    start = time.process_time()
    for i in range(2000, 200_000):
        work(i)
    return (time.process_time() - start) / 198_000 * 1e6


def flood() -> None:
    """Ten million callers of one call each, and 1,000 known ones who go on calling between them."""
    before = _resident()
    held = Counters(now=NOW)
    known = list(range(8618600000000, 8618600001000))
    held.ended(1, NOW)
    for at in range(50):
        for caller in known:
            held.record(caller, LINE, 86110, caller * 100 + at, NOW + at, True)
            held.ended(caller * 100 + at, NOW + at)
    spent, rng = 0.0, np.random.default_rng(2)
    for block in range(FLOOD // 1_000_000):
        invented = rng.integers(8613000000000, 8617900000000, 1_000_000).tolist()
        start = time.process_time()
        for i, caller in enumerate(invented):
            now = NOW + (block * 1_000_000 + i) * 770
            held.record(caller, LINE, 86110, block * 1_000_000 + i + 1, now, True)
            held.ended(block * 1_000_000 + i + 1, now)
        spent += time.process_time() - start
    after = NOW + FLOOD * 770
    kept = sum(held.look(caller, LINE, 86110, 1, after).values[COUNTERS.index("total")] == 51 for caller in known)
    each, stated = spent / FLOOD * 1e6, held.bytes / 2**20
    print(f"  flood: {FLOOD:,} callers of one call, {each:.2f} us each; {kept} of {len(known)} known ones kept")
    print(f"  memory of the counters {stated:.0f} MB stated; the process grew by {_resident() - before:.0f} MB")
    print(f"  {held.told()}")


def _resident() -> float:
    """Megabytes that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def run() -> None:
    """Print all three tables."""
    print(f"decide: {LISTED:,} listed numbers, {TRUNKS:,} contracts, default limits")
    verdicts()
    counters()
    flood()
    peak = peak_gb() * 1000
    print(f"  peak memory {peak:,.0f} MB, the lists and the questions included")


if __name__ == "__main__":
    run()
