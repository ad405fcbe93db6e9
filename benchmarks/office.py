"""Decides where the desk's benchmarks work: a desk in a folder that goes, with people, timed both ways.

Cores are seldom quiet, so limits are judged by CPU time: this process's, and on PostgreSQL the database's beside it.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fanzha.cli.django import migrate, ready
from fanzha.cli.start import begin

if TYPE_CHECKING:
    from fanzha.desk.organisations.models import User

begin()  # kernels come from the cache of the usual home, not from that of the desk which is made here


@contextmanager
def desk() -> Iterator[Path]:
    """An empty desk with its tables in this process; the home, which is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="bench-desk-") as folder:
        home = ready(Path(folder))
        migrate()
        yield home
        from django.db import connection

        connection.close()


@dataclass(frozen=True)
class People:
    """An officer who files requests, and two leaders, of one network."""

    filer: User
    one: User
    two: User


def people(network: str = "hb") -> People:
    """The people, with their offices, and their network, in Hubei."""
    from fanzha.desk.organisations import actions as make

    office = make.add_organisation(None, "bench", "operator", "province", "42")
    police = make.add_organisation(None, "police", "police", "province", "42", office)
    make.add_network(None, network, office, "42")
    found = []
    for name, seat in (("filer", (police, "duty_officer")), ("one", (office, "leader")), ("two", (office, "leader"))):
        found.append(make.add_person(None, name, name, "correct horse"))
        make.seat(None, found[-1], *seat)
    return People(*found)


@dataclass(frozen=True)
class Took:
    """Seconds by the clock, seconds of CPU (with the database's own), and what came out."""

    clock: float
    cpu: float
    result: Any


def timed(work: Callable[[], Any]) -> Took:
    """Do it, and how long it took."""
    began, cpu = time.perf_counter(), _cpu()
    result = work()
    return Took(time.perf_counter() - began, _cpu() - cpu, result)


def _cpu() -> float:
    return time.process_time() + _backend()


def _backend() -> float:
    """What the database's process for this connection has used; 0 for SQLite, which works in ours."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        (pid,) = cursor.fetchone()
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
