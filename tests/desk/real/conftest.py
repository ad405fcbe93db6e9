"""A database of their own for tests in which several threads or processes write at once, on either engine."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections


def _use(name: str) -> Any:
    """Make every new connection open this database; the connection that was open."""
    before = connections["default"]
    connections.settings["default"]["NAME"] = name
    connections["default"] = connections.create_connection("default")
    return before


def _postgres(command: str) -> None:
    """One command outside any transaction, on the server's own database."""
    name = connections.settings["default"]["NAME"]
    before = _use("postgres")
    try:
        with connections["default"].cursor() as cursor:
            cursor.execute(command)
    finally:
        connections["default"].close()
        connections["default"], connections.settings["default"]["NAME"] = before, name


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: Any, django_db_blocker: Any) -> Iterator[str]:
    """A database with all tables, made once; its name or path."""
    on_file = "sqlite" in connections.settings["default"]["ENGINE"]
    made = str(tmp_path_factory.mktemp("desk") / "desk.sqlite") if on_file else f"real_{secrets.token_hex(6)}"
    name = connections.settings["default"]["NAME"]
    with django_db_blocker.unblock():
        if not on_file:
            _postgres(f"create database {made}")
        before = _use(made)
        call_command("migrate", verbosity=0)
        connections["default"].close()
        connections["default"], connections.settings["default"]["NAME"] = before, name
        yield made
        if not on_file:
            _postgres(f"drop database {made} with (force)")


@pytest.fixture
def db(migrated: str, tmp_path: Path, django_db_blocker: Any) -> Iterator[None]:
    """In place of pytest-django's: what is committed here is seen by every thread, and gone afterwards."""
    on_file = migrated.endswith(".sqlite")
    own = str(tmp_path / "desk.sqlite") if on_file else f"{migrated}_{secrets.token_hex(4)}"
    name = connections.settings["default"]["NAME"]
    with django_db_blocker.unblock():
        if on_file:
            shutil.copy(migrated, own)
        else:
            _postgres(f"create database {own} template {migrated}")
        before = _use(own)
        yield
        connections["default"].close()
        connections["default"], connections.settings["default"]["NAME"] = before, name
        if not on_file:
            _postgres(f"drop database {own} with (force)")
