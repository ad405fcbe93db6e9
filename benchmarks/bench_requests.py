"""Decides whether a police file of 100,000 numbers is quickly in, and how fast its numbers are then carried out.

Limit (issue 4): import of 100,000 police numbers in 30 s, judged by CPU time. The reference is reading the same file
with nothing done. DATABASE_URL measures a PostgreSQL. Usage: bench_requests.py [LINES]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import limit
from memory import peak_gb
from office import desk, people, timed

LIMIT = 30


def main(lines: int) -> int:
    """Print the figures; 1 where the limit is missed."""
    with desk():
        return _run(lines)


def _run(lines: int) -> int:
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.db import connection
    from django.utils import timezone

    from fanzha.desk.excel.keeping import kept
    from fanzha.desk.excel.writing import Sheet, write, written
    from fanzha.desk.requests import actions, judging
    from fanzha.desk.requests.receipt import receipt
    from fanzha.desk.requests.terms import terms

    who = people()
    paper = actions.Paper("B1", "bench", "city")
    actions.attempt(
        who.filer, "hb", paper, SimpleUploadedFile("few.xlsx", written(Sheet(_rows(10))))
    )  # kernels are read
    file = SimpleUploadedFile("police.xlsx", written(Sheet(_rows(lines))))
    tried = timed(lambda: actions.attempt(who.filer, "hb", paper, file))
    made = tried.result
    assert made.good == lines
    read = timed(lambda: judging.read(kept(made.stored)))
    filed = timed(lambda: actions.file(who.filer, made.pk))
    actions.accept(who.one, made.pk)
    approved = timed(lambda: actions.approve(who.two, made.pk))
    carried = timed(lambda: sum(actions.turn(timezone.now()) for _ in range(20)))
    told = kept(made.stored).with_suffix(".receipt")
    with told.open("wb") as out:
        answered = timed(lambda: write(out, receipt(made)))
    took = tried.cpu + filed.cpu
    print(f"database        {connection.vendor}, {lines:,} rows; seconds of CPU (by the clock)")
    print(f"read            {read.cpu:6.2f} s ({read.clock:.2f})   the reference")
    print(f"import          {took:6.2f} s ({tried.clock + filed.clock:.2f})   {took / read.cpu:.1f} x the reference: "
          f"dry run {tried.cpu:.2f} + filed {filed.cpu:.2f}, "
          f"{limit.kept(took, LIMIT, 's')}")  # fmt: skip
    print(f"approval        {approved.cpu:6.2f} s ({approved.clock:.2f})   first {terms().at_once} numbers carried out")
    rate = carried.result / carried.cpu
    print(f"carried out     {rate:6.0f} /CPU-s  {carried.result:,} numbers, each with measure, audit, policy, notice")
    print(f"receipt         {answered.cpu:6.2f} s ({answered.clock:.2f})   {lines:,} rows")
    print(f"peak            {peak_gb():6.2f} GB")
    return int(took > LIMIT)


def _rows(lines: int) -> Iterator[tuple[str]]:
    from fanzha.desk.requests.judging import HEAD

    yield (HEAD,)
    for at in range(lines):
        yield (f"137{at:08}",)


if __name__ == "__main__":
    sys.exit(main(int((sys.argv[1:] or ["100000"])[0])))
