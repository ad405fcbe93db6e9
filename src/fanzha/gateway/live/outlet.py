"""Decides when and how ended calls become files that `fanzha watch` takes: small Parquet files, whole or not at all."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from fanzha.errors import StorageError
from fanzha.gateway.live.journal import Journal
from fanzha.gateway.live.record import Row, table_of

_TEMPORARY = ".tmp"  # `watch` leaves such files alone


class Outlet:
    """Writes a segment of the journal as calls-SEGMENT.parquet. The name is the segment's, so that a segment stored
    twice after a kill is the same file; and a call's id is the same in both, so that it is counted once."""

    def __init__(self, folder: Path, journal: Journal) -> None:
        """Makes the folder. Raises StorageError where that cannot be."""
        self._folder, self._journal = folder, journal
        self.counts: Counter[str] = Counter()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for left in folder.glob(f".calls-*{_TEMPORARY}"):
                left.unlink(missing_ok=True)
        except OSError as error:
            raise _refused(folder, error) from error

    def store(self) -> int:
        """Store every closed segment; how many rows. Raises StorageError; what is not stored stays in the journal."""
        rows = 0
        for segment in self._journal.waiting():
            rows += self._store(segment)
        return rows

    def _store(self, segment: Path) -> int:
        target = self._folder / f"calls-{segment.stem}.parquet"
        try:
            rows, torn = self._journal.rows(segment)
            self.counts["torn"] += torn
            if rows and not target.exists():
                self._write(rows, target)
                self.counts["rows"] += len(rows)
                self.counts["files"] += 1
            self._journal.stored(segment)
        except (OSError, pa.ArrowException) as error:
            self.counts["refused"] += 1
            raise _refused(target, error) from error
        return len(rows)

    def _write(self, rows: list[Row], target: Path) -> None:
        temporary = target.with_name(f".{target.name}{_TEMPORARY}")
        with temporary.open("wb") as file:
            pq.write_table(table_of(rows), file, compression="zstd")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _refused(path: Path, error: Exception) -> StorageError:
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return StorageError(f"call records cannot be written: {why}", where=str(path), hint="free some disk space")
