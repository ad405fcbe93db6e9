"""Decides how well the default rules find planted fraud and spare honest people, over several unseen worlds.

Limits (issue 2): five seeds, 200,000 subscribers, 7 days, 20 gangs. At 70 and above: 90 % of callers of evasion 0-1
with 50 calls, 60 % of evasion 2, all SIM boxes of 8 or more; at most 1 in 10,000 honest; none proposed for a stop.
"""

from __future__ import annotations

import math
import shutil
import sys
import time
from collections import defaultdict
from statistics import median

from fanzha.cli.planted import Comparison, found_versus_planted
from fanzha.detection.pack import load_pack
from fanzha.detection.scan import scan
from limit import kept, reached
from memory import peak_gb
from province import lake_of, world_of

SEEDS = (101, 102, 103, 104, 105)
SUBSCRIBERS, DAYS, GANGS = 200_000, 7, 20
# What is asked at 70 and above, in shares of a hundred; of SIM boxes all, of honest people one in 10,000.
LEAST = {(0, 1): 90, (2,): 60}
MOST_HONEST, MOST_CALLS = 1, 15


def interval(hits: int, total: int) -> str:
    """A share with its 95 % Wilson interval."""
    if total == 0:
        return "none planted"
    z, share = 1.96, hits / total
    centre = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    return f"{hits}/{total} = {share:.1%} [{max(0, centre - half):.1%}, {min(1, centre + half):.1%}]"


def compare(seed: int) -> Comparison:
    """One world: made, imported, scanned, compared; removed afterwards."""
    begun = time.perf_counter()
    with lake_of(SUBSCRIBERS, DAYS, seed=seed, gangs=GANGS) as lake:
        found = scan(lake, load_pack(), temporary=lake.root.parent / "tmp")
        result = found_versus_planted(found.alerts, world_of(lake) / "truth")
    shutil.rmtree(lake.root.parent, ignore_errors=True)
    print(
        f"seed {seed}: {found.calls:,} calls, {len(found.alerts):,} alerts, {time.perf_counter() - begun:.0f} s",
        flush=True,
    )
    return result


def tell(results: list[Comparison]) -> None:
    """The table, where it fails included."""
    groups = [group for result in results for group in result.groups]
    for name, levels in (("evasion 0-1", (0, 1)), ("evasion 2", (2,)), ("evasion 3", (3,))):
        own = [group for group in groups if group.evasion in levels]
        hits, total = sum(g.busy_70 for g in own), sum(g.busy for g in own)
        print(f"found at 70+, {name}, 50 calls: {interval(hits, total)}{_limit(hits, total, LEAST.get(levels))}")
    hits, total = sum(result.boxes_found for result in results), sum(result.boxes for result in results)
    print(f"SIM boxes of 8 or more: {interval(hits, total)}{_limit(hits, total, 100)}")
    calls = [number for group in groups for number in group.calls]
    if calls:
        print(f"calls before the first alert, median {kept(median(calls), MOST_CALLS, digits=0)}")
    honest = [row for result in results for row in result.honest]
    people = sum(row.people for row in honest)
    flagged = sum(n for row in honest for band, n in row.bands.items() if band != "watch")
    stops = sum(row.bands.get("stop", 0) for row in honest)
    print(f"honest at 70+: {interval(flagged, people)}, in 10,000 {kept(flagged / people * 10_000, MOST_HONEST)}")
    print(f"honest proposed for a stop: {kept(stops, 0, digits=0)}")
    _tell_misses(groups)
    _tell_roles(honest)


def _limit(hits: int, total: int, least: float | None) -> str:
    return f", % {reached(100 * hits / total, least, digits=1)}" if least is not None and total else ""


def _tell_misses(groups: list) -> None:  # type: ignore[type-arg]
    missed: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0])
    for group in groups:
        missed[group.scheme, group.evasion][0] += group.busy_70
        missed[group.scheme, group.evasion][1] += group.busy
    for (scheme, evasion), (hits, total) in sorted(missed.items()):
        if hits < total:
            print(f"  not all found: {scheme} at evasion {evasion}: {interval(hits, total)}")


def _tell_roles(honest: list) -> None:  # type: ignore[type-arg]
    roles: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in honest:
        roles[row.role][0] += sum(n for band, n in row.bands.items() if band != "watch")
        roles[row.role][1] += row.people
    for role, (flagged, people) in sorted(roles.items(), key=lambda item: -item[1][0]):
        if flagged:
            print(f"  honest at 70+: {role}: {interval(flagged, people)}")


def run(seeds: tuple[int, ...] = SEEDS) -> None:
    """Every seed, then the whole."""
    tell([compare(seed) for seed in seeds])
    print(f"peak {peak_gb():.1f} GB")


if __name__ == "__main__":
    run(tuple(int(word) for word in sys.argv[1:]) or SEEDS)
