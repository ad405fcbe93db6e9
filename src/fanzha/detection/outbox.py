"""Decides what a watcher has said and how far it has come: alerts, their firings and the cursor, in one transaction.

Alerts are appended, never changed: the newest row of an id is the alert as it stands, and a sink that upserts by id may
read from any cursor on, twice if need be. `finish` alone writes them: after a kill a batch is here whole or not at all.
What rules in shadow would have done lies in a table of its own, of which the newest rows are kept and the rest counted.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanzha.detection.alert import Alert, encode
from fanzha.detection.journal import SCHEMA as JOURNAL
from fanzha.detection.journal import Batch, Journal
from fanzha.detection.judge import FIRING
from fanzha.detection.shadow import Hit
from fanzha.detection.shadow import encode as encode_hit
from fanzha.errors import StorageError
from fanzha.profiles.fields import FIELD_COUNT
from fanzha.profiles.layout import FINGERPRINT, RECENT

_SCHEMA = """
create table if not exists alerts (n integer primary key autoincrement, id text not null, body text not null);
create index if not exists alerts_id on alerts (id, n);
create table if not exists firings (
    n integer primary key, kind integer not null, key integer not null, rule text not null, t integer not null,
    row blob not null, vector blob, recent blob, detail text);
create index if not exists firings_t on firings (t);
create table if not exists hits (n integer primary key autoincrement, id text not null, body text not null);
create table if not exists releases (
    n integer primary key autoincrement, after integer not null, release integer not null, pack text not null);
create table if not exists files (
    name text primary key, size integer not null, modified integer not null, outcome text not null);
