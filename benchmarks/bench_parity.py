"""Decides how long a watcher's seven days take to compare with history, beside a plain scan, and what is unexplained.

Limit (issue 5): parity of 7 days explains 100 %. The watcher takes its files in a wrong order, is started several times
and gets an edited rule, so that there is something to explain.
"""

from __future__ import annotations

import shutil
import time
from collections import Counter
from pathlib import Path

import fanzha.detection
from fanzha.detection.pack import load_pack
from fanzha.detection.parity.parity import compare
from fanzha.detection.scan import scan
from fanzha.detection.watch import MAX_BYTES, Options, Watch
from fanzha.records.importing import import_path
from fanzha.records.lake import Lake
from limit import kept
from memory import peak_gb
from province import HOME, lake_of, world_of

SUBSCRIBERS, DAYS = 30_000, 7
RULES = Path(fanzha.detection.__file__).parent / "rules"


def watched(home: Path, world: Path) -> None:
    """A watcher's work in `home`: the second day before the first, starts in between, other rules from day six on."""
    shutil.rmtree(home, ignore_errors=True)
    drop, rules = home / "in", home / "rules"
    drop.mkdir(parents=True)
    rules.mkdir()
    files = sorted((world / "calls").glob("*.parquet"))
    files[:2] = reversed(files[:2])
    with Lake(home) as lake:
        for kind in ("subscribers", "cells", "trunks"):
            import_path(lake, world / f"{kind}.parquet", kind=kind)
    text = (RULES / "mass_dialling.yaml").read_text(encoding="utf-8")
    edited = text.replace("score: 50", "score: 61")
    for stretch, rule in ((files[:3], ""), (files[3:5], ""), (files[5:], edited)):
        if rule:
            (rules / "mass_dialling.yaml").write_text(rule, encoding="utf-8")
        for file in stretch:
            (drop / file.name).hardlink_to(file)
            with Lake(home) as lake:
                options = Options(once=True, max_bytes=MAX_BYTES)
                Watch(lake, load_pack([rules]), drop, home / "watch", options).run()


def run() -> None:
    """Print every figure."""
    world = world_of(lake_of(SUBSCRIBERS, DAYS))
    home = HOME / "bench" / "parity"
    watched(home, world)
    pack = load_pack([home / "rules"])
    with Lake(home) as lake:
        cpu = time.process_time()
        scan(lake, pack, temporary=home / "tmp")
        plain, cpu = time.process_time() - cpu, time.process_time()
        found = compare(lake, pack, home / "watch", network="default", days=DAYS, temporary=home / "tmp")
        spent = time.process_time() - cpu
    causes = Counter(cause.name for each in found.differences for cause in each.causes)
    print(f"parity of {found.calls:,} calls, {found.starts} starts: {spent:.0f} CPU-s, {spent / plain:.1f} plain scans")
    print(f"{found.stories:,} stories, {found.differing:,} differ: {dict(causes)}; {found.unproven} unproven")
    print(f"unexplained {kept(found.unexplained, 0, digits=0)}")
    print(f"peak {peak_gb():.2f} GB")


if __name__ == "__main__":
    run()
