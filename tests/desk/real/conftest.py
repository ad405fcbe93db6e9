"""A database file of their own for tests in which several threads or processes write at once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections


def _use(path: Path) -> Any:
    """Make every new connection open this file; the one that was open."""
    before = connections["default"]
    connections.settings["default"]["NAME"] = str(path)
    connections["default"] = connections.create_connection("default")
    return before


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: Any, django_db_blocker: Any) -> Path:
    """A file with all tables, made once."""
    path = tmp_path_factory.mktemp("desk") / "desk.sqlite"
    name = connections.settings["default"]["NAME"]
    with django_db_blocker.unblock():
        before = _use(path)
        call_command("migrate", verbosity=0)
        connections["default"].close()
    connections["default"], connections.settings["default"]["NAME"] = before, name
    return path


@pytest.fixture
def db(migrated: Path, tmp_path: Path, django_db_blocker: Any) -> Iterator[None]:
    """In place of pytest-django's: what is committed here is seen by every thread, and gone with the folder."""
    path = Path(shutil.copy(migrated, tmp_path / "desk.sqlite"))
    name = connections.settings["default"]["NAME"]
    with django_db_blocker.unblock():
        before = _use(path)
        yield
        connections["default"].close()
    connections["default"], connections.settings["default"]["NAME"] = before, name
