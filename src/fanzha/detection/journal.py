"""Decides what a watcher writes down of how it worked, so that `fanzha parity` can do exactly the same again.

Every start (from which checkpoint, with how much memory, by which program), every batch of calls with the rules and
reference tables that judged it, a hash of every alert row, and the operator's rule files as they were. It lies in the
outbox's file: a batch's line is written in the transaction that writes its alerts, so a kill leaves both or neither.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import tempfile
import zlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from fanzha.detection.alert import Alert
from fanzha.detection.pack import Pack, load_pack
from fanzha.errors import VocabularyError
from fanzha.vocabulary.loader import OVERRIDE

SCHEMA = """
create table if not exists sessions (
    n integer primary key, at integer not null, cursor integer not null, position integer not null,
    begun integer not null, known integer not null, pack text not null, program text not null,
    max_bytes integer not null);
create table if not exists batches (
    reached integer primary key, session integer not null, at integer not null, calls integer not null,
    known integer not null, pack text not null, model integer not null, lost integer not null);
create table if not exists packs (name text primary key, files blob not null);
create table if not exists said (
    n integer primary key, reached integer not null, digest blob not null,
    kind text not null, value text not null, scheme text not null);
"""
KEPT_S = 62 * 86400  # lines of older batches go: profiles reach back 31 days, and parity asks for as many at most
_PACKAGE = Path(__file__).parents[1]
_ROOMS = ("detection", "profiles", "numbering", "vocabulary")  # what can change a verdict ...
_ASIDE = ("backtest", "parity", "cluster.py", "spark.py", "scan.py", "explain.py")  # ... but for what only looks back


class Session(NamedTuple):
    """One start of a watcher. Times are epoch seconds, places in the order of arrival are seqs.

    cursor: calls up to here were judged before. position: calls up to here came from a checkpoint, 0 none: the rest up
    to the cursor was stepped in silence. begun: when the records begin, as it then seemed. known: the newest import of
    reference tables.
    """

    at: int
    cursor: int
    position: int
    begun: int
    known: int
    pack: str
    program: str
    max_bytes: int


class Batch(NamedTuple):
    """Calls judged at once, up to seq `reached`.

    model: the number of the model that was asked, 0 none. lost: profiles given up so far for want of memory.
    """

    reached: int
    session: int
    at: int
    calls: int
    known: int
    pack: str
    model: int
    lost: int


class Journal:
    """The journal's tables in an outbox's connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def begin(self, session: Session) -> int:
        """Write down a start; its number."""
        self._db.execute("delete from batches where at < ?", (session.at - KEPT_S,))
        self._db.execute("delete from said where reached < (select coalesce(min(reached), 0) from batches)")
        marks = ", ".join("?" * len(session))
        row = self._db.execute(f"insert into sessions values (null, {marks}) returning n", session).fetchone()
        return int(row[0])

    def note(self, batch: Batch) -> None:
        """Write down a batch, within the transaction that is open."""
        self._db.execute(f"insert or replace into batches values ({', '.join('?' * len(batch))})", batch)

    def say(self, n: int, reached: int, alert: Alert, body: str) -> None:
        """Write down what alert row `n` says, in the transaction that writes it."""
        about = (alert.entity.kind, alert.entity.value, alert.scheme)
        row = (n, reached, digest_of(alert.id, body.encode()), *about)
        self._db.execute("insert or replace into said values (?, ?, ?, ?, ?, ?)", row)

    def keep(self, pack: Pack) -> str:
        """Keep the operator's files behind a pack; the name that batches call it by.

        Files that have changed since the pack was read are not kept: nobody can say what they were.
        """
        files = _files(pack.dirs)
        body = json.dumps([pack.network, files], sort_keys=True).encode()
        name = f"{pack.hash}-{hashlib.sha256(body).hexdigest()[:8]}"
        if self._db.execute("select 1 from packs where name = ?", (name,)).fetchone() is None:
            if _loaded(files, pack.network).hash != pack.hash:
                return pack.hash
            self._db.execute("insert into packs values (?, ?)", (name, zlib.compress(body)))
        return name

    def sessions(self) -> dict[int, Session]:
        """Every start, by its number, oldest first."""
        rows = self._db.execute("select * from sessions order by n")
        return {n: Session(*rest) for n, *rest in rows}

    def batches(self) -> list[Batch]:
        """Every batch kept, in order of arrival."""
        return [Batch(*row) for row in self._db.execute("select * from batches order by reached")]

    def pack(self, name: str) -> Pack | None:
        """The pack of this name as it was; None where its files were not kept, or make another pack today."""
        row = self._db.execute("select files from packs where name = ?", (name,)).fetchone()
        if row is None:
            return None
        network, files = json.loads(zlib.decompress(row[0]))
        try:
            found = _loaded(files, network)
        except VocabularyError:
            return None
        return found if found.hash == name.partition("-")[0] else None


def digest_of(name: str, body: bytes) -> bytes:
    """What tells one alert row from another: 16 bytes of its id and its body."""
    return hashlib.blake2b(name.encode() + b"\n" + body, digest_size=16).digest()


def _files(dirs: Sequence[Path]) -> list[dict[str, str]]:
    """What `load_pack` may read of each folder: path within it -> text."""
    return [
        {
            path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
            for pattern in ("*.yaml", "released/*.json")
            for path in sorted(folder.glob(pattern))
        }
        for folder in dirs
        if folder.is_dir()
    ]


def _loaded(files: Sequence[dict[str, str]], network: str) -> Pack:
    with tempfile.TemporaryDirectory(prefix="fanzha-pack-") as place:
        folders = []
        for n, folder in enumerate(files):
            folders.append(Path(place) / str(n))
            for name, text in folder.items():
                path = folders[-1] / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        return load_pack(folders, network)


@cache
def program() -> str:
    """A hash of every source and word of ours that can change a verdict: two runs of one program must agree."""
    digest = hashlib.sha256()
    override = os.environ.get(OVERRIDE)
    for folder in [*(_PACKAGE / room for room in _ROOMS), *([Path(override)] if override else [])]:
        for path in sorted(folder.rglob("*")):
            place = path.relative_to(folder)
            if path.suffix in (".py", ".yaml") and place.parts[0] not in _ASIDE:
                digest.update(place.as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
