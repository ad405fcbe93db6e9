"""Decides how rules lie on disk for a cold start: tables that Kamailio's db_text reads before the first call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from fanzha.errors import StorageError
from fanzha.gateway.edge.rules import Rules

COLUMNS = "id(int,auto) key_name(string) key_type(int) value_type(int) key_value(string) expires(int)"
HTABLE_VERSION = 2  # of Kamailio's table layout
ACTIVE = "a"  # the generation that a cold start reads


def meta(rules: Rules, active: str = ACTIVE) -> dict[str, str]:
    """What stands beside the rules: the generation in force, its version, and how long its plan data is young."""
    until = str(rules.plan_until)
    return {"active": active, "version": str(rules.version), "plan_until": until, "digest": rules.digest}


def write_snapshot(folder: Path, rules: Rules) -> None:
    """Put the tables into `folder`, each whole or not at all. Raises StorageError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _put(folder / "rules_a", _table(rules.rows))
        _put(folder / "meta", _table(meta(rules)))
        versions = "".join(f"{name}:{HTABLE_VERSION}\n" for name in ("htable", "rules_a", "meta"))
        _put(folder / "version", ["table_name(string) table_version(int)\n", versions])
    except OSError as error:
        raise StorageError(f"the edge's tables cannot be written: {error.strerror}", where=str(folder)) from None


def is_snapshot(folder: Path) -> bool:
    """Whether a cold start would find all its tables here."""
    return all((folder / name).is_file() for name in ("rules_a", "meta", "version"))


def _table(rows: Mapping[str, str]) -> Iterable[str]:
    yield f"{COLUMNS}\n"
    for at, (key, value) in enumerate(rows.items(), 1):
        yield f"{at}:{_escaped(key)}:0:0:{_escaped(value)}:0\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(":", "\\:").replace("\n", "\\n")


def _put(path: Path, lines: Iterable[str]) -> None:
    new = path.with_suffix(".new")
    with new.open("w", encoding="utf-8") as file:
        file.writelines(lines)
    new.replace(path)
