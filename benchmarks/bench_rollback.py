"""Decides whether the way back is quick enough: 10,000 measures undone in one act, an Excel of 100,000 lines taken in.

Limits (issue 4): rollback of 10,000 measures in 20 s, import of 100,000 numbers in 30 s, judged by CPU time. The
reference is the bare update of the same rows in the same database, in the same run. DATABASE_URL measures a PostgreSQL.
Usage: bench_rollback.py [MEASURES [LINES]]
"""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any

from limit import kept
from memory import peak_gb
from office import People, Took, desk, people, timed

LIMIT, LIMIT_IMPORT = 20, 30


def main(measures: int, lines: int) -> int:
    """Print the figures; 1 where a limit is missed."""
    with desk():
        from django.db import connection

        who = people()
        bare, undone, published = _rollback(who, measures)
        tried, sent, agreed = _lists(who, lines)
        brought = tried.cpu + sent.cpu + agreed.cpu
        print(f"database        {connection.vendor}; seconds of CPU (by the clock)")
        print(f"bare update     {bare.cpu:6.2f} s ({bare.clock:.2f})   {measures:,} rows, the reference")
        print(f"rollback        {undone.cpu:6.2f} s ({undone.clock:.2f})   {undone.cpu / bare.cpu:.1f} x reference, "
              f"{kept(undone.cpu, LIMIT, 's')}")  # fmt: skip
        print(f"published       {published.cpu:6.2f} s ({published.clock:.2f})   the same, as policy")
        print(f"list import     {brought:6.2f} s ({tried.clock + sent.clock + agreed.clock:.2f})   {lines:,} lines: "
              f"dry run {tried.cpu:.2f} + proposal {sent.cpu:.2f} + approval {agreed.cpu:.2f}, "
              f"{kept(brought, LIMIT_IMPORT, 's')}")  # fmt: skip
        print(f"peak            {peak_gb():6.2f} GB")
        return int(undone.cpu > LIMIT or brought > LIMIT_IMPORT)


def _rollback(who: People, count: int) -> tuple[Took, Took, Took]:
    from django.db import transaction
    from django.utils import timezone

    from fanzha.desk import bulk
    from fanzha.desk.enforcement import publishing
    from fanzha.desk.measures.models import Measure
    from fanzha.desk.rollback.actions import approve, propose

    now, day = timezone.now(), timedelta(days=1)
    with transaction.atomic():
        bulk.insert([
            Measure(network="hb", region="4201", kind="number", value=f"+86139{at:08}", rung="outgoing_stop",
                    rule="mass.hour@7", plain="strangers", basis="basis", proposed_at=now, in_force_at=now, days=30,
                    expires=now + 30 * day, state="active", moved_at=now, score=90)
            for at in range(count)
        ])  # fmt: skip
    publishing.publish_pending(now)
    bare = timed(lambda: Measure.objects.update(score=91))
    made = propose(who.one, "hb", "mass.hour", 7, now - day, now + day, "bench")
    undone = timed(lambda: approve(who.two, made.pk))
    assert undone.result.undone == count
    published = timed(lambda: publishing.publish_pending(timezone.now()))
    assert published.result == count
    return bare, undone, published


def _lists(who: People, lines: int) -> tuple[Took, Took, Took]:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from fanzha.desk.audit.models import Entry
    from fanzha.desk.excel.writing import Sheet, written
    from fanzha.desk.lists import importing, sheet

    def file(count: int) -> Any:
        rows = (("号码", f"137{at:08}", "公安机关通报涉案号码", "", "bench-1", "", "") for at in range(count))
        return SimpleUploadedFile("list.xlsx", written(Sheet([sheet.heads("block"), *rows])))

    importing.attempt(who.one, "hb", "block", file(10))  # kernels are read
    many = file(lines)
    tried = timed(lambda: importing.attempt(who.one, "hb", "block", many))
    made = tried.result
    assert made.good == lines
    sent = timed(lambda: importing.submit(who.one, made.pk))
    agreed = timed(lambda: importing.approve(who.two, made.pk))
    for act in ("lists.propose", "lists.approve"):
        assert Entry.objects.filter(action=act, batch=f"import-{made.pk}").count() == lines, act
    return tried, sent, agreed


if __name__ == "__main__":
    sys.exit(main(*(int(each) for each in (sys.argv[1:] + ["10000", "100000"][len(sys.argv) - 1 :]))))
