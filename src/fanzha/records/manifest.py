"""Decides what is visible in the lake: a part file exists for readers only once a transaction here has named it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

from fanzha.errors import StorageError
from fanzha.records.receipt import Receipt
from fanzha.records.storage import reach, told

LAYOUT = 1
_SCHEMA = """
create table parts (
    path text primary key, name text not null, network text not null, day integer not null, rows integer not null,
    min_seq integer not null, max_seq integer not null, first integer not null, last integer not null,
    lookup text, bytes integer not null, import_id integer not null);
create index parts_day on parts (name, day, network);
create table retired (path text primary key);
create table imports (
    id integer primary key, content text not null, file text not null, kind text not null, network text not null,
    mapping text not null, rows integer not null, stored integer not null, quarantined integer not null,
    duplicates integer not null, first_seq integer not null, last_seq integer not null, committed integer not null);
create index imports_content on imports (content);
create table cells (key integer primary key, name text not null);
create table state (name text primary key, value integer not null);
insert into state values ('next_seq', 1), ('changes', 0);
"""


class Part(NamedTuple):
    """One Parquet file of a table: its place, its day (days since 1970 in Shanghai), and what it spans.

    `first` and `last` are the earliest and latest start in microseconds; `lookup` is the path of its index by number,
    or None while its rows lie as they came.
    """

    path: str
    name: str
    network: str
    day: int
    rows: int
    min_seq: int
    max_seq: int
    first: int
    last: int
    lookup: str | None
    bytes: int
    import_id: int


Index = Literal["number", "device", "cell", "document"]
_OF_CALLS: tuple[Index, ...] = ("number", "device", "cell")
_OF_SUBSCRIBERS: tuple[Index, ...] = ("number", "document", "cell")


def index_of(path: str, by: Index) -> str:
    """Where the file lies by which a part is looked into by number, device, cell or document."""
    return f"{path.removesuffix('.parquet')}.{by}s"


def indexes_of(path: str) -> list[str]:
    """All that a part of this table has, if it has any."""
    return [index_of(path, by) for by in (_OF_SUBSCRIBERS if path.startswith("reference/") else _OF_CALLS)]


def files_of(path: str, lookup: str | None) -> list[str]:
    """All files of a part."""
    return [path] if lookup is None else [path, *indexes_of(path)]


class Manifest:
    """The lake's SQLite file. One connection, taken by one thread at a time; close() it or let it be collected."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._mutex = threading.RLock()
        with told(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=20)
            try:
                self._open()
            except BaseException:
                self._connection.close()
                raise

    def _open(self) -> None:
        self._connection.execute("pragma journal_mode=wal")
        self._connection.execute("pragma synchronous=full")
        if self._layout() == 0:
            self._connection.execute("begin immediate")
            if self._layout() == 0:  # another process may have been first
                for statement in _SCHEMA.split(";\n"):
                    self._connection.execute(statement)
                self._connection.execute(f"pragma user_version={LAYOUT}")
            self._connection.execute("commit")
        if self._layout() != LAYOUT:
            raise StorageError(
                f"this lake has layout {self._layout()}, and this Fanzha reads {LAYOUT}",
                where=str(self.path),
                hint="use the version of Fanzha that wrote it, or import the files into a new FANZHA_HOME",
            )

    def _layout(self) -> int:
        return int(self._connection.execute("pragma user_version").fetchone()[0])

    def close(self) -> None:
        """Close the connection."""
        with self._mutex:
            self._connection.close()

    def __del__(self) -> None:
        connection = getattr(self, "_connection", None)
        if connection is not None:
            connection.close()

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """The rows of one query."""
        with self._mutex, told(self.path):
            return self._connection.execute(query, values).fetchall()

    def number(self, query: str, *values: object) -> int:
        """The one integer that a query finds, 0 for none."""
        found = self.rows(query, *values)
        return int(str(found[0][0])) if found and found[0][0] is not None else 0

    @contextmanager
    def transaction(self, step: str = "", *, ids: bool = False) -> Iterator[sqlite3.Connection]:
        """All or nothing, durable when it returns. With `ids` calls come or go: caches see it."""
        with self._mutex, told(self.path):
            self._connection.execute("begin immediate")
            try:
                yield self._connection
                if ids:
                    self._connection.execute("update state set value = value + 1 where name = 'changes'")
                reach(f"{step}-before-commit")
                self._connection.execute("commit")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("rollback")
                raise
            reach(f"{step}-after-commit")

    def changes(self) -> int:
        """How often calls came or went."""
        return self.number("select value from state where name = 'changes'")

    def next_seq(self) -> int:
        """The seq that the next call stored will get."""
        return self.number("select value from state where name = 'next_seq'")

    def parts(
        self,
        name: str,
        *,
        network: str | None = None,
        start: int | None = None,
        end: int | None = None,
        day: int | None = None,
    ) -> list[Part]:
        """Parts of a table by day, with rows started in [start, end) microseconds where those are given."""
        query, values = "select * from parts where name = ?", [name]
        bounds: list[tuple[str, object | None]] = [("network = ?", network), ("last >= ?", start), ("first < ?", end)]
        for clause, value in [*bounds, ("day = ?", day)]:
            if value is not None:
                query += f" and {clause}"
                values.append(value)  # type: ignore[arg-type]
        return [Part(*row) for row in self.rows(f"{query} order by day, network, min_seq, path", *values)]  # type: ignore[arg-type]

    def files(self) -> set[str]:
        """All files of all parts."""
        rows = self.rows("select path, lookup from parts")
        return {file for path, lookup in rows for file in files_of(str(path), None if lookup is None else str(lookup))}

    def imports(self) -> list[Receipt]:
        """All imports, oldest first."""
        query = """select file, kind, network, mapping, rows, stored, quarantined, duplicates, first_seq, last_seq, id
            from imports order by id"""
        return [Receipt(*row) for row in self.rows(query)]  # type: ignore[arg-type]


def add_parts(connection: sqlite3.Connection, parts: Iterable[Part]) -> None:
    """Name parts within a transaction."""
    connection.executemany("insert into parts values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", parts)


def retire_parts(connection: sqlite3.Connection, parts: Iterable[Part]) -> None:
    """Take parts out of sight within a transaction; their files are deleted when nobody reads any more."""
    for part in parts:
        connection.execute("delete from parts where path = ?", (part.path,))
        for path in files_of(part.path, part.lookup):
            connection.execute("insert or ignore into retired values (?)", (path,))
