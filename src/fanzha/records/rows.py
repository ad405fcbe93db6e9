"""Decides what every reader hands on: rows of a file as columns by name, and those refused among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from fanzha.errors import MappingError
from fanzha.records.mapping import Mapping
from fanzha.records.reason import Fault
from fanzha.records.text import Int64s


@dataclass
class Rows:
    """Rows of a file as columns by name, the line (or row number) of each, and what was refused among them."""

    columns: dict[str, pa.Array]
    numbers: Int64s
    faults: list[Fault] = field(default_factory=list)
    texts: Sequence[bytes] | None = None  # the lines themselves, where they are at hand

    def raws(self, places: Int64s) -> list[str]:
        """The text of some rows as it came, for quarantine."""
        if self.texts is not None:
            return [self.texts[at].decode("utf-8", "replace") for at in places]
        table = pa.table(self.columns).take(pa.array(places))
        return [" | ".join(f"{name}={value}" for name, value in row.items()) for row in table.to_pylist()]


def require_columns(mapping: Mapping, names: Sequence[str], path: Path) -> None:
    """Raises MappingError naming the columns that the mapping needs and the file lacks."""
    missing = [name for name in mapping.needed() if name not in names]
    if missing:
        raise MappingError(
            f"the mapping {mapping.id} needs the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}",
            where=str(path),
            hint=f"the file has: {', '.join(names)[:1000] or 'no columns'}; name the right ones in a --mapping",
        )
