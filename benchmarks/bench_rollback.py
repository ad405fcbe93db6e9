"""Decides whether the way back is quick enough: 10,000 measures undone in one act, an Excel of 100,000 lines taken in.

Limits (issue 4): rollback of 10,000 measures in 20 s, import of 100,000 numbers in 30 s, Excel of 100,000 rows in 10 s.
The reference is the bare update of the same rows in the same database, in the same run.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from memory import peak_gb

if TYPE_CHECKING:
    from fanzha.desk.organisations.models import User

MEASURES, LINES = 10_000, 100_000


def main() -> int:
    """Print the figures; 1 where a limit is missed."""
    home = Path(tempfile.mkdtemp(prefix="bench-desk-"))
    os.environ |= {
        "FANZHA_HOME": str(home),
        "FANZHA_SECRET_KEY": "bench",
        "DJANGO_SETTINGS_MODULE": "fanzha.desk.settings",
    }
    try:
        return _run()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _run() -> int:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    one, two = _leaders()
    bare, undone, published = _rollback(one, two)
    brought, written = _lists(one, two)
    print(f"database        {connection.vendor}")
    print(f"bare update     {bare:6.2f} s   {MEASURES:,} rows, the reference")
    print(f"rollback        {undone:6.2f} s   {MEASURES:,} measures, {undone / bare:.1f} x the reference (limit 20 s)")
    print(f"published       {published:6.2f} s   the same, as policy")
    print(f"import          {brought:6.2f} s   {LINES:,} lines: dry run, proposal and approval (limit 30 s)")
    print(f"Excel           {written:6.2f} s   {LINES:,} rows (limit 10 s)")
    print(f"peak            {peak_gb():6.2f} GB")
    return int(undone > 20 or brought > 30 or written > 10)


def _leaders() -> tuple[User, User]:
    from fanzha.desk.organisations import actions as make

    office = make.add_organisation(None, "bench", "operator", "province", "42")
    make.add_network(None, "hb", office, "42")
    found = []
    for name in ("one", "two"):
        found.append(make.add_person(None, name, name, "correct horse"))
        make.seat(None, found[-1], office, "leader")
    return found[0], found[1]


def _rollback(one: User, two: User) -> tuple[float, float, float]:
    from django.utils import timezone

    from fanzha.desk.enforcement import publishing
    from fanzha.desk.measures.models import Measure
    from fanzha.desk.rollback.actions import approve, propose

    now, day = timezone.now(), timedelta(days=1)
    Measure.objects.bulk_create(
        Measure(network="hb", region="4201", kind="number", value=f"+86139{at:08}", rung="outgoing_stop",
                rule="mass.hour@7", plain="strangers", basis="basis", proposed_at=now, in_force_at=now, days=30,
                expires=now + 30 * day, state="active", moved_at=now, score=90)
        for at in range(MEASURES)
    )  # fmt: skip
    publishing.publish_pending(now)
    bare, _ = _timed(lambda: Measure.objects.update(score=91))
    made = propose(one, "hb", "mass.hour", 7, now - day, now + day, "bench")
    undone, done = _timed(lambda: approve(two, made.pk))
    assert done.undone == MEASURES
    published, sent = _timed(lambda: publishing.publish_pending(timezone.now()))
    assert sent == MEASURES
    return bare, undone, published


def _lists(one: User, two: User) -> tuple[float, float]:
    import xlsxwriter
    from django.core.files.uploadedfile import SimpleUploadedFile

    from fanzha.desk.lists import importing, sheet
    from fanzha.desk.lists.models import Item

    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": True})
    page = book.add_worksheet()
    page.write_row(0, 0, sheet.heads("block"))
    for at in range(LINES):
        page.write_row(at + 1, 0, ["号码", f"137{at:08}", "公安机关通报涉案号码", "", "bench-1", "", ""])
    book.close()
    file = SimpleUploadedFile("list.xlsx", out.getvalue())

    def bring() -> None:
        made = importing.attempt(one, "hb", "block", file)
        assert made.good == LINES
        importing.submit(one, made.pk)
        importing.approve(two, made.pk)

    brought, _ = _timed(bring)
    written, _ = _timed(lambda: sheet.exported(Item.objects.all()))
    return brought, written


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found


if __name__ == "__main__":
    sys.exit(main())
