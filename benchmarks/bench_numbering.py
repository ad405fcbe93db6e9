"""Decides whether numbering is fast enough: numbers per CPU-second, beside libphonenumber on the same strings."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import phonenumbers
import pyarrow as pa

from fanzha.numbering import false_cli, kind_of, normalise, region_of
from memory import peak_gb

ROWS = 2_000_000
REFERENCE_ROWS = 5_000
TARGET = 1_000_000


def strings(rows: int, seed: int = 7) -> pa.Array:
    """A mixture as mediation delivers it: mobiles bare and +86, lines, foreign, short, hashed, withheld."""
    rng = np.random.default_rng(seed)
    tail = rng.integers(0, 10**8, rows)
    shapes = rng.choice(8, rows, p=[0.55, 0.15, 0.12, 0.06, 0.04, 0.03, 0.03, 0.02])
    heads = np.array(["138", "+86159", "0571", "0086189", "95", "+4479", "opaque:", ""])[shapes]
    lengths = np.array([8, 8, 8, 8, 3, 8, 8, 0])[shapes]
    pairs = zip(heads, tail, lengths, strict=True)
    return pa.array([f"{head}{number:08d}"[: len(head) + length] for head, number, length in pairs], pa.string())


def rate(work: Callable[[], object], rows: int, times: int = 3) -> float:
    """Rows per CPU-second of the quickest of a few runs, after one to warm up."""
    work()
    best = min(_seconds(work) for _ in range(times))
    return rows / best


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def run() -> None:
    """Print the table; the last column says how it stands to libphonenumber, or to the target."""
    start = time.perf_counter()
    normalise(pa.array(["110"]))
    print(f"numbering: first call {time.perf_counter() - start:.1f} s (kernels from cache, or compiled)")
    raw = strings(ROWS)
    numbers = normalise(raw)
    zeros = np.zeros(ROWS, np.int8)

    def check() -> object:
        return false_cli(raw, numbers, ingress=zeros + 2, trunk_owns=zeros - 1, clir=zeros)

    few = raw.slice(0, REFERENCE_ROWS).to_pylist()
    reference = rate(lambda: [_reference(text) for text in few], REFERENCE_ROWS, 1)
    rows = [
        ("normalise", rate(lambda: normalise(raw), ROWS)),
        ("region_of", rate(lambda: region_of(numbers.number), ROWS)),
        ("kind_of", rate(lambda: kind_of(numbers.number), ROWS)),
        ("false_cli", rate(check, ROWS)),
        ("phonenumbers (parse, is_valid, E.164)", reference),
    ]
    for name, value in rows:
        print(f"  {name:40s} {value / 1e6:9.3f} M/CPU-s   x{value / reference:,.0f}")
    verdict = "met" if rows[0][1] >= TARGET else "MISSED"
    peak = peak_gb() * 1000
    print(f"  target: normalise {TARGET / 1e6:.0f} M/CPU-s {verdict}; peak memory {peak:,.0f} MB with {ROWS:,} strings")


def _reference(text: str) -> str:
    try:
        number = phonenumbers.parse(text, "CN")
    except phonenumbers.NumberParseException:
        return ""
    valid = phonenumbers.is_valid_number(number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if valid else ""


if __name__ == "__main__":
    run()
