"""Decides how a command of ours gets at the desk: its home, its key and Django are made ready first."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fanzha.cli import start
from fanzha.errors import StorageError


def ready(home: Path | None = None, *, demo: bool = False) -> Path:
    """Make the desk usable in this process and in those it starts; the home."""
    if home is not None:
        os.environ["FANZHA_HOME"] = str(home)
    place = start.begin()
    os.environ["FANZHA_HOME"] = str(place)
    os.environ["DJANGO_SETTINGS_MODULE"] = "fanzha.desk.settings"
    if demo:
        os.environ["FANZHA_DEMO"] = "1"
    from fanzha.desk.keys import secret_of

    os.environ["FANZHA_SECRET_KEY"] = secret_of(place)
    import django

    django.setup()
    return place


@contextmanager
def database(home: Path) -> Iterator[None]:
    """Tell a database without tables, or one that does not answer, as what a person can put right.

    Raises StorageError.
    """
    from django.db import InterfaceError, OperationalError, ProgrammingError

    try:
        yield
    except (InterfaceError, OperationalError, ProgrammingError) as error:
        what = f"the desk's database cannot be used: {str(error).splitlines()[0]}"
        hint = "fanzha desk migrate makes its tables; DATABASE_URL names another database"
        raise StorageError(what, where=str(home), hint=hint) from error


def migrate() -> None:
    """Bring the desk's tables up to date."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
