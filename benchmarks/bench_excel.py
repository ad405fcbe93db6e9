"""Decides whether an Excel of 100,000 rows is quick and takes no more memory than one of 20,000: the export of a list.

Limits (issue 4): 100,000 rows in 10 s (judged by CPU time) in constant memory. Each size is written in a process of its
own. The reference is reading the rows, which fills the database's cache: what the peak rises beyond is the writing.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

from limit import kept
from memory import peak_gb
from office import desk, people, timed

SIZES, LIMIT, GROWTH = (20_000, 100_000), 10, 8  # rows, seconds, MB
BLOCK = 5000


def main() -> int:
    """Print the figures; 1 where a limit is missed."""
    own = []
    for size in SIZES:
        child = subprocess.run([sys.executable, __file__, str(size)], check=True, capture_output=True, text=True)
        reading, took, clock, before, after = map(float, child.stdout.split())
        own.append(after - before)
        ratio = took / max(reading, 0.01)
        print(f"{size:>7,} rows   {took:6.2f} s of CPU ({clock:.2f} by the clock), {ratio:.1f} x reading them   "
              f"peak {after:.0f} MB, {own[-1]:.1f} MB of it for writing")  # fmt: skip
    grown = own[-1] - own[0]
    print(f"{SIZES[-1]:,} rows    {kept(took, LIMIT, 's')}")
    print(f"memory          more for writing {SIZES[-1]:,} rows than {SIZES[0]:,}: {kept(grown, GROWTH, 'MB', 1)}")
    return int(took > LIMIT or grown > GROWTH)


def one(size: int) -> None:
    """Tell CPU seconds of reading and of the answer, its seconds by the clock, the peak in MB before and after it."""
    with desk():
        from fanzha.desk.excel.exporting import Count, sheet_of
        from fanzha.desk.excel.writing import Sheet, sent
        from fanzha.desk.lists import sheet
        from fanzha.desk.lists.models import Item

        def exported() -> Sheet:
            return sheet_of(Item.objects.order_by("pk"), sheet.table(), Count())

        _fill(size)
        reading = timed(lambda: sum(1 for _row in exported().rows))
        before = peak_gb() * 1000
        written = timed(lambda: sum(map(len, sent("a.xlsx", exported()))))  # type: ignore[arg-type]
        print(reading.cpu, written.cpu, written.clock, before, peak_gb() * 1000)


def _fill(size: int) -> None:
    from django.db import transaction
    from django.utils import timezone

    from fanzha.desk.bulk import insert_columns, keys
    from fanzha.desk.lists.models import Item

    who, now = people(), timezone.now()
    same = {
        "network": "hb", "region": "42", "list": "block", "kind": "number", "reason": "police", "document": "bench-1",
        "starts": now, "expires": now + timedelta(days=90), "proposed_by_id": who.one.pk, "approved_by_id": who.two.pk,
        "proposed_at": now, "state": "active", "moved_at": now,
    }  # fmt: skip
    for first in range(0, size, BLOCK):
        values = [f"+86137{at:08}" for at in range(first, min(first + BLOCK, size))]
        with transaction.atomic():
            insert_columns(Item, {"id": keys(Item, len(values)), "value": values}, same)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        one(int(sys.argv[1]))
    else:
        sys.exit(main())
