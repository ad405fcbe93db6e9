"""Decides whether invented callers can wear the engine down: ten million, each once, then old friends asked after.

Every verdict takes the whole way: numbers, policy, counters, a record on the disk. Memory must stop growing, every call
be counted once, and those who had made fifty calls before the flood still be known after it.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from pathlib import Path

from bench_policy import SECRET, listed, trunks
from fanzha import signing
from fanzha.gateway.call import Call
from fanzha.gateway.counters import COUNTERS, Counters, hash_of
from fanzha.gateway.host import Host
from fanzha.gateway.witness import Witness
from fanzha.policy import PolicyStore, Publisher
from soak import Bounded, adds_up, until

CALLERS, LISTED, FRIENDS, CALLS_EACH = 10_000_000, 100_000, 500, 50
FIRST = 8_613_000_000_000
TOTAL = COUNTERS.index("total")


def now() -> int:
    """UTC microseconds."""
    return time.time_ns() // 1000


def soak(folder: Path, seconds: float) -> bool:
    """Until the callers or the seconds are used up."""
    Publisher(folder / "policy", SECRET).snapshot(listed(LISTED), trunks=trunks())
    store = PolicyStore(folder / "policy", {signing.public_key(SECRET)})
    store.load()
    counters = Counters(now=now())
    host = Host(store, counters, witness=Witness(folder / "state", now=now()))
    friends = [FIRST + 999_000_000 + at for at in range(FRIENDS)]
    asked = 0
    for caller in friends * CALLS_EACH:
        host.ask(Call(key=f"f{asked}", caller=f"+{caller}", callee=f"+{FIRST + asked}", at=now()))
        counters.ended(hash_of(f"f{asked}"), now())
        asked += 1
    memory, end, rng = Bounded("engine"), until(seconds), random.Random(1)
    for at in range(CALLERS):
        caller = FIRST + rng.randrange(999_000_000)
        host.ask(Call(key=f"s{at}", caller=f"+{caller}", callee="+8613900000000", at=now()))
        asked += 1
        counters.ended(
            hash_of(f"s{at}"), now()
        )  # as the edge tells of each: nobody answers an invented caller for long
        if at % 1000 == 0:
            host.sweep()
            memory.look(os.getpid())
            if time.monotonic() > end:
                break
    host.sweep()
    known = 0
    for caller in friends:
        known += counters.look(caller, 0, 0, 1, now()).values[TOTAL] > CALLS_EACH
    host.witness.close()  # the last of them are written
    page = dict(line.rsplit(" ", 1) for line in host.metrics().splitlines() if not line.startswith("#"))
    said = sum(int(value) for name, value in page.items() if name.startswith("fanzha_verdicts_total"))
    timed = int(page["fanzha_decide_seconds_count"])
    log = {what: int(page[f'fanzha_verdict_log_total{{what="{what}"}}']) for what in ("written", "failed")}
    print(f"  {asked:,} calls, {counters.told()['evicted']:,} forgotten, {counters.bytes / 1e6:.0f} MB of counters")
    return all([
        memory.verdict(),
        adds_up("calls, verdicts, times taken, written and failed", asked, said, timed, log["written"] + log["failed"]),
        adds_up("callers of fifty calls, still known", FRIENDS, known),
    ])  # fmt: skip


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        sys.exit(not soak(Path(place), float(sys.argv[1])))
