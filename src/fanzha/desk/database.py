"""Decides which database the desk opens: SQLite in FANZHA_HOME unless DATABASE_URL names a PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from fanzha.errors import UsageError

# Writers queue instead of failing; what is committed survives a power cut.
_PRAGMAS = "pragma journal_mode=wal; pragma synchronous=full; pragma foreign_keys=on; pragma cache_size=-64000;"


def database(url: str, home: Path) -> dict[str, Any]:
    """Django's settings of one database. Raises UsageError for an address that is neither of the two engines."""
    if not url:
        return _sqlite(home / "desk.sqlite")
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _sqlite(Path(unquote(parts.path)))
    if parts.scheme not in ("postgres", "postgresql"):
        raise UsageError(
            f"DATABASE_URL 不支持 unknown database {parts.scheme!r}",
            where="DATABASE_URL",
            hint="postgres://user:password@host:5432/name, or unset it for SQLite in FANZHA_HOME",
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 0,
        "OPTIONS": dict(parse_qsl(parts.query)),
    }


def _sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 40, "init_command": _PRAGMAS},
    }
