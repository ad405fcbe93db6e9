"""Decides what an outbox's alert rows say, and which of them are not what its watcher wrote.

The watcher notes a hash of every row in its journal. A row that is gone, was changed or was put there by somebody else
shows by that alone, also where the course cannot be done again.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

import msgspec

from fanzha.detection.journal import digest_of
from fanzha.detection.parity.compare import Story
from fanzha.errors import StorageError


class Row(NamedTuple):
    """One row, in short. reached: the seq up to which its batch had judged, 0 where nobody wrote that down."""

    digest: bytes
    reached: int


class Rows(NamedTuple):
    """All of them by the alert's id, oldest first; the newest body of each; the stories that somebody altered."""

    of: dict[str, list[Row]]
    newest: dict[str, bytes]
    altered: set[Story]


class _Entity(msgspec.Struct):
    kind: str
    value: str


class _Alert(msgspec.Struct):
    """What a row must have to be compared at all."""

    id: str
    entity: _Entity
    scheme: str
    score: float
    first_seen: str
    last_seen: str
    measure: str


_DECODER = msgspec.json.Decoder(_Alert)


def read_rows(db: sqlite3.Connection, where: str) -> Rows:
    """Every alert row beside what the journal says of it. Raises StorageError for a row that is no alert.

    Rows older than the journal's first hash, of a watcher that kept none yet or forgot its old ones, are taken as they
    are.
    """
    kept = db.execute("select count(*) from sqlite_master where name = 'said'").fetchone()[0]
    lines = "said" if kept else "(select 0 as n, 0 as reached, x'' as digest, '' as kind, '' as value, '' as scheme)"
    first = db.execute("select min(n) from said").fetchone()[0] if kept else None
    found = Rows({}, {}, set())
    query = f"""select a.n, a.id, a.body, s.n, s.reached, s.digest, s.kind, s.value, s.scheme
        from alerts a left join {lines} s on s.n = a.n order by a.n"""
    for n, key, body, line, reached, digest, *story in db.execute(query):
        data = body.encode() if isinstance(body, str) else bytes(body or b"")
        written = first is None or n < first or (line is not None and digest == digest_of(str(key), data))
        if not written and line is not None:
            found.altered.add(_story(story))
        try:
            alert = _DECODER.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            if line is None:
                hint = "somebody changed the outbox: restore it from a backup"
                raise StorageError(f"row {n} of the alerts is no alert", where=where, hint=hint) from None
            continue
        if not written:
            found.altered.add((alert.entity.kind, alert.entity.value, alert.scheme))
        found.of.setdefault(str(key), []).append(Row(digest_of(str(key), data), reached or 0))
        found.newest[str(key)] = data
    if kept:
        gone = db.execute("select kind, value, scheme from said where n not in (select n from alerts)")
        found.altered.update(_story(story) for story in gone)
    return found


def _story(names: tuple[str, ...] | list[str]) -> Story:
    kind, value, scheme = names
    return kind, value, scheme
