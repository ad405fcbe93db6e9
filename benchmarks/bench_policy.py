"""Decides whether a gateway can hold a country's lists: ten million entries loaded, looked up, and changed by deltas.

Limits (issue 3): 10 M entries in at most 1 GB of a process, loaded in at most 10 s; a delta in force in at most 1 s; a
look-up of a few microseconds. The reference is a plain dict of a million entries in the same run.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fanzha import signing
from fanzha.policy import Action, Entry, Policy, PolicyStore, Publisher, Side, Subject, Trunk
from fanzha.policy.columns import SCHEMA
from memory import peak_gb

ROWS = 10_000_000
TRUNKS = 5_000
DICT_ROWS = 1_000_000
LOOKUPS = 200_000
CHANGES = 1_000
SECRET = bytes(range(32))
START, END = 1_790_000_000_000_000, 1_800_000_000_000_000


def numbers(rows: int) -> np.ndarray:
    """Distinct mobile numbers, in no order."""
    return 8613000000000 + np.random.default_rng(7).permutation(rows).astype(np.int64) * 650


def listed(rows: int) -> pa.Table:
    """A list as a desk has it: an id and a source of their own for every entry or every hundred."""
    at = pa.array(np.arange(rows))
    text = at.cast(pa.large_string())

    def after(word: str, strings: pa.Array) -> pa.Array:
        return pc.binary_join_element_wise(pa.scalar(word, strings.type), strings, pa.scalar("", strings.type))

    def same(value: object, name: str) -> pa.Array:
        return pa.repeat(pa.scalar(value, SCHEMA.field(name).type), rows)

    actions = pa.array((np.arange(rows) % 4 != 0) * int(Action.BLOCK - Action.LABEL) + int(Action.LABEL), pa.int8())
    cases = pc.divide(at, 100).cast(pa.large_string())
    columns = {
        "id": after("measure-", text),
        "value": after("+", pa.array(numbers(rows)).cast(pa.large_string())),
        "source": after("case-", cases),
        "action": actions,
        "subject": same("number", "subject"), "side": same("caller", "side"), "reason": same("police", "reason"),
        "starts": same(START, "starts"), "expires": same(END, "expires"), "region": same(0, "region"),
        "rule": same("mass_dialling.strangers@3", "rule"), "basis": same("", "basis"),
        "per_minute": same(0, "per_minute"),
    }  # fmt: skip
    return pa.table({field.name: columns[field.name] for field in SCHEMA}, SCHEMA)


def trunks() -> list[Trunk]:
    """Contracts with two ranges each."""
    return [
        Trunk(
            id=f"trunk-{at}",
            owner=f"company {at}",
            peers=(f"10.{at >> 8}.{at & 255}.1",),
            ranges=tuple((first, first + 99) for first in (8657180000000 + at * 1000, 8657180000500 + at * 1000)),
        )
        for at in range(TRUNKS)
    ]


def publish(folder: Path) -> None:
    """The desk: a snapshot of everything."""
    table = listed(ROWS)
    start = time.perf_counter()
    receipt = Publisher(folder, SECRET, clock=lambda: START).snapshot(table, trunks=trunks())
    assert receipt.entries == ROWS
    print(f"{time.perf_counter() - start} {peak_gb()}")


def hold(published: Path, kept: Path) -> None:
    """The gateway: takes the snapshot, as when it first comes."""
    store = PolicyStore(kept, {signing.public_key(SECRET)}, clock=lambda: START)
    start = time.perf_counter()
    receipt = store.take(next(published.glob("*.snapshot")))
    assert receipt.entries == ROWS, receipt
    print(f"{time.perf_counter() - start} {peak_gb()}")


def load(kept: Path) -> None:
    """The gateway, started again with the desk dead; then looked up, then changed."""
    store = PolicyStore(kept, {signing.public_key(SECRET)}, clock=lambda: START)
    start = time.perf_counter()
    policy = store.load()
    loaded = time.perf_counter() - start
    assert policy is not None
    chosen = numbers(ROWS)[:LOOKUPS].tolist()
    hit, found = looked_up(policy, chosen)
    assert found == LOOKUPS
    again, found = looked_up(policy, chosen[:1000] * (LOOKUPS // 1000))
    assert found == LOOKUPS
    missed, found = looked_up(policy, [key + 1 for key in chosen])
    assert found == 0
    print(f"{loaded} {hit} {again} {missed} {peak_gb()}")


def looked_up(policy: Policy, keys: list[int]) -> tuple[float, int]:
    """CPU-seconds of one look-up, and how many entries were hit."""
    start = time.process_time()
    found = sum(len(policy.hit(Side.CALLER, key, None, None, 0, START)) for key in keys)
    return (time.process_time() - start) / len(keys), found


def change(published: Path, kept: Path) -> None:
    """A delta from the desk's call to the gateway's refusal of the number in it."""
    desk = Publisher(published, SECRET, clock=lambda: START)
    store = PolicyStore(kept, {signing.public_key(SECRET)}, clock=lambda: START)
    store.load()
    seconds = []
    for turn in range(20):
        more = [
            Entry(id=f"new-{turn}-{at}", subject=Subject.NUMBER, value=f"+8619{turn:02d}{at:07d}", action=Action.BLOCK,
                  reason="fraud", source="measure", starts=START, expires=END)
            for at in range(CHANGES)
        ]  # fmt: skip
        gone = [f"measure-{turn * CHANGES + at}" for at in range(CHANGES)]
        start = time.perf_counter()
        number = desk.delta(more, gone).number
        receipt = store.take(published / f"{number:012d}.delta")
        assert receipt.removed == receipt.added == CHANGES, receipt
        assert store.current is not None
        assert store.current.hit(Side.CALLER, int(more[0].value), None, None, 0, START)
        seconds.append(time.perf_counter() - start)
    print(f"{np.median(seconds)} {max(seconds)} {peak_gb()}")


def plain() -> None:
    """The reference: the same look-ups in a dict of Python objects."""
    keys = numbers(DICT_ROWS).tolist()
    before = peak_gb()
    held = {
        key: Entry(id=f"measure-{at}", subject=Subject.NUMBER, value=f"+{key}", action=Action.BLOCK, reason="police",
                   source=f"case-{at // 100}", starts=START, expires=END, rule="mass_dialling.strangers@3")
        for at, key in enumerate(keys)
    }  # fmt: skip
    size = peak_gb() - before
    chosen = random.Random(7).choices(keys, k=LOOKUPS)
    start = time.process_time()
    found = sum(held[key].starts <= START < held[key].expires for key in chosen)
    assert found == LOOKUPS
    print(f"{(time.process_time() - start) / LOOKUPS} {size}")


def measured(*stage: object) -> list[float]:
    """What a stage printed, run in a process of its own."""
    done = subprocess.run([sys.executable, __file__, *map(str, stage)], check=True, capture_output=True, text=True)
    return [float(figure) for figure in done.stdout.split()]


def line(name: str, value: str, limit: str, good: bool | None = None) -> None:
    """One row of the table."""
    print(f"  {name:44s} {value:>16s}   {limit}{'' if good is None else ' met' if good else ' MISSED'}", flush=True)


def run() -> None:
    """All stages, and how they stand to their limits and to the dict."""
    with tempfile.TemporaryDirectory(dir=Path(__file__).parent / "var") as name:
        published, kept = Path(name, "published"), Path(name, "kept")
        seconds, peak = measured("publish", published)
        size = next(published.glob("*.snapshot")).stat().st_size
        line(f"publish {ROWS:,} entries (desk)", f"{seconds:.1f} s", f"peak {peak:.2f} GB, file {size / 1e9:.2f} GB")
        seconds, peak = measured("hold", published, kept)
        line("take the snapshot, judged and kept", f"{seconds:.1f} s", f"peak {peak:.2f} GB, limit 1", peak <= 1)
        seconds, hit, again, missed, peak = measured("load", kept)
        line("load with the desk dead", f"{seconds:.1f} s", "limit 10 s", seconds <= 10)
        line("memory of that process, shared pages included", f"{peak:.2f} GB", "limit 1 GB", peak <= 1)
        median, worst, _ = measured("change", published, kept)
        lookup, dict_size = measured("plain")
        line("look-up, listed (CPU)", f"{hit * 1e6:.2f} us", f"x{hit / lookup:.0f} of the dict")
        line("look-up, listed and met before (CPU)", f"{again * 1e6:.2f} us", f"x{again / lookup:.0f} of the dict")
        line("look-up, not listed (CPU)", f"{missed * 1e6:.2f} us", f"x{missed / lookup:.0f} of the dict")
        ratio = peak / ROWS / (dict_size / DICT_ROWS)
        line(
            "bytes an entry",
            f"{peak * 1e9 / ROWS:.0f}",
            f"x{ratio:.2f} of the dict's {dict_size * 1e9 / DICT_ROWS:.0f}",
        )
        line(f"delta of {CHANGES:,} in and {CHANGES:,} out, to effect", f"{median * 1e3:.0f} ms",
             f"worst {worst * 1e3:.0f} ms, limit 1 s", worst <= 1)  # fmt: skip
        shutil.rmtree(kept)


if __name__ == "__main__":
    stages = {"publish": publish, "hold": hold, "load": load, "change": change, "plain": plain}
    if len(sys.argv) > 1:
        stages[sys.argv[1]](*map(Path, sys.argv[2:]))
    else:
        run()
