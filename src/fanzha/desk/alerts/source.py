"""Decides where alerts come from: detection's outbox, read from a cursor on; a list in memory for tests."""

from __future__ import annotations

import json
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from fanzha.errors import StorageError


class AlertSource(ABC):
    """Alert rows in an order that never changes.

    A row is `(n, body)`: n rises, body is an alert as detection/alert.py encodes it. Reading from the same cursor again
    gives the same rows, so a reader that lost its answer asks again; a newer row of an id stands for the older ones.
    """

    @abstractmethod
    def after(self, n: int, most: int) -> Sequence[tuple[int, dict[str, Any]]]:
        """At most `most` rows after cursor `n`, in order. Raises StorageError; never blocks for new ones."""


class MemorySource(AlertSource):
    """Rows of a test."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def after(self, n: int, most: int) -> Sequence[tuple[int, dict[str, Any]]]:
        """See the contract; rows count from 1."""
        return [(at + 1, body) for at, body in enumerate(self.rows) if at >= n][:most]


class OutboxSource(AlertSource):
    """The watcher's SQLite file, opened read-only for each look: the watcher may come and go."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def after(self, n: int, most: int) -> Sequence[tuple[int, dict[str, Any]]]:
        """See the contract; nothing where the watcher has not written yet."""
        return list(self._rows(n, most)) if self.path.exists() else []

    def _rows(self, n: int, most: int) -> Iterator[tuple[int, dict[str, Any]]]:
        try:
            with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=10)) as db:
                query = "select n, body from alerts where n > ? order by n limit ?"
                for row, body in db.execute(query, (n, most)):
                    yield int(row), json.loads(body)
        except (sqlite3.Error, ValueError) as error:
            raise StorageError(f"the outbox cannot be read: {error}", where=str(self.path)) from error
