"""Decides what a watcher's outbox says it did, read in one moment and without touching it, also while it works."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from fanzha.detection.journal import Batch, Journal
from fanzha.detection.pack import Pack
from fanzha.detection.parity.course import Leg, legs, packs_of
from fanzha.detection.parity.rows import Rows, read_rows
from fanzha.errors import InputError, StorageError


class Record(NamedTuple):
    """What was said, up to which seq, and how it was worked out."""

    cursor: int
    rows: Rows
    course: list[Leg]
    packs: dict[str, Pack | None]  # None where its files are not known any more
    since: int  # the journal begins after this seq; 0 from the start


def read(path: Path) -> Record:
    """Read an outbox. Raises InputError where no watcher has judged anything, StorageError for a broken file."""
    hint = "run fanzha watch first; --network names another network's watcher"
    if not path.is_file():
        raise InputError("no watcher has worked here", where=str(path), hint=hint)
    try:
        db = sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True, isolation_level=None)
        try:
            return _read(db, path, hint)
        finally:
            db.close()
    except sqlite3.Error as error:
        raise StorageError(f"the outbox cannot be read: {error}", where=str(path)) from error


def _read(db: sqlite3.Connection, path: Path, hint: str) -> Record:
    db.execute("begin")  # one moment for all that follows
    row = db.execute("select value from state where name = 'cursor'").fetchone()
    cursor = int(row[0]) if row else 0
    if cursor == 0:
        raise InputError("the watcher has judged no call yet", where=str(path), hint=hint)
    rows = read_rows(db, str(path))
    kept = db.execute("select count(*) from sqlite_master where name in ('sessions', 'batches', 'packs')").fetchone()
    journal = Journal(db)
    course = legs(journal.sessions(), journal.batches()) if kept[0] == 3 else []
    if not course:
        hint = "start fanzha watch once more: from then on it writes down what parity needs"
        raise InputError("this watcher's outbox is of an older version", where=str(path), hint=hint)
    since = course[0].session.cursor
    course = _from_the_start(course, cursor)
    return Record(cursor, rows, course, {name: journal.pack(name) for name in packs_of(course)}, since)


def _from_the_start(course: list[Leg], cursor: int) -> list[Leg]:
    """The course with what the journal does not tell judged as its sessions would, and nothing past the cursor.

    Such batches have no calls by their line, so that it shows how many were judged of which nothing was written down.
    """
    first = course[0].session
    ends = [*(leg.session.cursor for leg in course[1:]), cursor]
    found = []
    for leg, end in zip(course, ends, strict=True):
        batches = tuple(each for each in leg.batches if each.reached <= cursor)
        if (batches[-1].reached if batches else leg.session.cursor) < end:  # its last lines are gone
            batches += (Batch(end, 0, leg.session.at, 0, leg.session.known, leg.last_pack, 0, 0),)
        found.append(leg._replace(batches=batches))
    if first.cursor:
        before = Batch(first.cursor, 0, first.at, 0, first.known, first.pack, 0, 0)
        found[0] = Leg(first._replace(cursor=0, position=0), (before, *found[0].batches))
    return found
