"""Decides whether a police file of 100,000 numbers is quickly in, and how fast its numbers are then carried out.

Limit (issue 4): import of 100,000 police numbers in 30 s. The reference is reading the same file with nothing done.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from memory import peak_gb

LINES = 100_000


def main() -> int:
    """Print the figures; 1 where the limit is missed."""
    home = Path(tempfile.mkdtemp(prefix="bench-requests-"))
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
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from fanzha.desk.excel.keeping import kept
    from fanzha.desk.requests import actions, judging
    from fanzha.desk.requests.actions import Paper
    from fanzha.desk.requests.receipt import receipt
    from fanzha.desk.requests.terms import terms

    call_command("migrate", verbosity=0)
    filer, one, two = _people()
    file = SimpleUploadedFile("police.xlsx", _file())
    tried, made = _timed(lambda: actions.attempt(filer, "hb", Paper("B1", "bench", "city"), file))
    assert made.good == LINES
    read, _lines = _timed(lambda: judging.read(kept(made.stored)))
    filed, _ = _timed(lambda: actions.file(filer, made.pk))
    actions.accept(one, made.pk)
    approved, _ = _timed(lambda: actions.approve(two, made.pk))
    carried, total = _timed(lambda: sum(actions.turn(timezone.now()) for _ in range(20)))
    answered, _ = _timed(lambda: receipt(made))
    print(f"database        {connection.vendor}")
    print(f"read            {read:6.2f} s   {LINES:,} rows, the reference")
    took = tried + filed
    print(f"import          {took:6.2f} s   dry run {tried:.2f} + filed {filed:.2f}: {took / read:.1f} x (limit 30 s)")
    print(f"approval        {approved:6.2f} s   with the first {terms().at_once} numbers carried out")
    print(f"carried out     {total / carried:6.0f} /s  {total:,} numbers in turns: measure, audit, policy, notice each")
    print(f"receipt         {answered:6.2f} s   {LINES:,} rows")
    print(f"peak            {peak_gb():6.2f} GB")
    return int(took > 30)


def _people() -> list[Any]:
    from fanzha.desk.organisations import actions as make

    office = make.add_organisation(None, "bench", "operator", "province", "42")
    police = make.add_organisation(None, "police", "police", "province", "42", office)
    make.add_network(None, "hb", office, "42")
    found = []
    for name, seat in (("filer", (police, "duty_officer")), ("one", (office, "leader")), ("two", (office, "leader"))):
        found.append(make.add_person(None, name, name, "correct horse"))
        make.seat(None, found[-1], *seat)
    return found


def _file() -> bytes:
    from fanzha.desk.excel.writing import written
    from fanzha.desk.requests.judging import HEAD

    return written([(HEAD,), *((f"137{at:08}",) for at in range(LINES))])


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    found = work()
    return time.perf_counter() - begun, found


if __name__ == "__main__":
    sys.exit(main())
