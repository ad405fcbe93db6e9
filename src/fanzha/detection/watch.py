"""Decides how a folder of arriving files becomes alerts at once: import, step, outbox, cursor, in that order.

The order is what makes a kill harmless. A file is in the lake or it is not; calls between the outbox's cursor and the
lake's position are judged at the next start; calls between the checkpoint and the cursor are stepped again in silence.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from fanzha.detection.alert import Alert
from fanzha.detection.journal import Batch, Session, program
from fanzha.detection.live import Live, in_order, warm
from fanzha.detection.outbox import Outbox
from fanzha.detection.pack import Pack, Rulebook
from fanzha.errors import InputError, StorageError, VocabularyError
from fanzha.profiles import checkpoint
from fanzha.profiles.epoch import activations_of
from fanzha.records.importing import import_file, is_partial
from fanzha.records.lake import Lake
from fanzha.records.receipt import Receipt
from fanzha.records.storage import alone, name_of

WINDOW = 100_000  # calls stepped and committed at a time
POLL_S = 0.1
SETTLED_S = 0.3  # a file whose size and time stand still so long is complete; a renamed one is so at once
CHECKPOINT_S = 300.0
MAX_BYTES = 1_700_000_000


@dataclass
class Options:
    """How a folder is watched."""

    network: str = "default"
    mapping: str | None = None
    max_bytes: int = MAX_BYTES
    checkpoint_s: float = CHECKPOINT_S
    once: bool = False  # take what is there, then stop
    done: Path | None = None  # where files go that were dealt with; else they stay, and are passed over


@dataclass
class Listener:
    """Who is told what happens; the defaults say nothing."""

    receipt: Callable[[Receipt], None] = field(default=lambda _: None)
    refused: Callable[[Path, InputError], None] = field(default=lambda *_: None)
    alert: Callable[[Alert], None] = field(default=lambda _: None)
    released: Callable[[Pack], None] = field(default=lambda _: None)  # another release judges from here on
    unreleased: Callable[[VocabularyError], None] = field(default=lambda _: None)  # it cannot; the former one goes on
    rebuilding: Callable[[int], None] = field(default=lambda _: None)  # calls to step again, where no checkpoint fits
    started: Callable[[int, int], None] = field(default=lambda *_: None)


class Watch:
    """One watcher of one folder; `run` until `stop` is called from a signal handler or another thread."""

    def __init__(
        self,
        lake: Lake,
        pack: Pack | Rulebook,
        folder: Path,
        state: Path,
        options: Options,
        listener: Listener | None = None,
    ) -> None:
        if not folder.is_dir():
            raise InputError("there is no such folder to watch", where=str(folder), hint="make it, or name another")
        if options.done is not None and options.done.resolve().is_relative_to(folder.resolve()):
            raise InputError(
                "files that were taken would be found again", where=str(options.done), hint="name a folder outside"
            )
        self._rulebook = pack if isinstance(pack, Rulebook) else None
        self._pack = pack.pack if isinstance(pack, Rulebook) else pack
        self._lake, self._folder, self._state = lake, folder, state
        self._options, self._listener = options, listener or Listener()
        self._outbox = Outbox(state / "outbox.sqlite")
        self._stopping = False
        self._settling: dict[Path, tuple[int, int, float]] = {}
        self._references: tuple[str, ...] | None = None
        self._known = self._session = 0  # newest import of reference tables; the journal's number of this start
        self._pack_name = self._pack.hash
        self._saved_at, self._saved_position = time.monotonic(), 0
        self._live: Live | None = None
        self.position = 0

    def stop(self) -> None:
        """Finish the file at hand, save a checkpoint, and return from `run`."""
        self._stopping = True

    def run(self) -> None:
        """Catch up with the lake, then take files as they become complete. Raises StorageError beside another one."""
        try:
            with alone(self._state / "watch.lock", "another watcher works here", "end it first, or name a --network"):
                self._run()
        finally:
            self._outbox.close()

    def _run(self) -> None:
        self._outbox.forget_refused()
        self._catch_up()
        while not self._stopping:
            self._renew()
            taken = [path for path in self._complete() if not self._stopping and self._take(path)]
            if self._options.once and not taken and not self._settling:
                break
            if not taken:
                if time.monotonic() - self._saved_at > self._options.checkpoint_s:
                    self._lake.sort_due()
                    self._save()
                time.sleep(POLL_S)
        self._save()

    # Files

    def _complete(self) -> list[Path]:
        """New files that stand still, oldest first; one still being written is looked at again."""
        ready: list[tuple[int, Path]] = []
        now = time.monotonic()
        # Not rglob: it fails where a folder goes away while it looks.
        for path in (Path(folder, name) for folder, _, names in os.walk(self._folder) for name in names):
            if is_partial(path) or not path.is_file():
                continue
            try:
                stat = path.stat()
            except OSError:
                continue
            if self._outbox.file_done(name_of(path), stat.st_size, stat.st_mtime_ns):
                self._settling.pop(path, None)
                self._put_away(path)
                continue
            known = self._settling.get(path)
            if known is None or known[:2] != (stat.st_size, stat.st_mtime_ns):
                old = time.time_ns() - stat.st_mtime_ns > 2_000_000_000  # long finished: moved here, or here before us
                self._settling[path] = known = (stat.st_size, stat.st_mtime_ns, now - SETTLED_S if old else now)
            if now - known[2] >= SETTLED_S:
                ready.append((stat.st_mtime_ns, path))
        return [path for _, path in sorted(ready)]

    def _take(self, path: Path) -> bool:
        size, modified, _ = self._settling.pop(path)
        options = self._options
        try:
            receipt = import_file(self._lake, path, mapping=options.mapping, network=options.network, compact=False)
        except InputError as error:
            self._outbox.note_file(name_of(path), size, modified, f"refused: {error.message}")
            self._listener.refused(path, error)
            self._put_away(path)
            return True
        self._judge()
        self._outbox.note_file(name_of(path), size, modified, f"import {receipt.import_id}")
        self._listener.receipt(receipt)
        self._put_away(path)
        return True

    def _put_away(self, path: Path) -> None:
        """A folder that grows by a file a second must not be read whole for ever."""
        if self._options.done is None:
            return
        target = self._options.done / path.relative_to(self._folder)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(path, target)
        except OSError as error:
            raise StorageError(
                f"a file that was taken cannot be put away: {error.strerror or error}",
                where=str(target),
                hint="free some disk space, or name another folder",
            ) from error

    # Rules

    def _renew(self) -> None:
        """Take another release between two files: it judges from the next call on."""
        if self._rulebook is None:
            return
        try:
            fresh = self._rulebook.renewed()
        except VocabularyError as error:
            self._listener.unreleased(error)
            return
        if fresh is None or self._live is None:
            return
        self._pack = fresh
        self._live.release(fresh)
        self._pack_name = self._outbox.journal.keep(fresh)
        self._outbox.note_release(fresh.release, fresh.hash)
        self._listener.released(fresh)

    # Calls

    def _catch_up(self) -> None:
        """Profiles as of the checkpoint, stepped in silence up to the cursor, then judged up to the lake's end."""
        options = self._options
        first, _, _ = self._lake.span(options.network)
        begun = int(first.timestamp()) if first else 0
        self._live = Live(self._lake, self._pack, options.network, max_bytes=options.max_bytes, start=begun)
        position, extra = checkpoint.load(self._state / "checkpoint", self._live.tables)
        cursor = self._outbox.cursor()
        if position > cursor or extra.get("pack") != self._pack.hash:
            self._live = Live(self._lake, self._pack, options.network, max_bytes=options.max_bytes, start=begun)
            position = 0
        elif "bridges" in extra:
            self._live.bridges.restore(extra["bridges"])
        if cursor > 0 and position == 0:
            self._listener.rebuilding(cursor)
        self._load_references(self._live)
        self._pack_name = self._outbox.journal.keep(self._pack)
        start = Session(
            int(time.time()), cursor, position, begun, self._known, self._pack_name, program(), options.max_bytes
        )
        self._session = self._outbox.journal.begin(start)
        self._live.remember(self._outbox.firings())
        for calls in in_order(self._lake, options.network, position, cursor, window=WINDOW):
            self._live.step(calls)
        self.position = cursor
        self._outbox.note_release(self._pack.release, self._pack.hash)
        self._judge()
        warm(self._lake, self._pack, options.network)
        self._listener.started(position, self.position)

    def _judge(self) -> None:
        """Judge everything between the cursor and the lake's position."""
        live = self._live
        assert live is not None
        self._load_references(live)
        end = self._lake.position()
        for calls in in_order(self._lake, self._options.network, self.position, end, window=WINDOW):
            times = calls["started"].cast(pa.int64()).to_numpy() // 1_000_000
            live.begin(int(times.min()))
            fired, shadowed = live.split(live.step(calls))
            alerts, hits = live.alerts(fired), live.hits(shadowed)
            reached = int(calls["seq"].to_numpy()[-1])
            forget = int(times.max()) - 2 * self._pack.words.bands.silent_days * 86400
            batch = self._line(live, reached, len(times))
            self._outbox.finish(reached, fired, alerts, forget_before=forget, hits=hits, batch=batch)
            live.forget(forget)
            self.position = reached
            for alert in alerts:
                self._listener.alert(alert)

    def _line(self, live: Live, reached: int, calls: int) -> Batch:
        """The journal's line of a batch just judged."""
        now, model, lost = int(time.time()), live.adviser.number, live.lost()
        return Batch(reached, self._session, now, calls, self._known, self._pack_name, model, lost)

    def _load_references(self, live: Live) -> None:
        kinds = ("subscribers", "trunks")
        parts = [part for kind in kinds for part in self._lake.manifest.parts(f"reference/{kind}")]
        loaded = tuple(part.path for part in parts)
        if loaded == self._references:
            return
        self._references = loaded
        self._known = max((part.import_id for part in parts), default=0)
        subscribers, trunks = (
            self._lake.reference(kind, network=self._options.network, up_to_import=self._known) for kind in kinds
        )
        live.set_references(activations_of(subscribers), trunks)

    def _save(self) -> None:
        self._saved_at = time.monotonic()
        if self._live is None or self.position == self._saved_position:
            return
        extra = {"pack": self._pack.hash, "bridges": self._live.bridges.saved()}
        checkpoint.save(self._state / "checkpoint", self._live.tables, self.position, extra)
        self._saved_position = self.position