create table if not exists state (name text primary key, value text not null);
"""


MOST_HITS = 200_000  # rows of shadows: whoever reads them has read the older ones long ago


class Fired(NamedTuple):
    """One firing as it is kept: the row, and for a snapshot its vector, the seqs behind it, and its raw words."""

    row: np.void
    rule: str  # "id@version"; "id" in what was written before versions ran side by side
    vector: NDArray[np.float64] | None
    recent: NDArray[np.int64] | None
    detail: dict[str, Any] | None


class Outbox:
    """The watcher's SQLite file (WAL, synchronous=FULL)."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("pragma journal_mode=wal")
            self._db.execute("pragma synchronous=full")
            self._db.executescript(_SCHEMA + JOURNAL)
        except sqlite3.Error as error:
            raise StorageError(f"the outbox cannot be opened: {error}", where=str(path)) from error
        self._path = path
        self.journal = Journal(self._db)
        if self._state("layout") != FINGERPRINT:  # firings of another layout cannot be read; alerts stay
            self._db.execute("begin")
            self._db.execute("delete from firings")
            self._db.execute("insert or replace into state values ('layout', ?)", (FINGERPRINT,))
            self._db.execute("commit")

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _state(self, name: str) -> str | None:
        row = self._db.execute("select value from state where name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def cursor(self) -> int:
        """The seq of the last call whose alerts are all here."""
        return int(self._state("cursor") or 0)

    def finish(
        self,
        cursor: int,
        fired: Iterable[Fired],
        alerts: Iterable[Alert],
        *,
        forget_before: int,
        hits: Iterable[Hit] = (),
        batch: Batch | None = None,
    ) -> int:
        """Append a batch and advance the cursor, all or nothing; how many alert rows were added.

        Firings older than `forget_before` (epoch seconds) belong to closed alerts and are dropped. `batch`: the
        journal's line of how it was judged.
        """
        bodies = [(alert, encode(alert).decode()) for alert in alerts]
        try:
            self._db.execute("begin immediate")
            self._append(cursor, bodies, noted=batch is not None)
            self._db.executemany(
                "insert into firings (kind, key, rule, t, row, vector, recent, detail) values (?, ?, ?, ?, ?, ?, ?, ?)",
                [_stored(one) for one in fired],
            )
            self._shadowed([(hit.id, encode_hit(hit).decode()) for hit in hits])
            self._db.execute("delete from firings where t < ?", (forget_before,))
            self._db.execute("insert or replace into state values ('cursor', ?)", (str(cursor),))
            if batch is not None:
                self.journal.note(batch)
            self._db.execute("commit")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("rollback")
            hint = "free disk space; nothing is lost: the calls are in the lake and are judged again at the next start"
            raise StorageError(f"the outbox cannot be written: {error}", where=str(self._path), hint=hint) from error
        return len(bodies)

    def _append(self, cursor: int, bodies: Sequence[tuple[Alert, str]], *, noted: bool) -> None:
        for alert, body in bodies:
            added = self._db.execute("insert into alerts (id, body) values (?, ?) returning n", (alert.id, body))
            (n,) = added.fetchone()
            if noted:
                self.journal.say(int(n), cursor, alert, body)

    def _shadowed(self, hits: Sequence[tuple[str, str]]) -> None:
        if hits:
            self._db.executemany("insert into hits (id, body) values (?, ?)", hits)
            self._db.execute("delete from hits where n <= (select max(n) from hits) - ?", (MOST_HITS,))

    def firings(self) -> Iterator[Fired]:
        """Every firing kept, oldest first."""
        rows = self._db.execute("select rule, row, vector, recent, detail from firings order by n")
        for rule, row, vector, recent, detail in rows:
            yield Fired(
                np.frombuffer(row, FIRING)[0],
                rule,
                None if vector is None else np.frombuffer(vector, np.float64, FIELD_COUNT),
                None if recent is None else np.frombuffer(recent, np.int64, RECENT),
                None if detail is None else json.loads(detail),
            )

    def alerts(self, after: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
        """Alert rows after a cursor, with their own cursor."""
        for n, body in self._db.execute("select n, body from alerts where n > ? order by n", (after,)):
            yield int(n), json.loads(body)

    def hits(self, after: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
        """What shadows would have done, after a cursor; a newer row of an id stands for the older."""
        for n, body in self._db.execute("select n, body from hits where n > ? order by n", (after,)):
            yield int(n), json.loads(body)

    def note_release(self, release: int, pack: str) -> None:
        """Remember that calls after the present cursor are judged by this release and pack, unless they were before."""
        last = self._db.execute("select release, pack from releases order by n desc limit 1").fetchone()
        if last != (release, pack):
            values = (self.cursor(), release, pack)
            self._db.execute("insert into releases (after, release, pack) values (?, ?, ?)", values)

    def releases(self) -> list[tuple[int, int, str]]:
        """What judged, oldest first: (seq after which, number of the release, hash of the pack)."""
        rows = self._db.execute("select after, release, pack from releases order by n")
        return [(int(after), int(release), str(pack)) for after, release, pack in rows]

    def newest(self) -> list[dict[str, Any]]:
        """Every alert as it stands, by falling score."""
        rows = self._db.execute("select body from alerts where n in (select max(n) from alerts group by id)")
        found = [json.loads(body) for (body,) in rows]
        return sorted(found, key=lambda alert: (-alert["score"], alert["first_seen"], alert["id"]))

    def file_done(self, name: str, size: int, modified: int) -> bool:
        """Whether this very file has been dealt with."""
        query = "select 1 from files where name = ? and size = ? and modified = ?"
        return self._db.execute(query, (name, size, modified)).fetchone() is not None

    def forget_refused(self) -> None:
        """Let files that could not be read be tried again: whoever starts anew may have put right why."""
        self._db.execute("delete from files where outcome like 'refused:%'")

    def note_file(self, name: str, size: int, modified: int, outcome: str) -> None:
        """Remember that a file was dealt with, and how."""
        self._db.execute("insert or replace into files values (?, ?, ?, ?)", (name, size, modified, outcome))


def _stored(fired: Fired) -> tuple[object, ...]:
    vector = None if fired.vector is None else np.ascontiguousarray(fired.vector).tobytes()
    recent = None if fired.recent is None else np.ascontiguousarray(fired.recent).tobytes()
    detail = None if fired.detail is None else json.dumps(fired.detail, ensure_ascii=False)
    row = fired.row
    return (int(row["kind"]), int(row["key"]), fired.rule, int(row["t"]), row.tobytes(), vector, recent, detail)
