"""Decides how bytes become durable in the lake, who may write, and what a full disk or a second writer is told."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from fanzha.errors import FanzhaError, StorageError

TEMPORARY = ".tmp"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FAILPOINT = "FANZHA_FAILPOINT"
_ENDING_S = 2.0
_BUSY, _DONE = b"1", b"0"  # what writer.lock holds while someone writes, and after a good end


class BusyLake(StorageError):
    """Another process holds the writing lock."""


def reach(point: str) -> None:
    """A named step of a write. A test that sets FANZHA_FAILPOINT to it has the process killed there (kill -9)."""
    if os.environ.get(_FAILPOINT) == point:
        os.kill(os.getpid(), signal.SIGKILL)


def name_of(path: Path) -> str:
    """A path as text that every store can keep: what is no UTF-8 in it, as of a name in GBK, stands as \\x.."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def sync_file(path: Path) -> None:
    """Wait until a file's bytes are on the disk."""
    _sync(path, os.O_RDONLY)


def sync_folder(path: Path) -> None:
    """Wait until a folder's entries are on the disk."""
    _sync(path, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def settle(paths: list[Path]) -> None:
    """Give finished temporary files their names: all synced, then all renamed, then their folders synced."""
    for path in paths:
        sync_file(path.with_name(path.name + TEMPORARY))
    reach("parts-synced")
    for path in paths:
        path.with_name(path.name + TEMPORARY).rename(path)
    reach("parts-renamed")
    for folder in {folder for path in paths for folder in (path.parent, path.parent.parent)}:
        sync_folder(folder)


def unwritten(paths: list[Path]) -> None:
    """Delete what was written of files that nobody will name."""
    for path in paths:
        path.with_name(path.name + TEMPORARY).unlink(missing_ok=True)
        path.unlink(missing_ok=True)


@contextmanager
def told(where: Path) -> Iterator[None]:
    """Turn what a disk or SQLite can do to us into a StorageError that says what to do."""
    try:
        yield
    except FanzhaError:
        raise
    except OSError as error:
        if error.errno in _FULL or "No space left" in str(error) or "File too large" in str(error):
            raise _full(where) from error
        raise StorageError(
            f"cannot write: {error}", where=str(where), hint="check the disk and its permissions"
        ) from error
    except sqlite3.DatabaseError as error:
        if "full" in str(error) or "disk I/O error" in str(error):
            raise _full(where) from error
        if "locked" in str(error):
            raise StorageError("another process holds the manifest", where=str(where), hint="try again") from error
        raise StorageError(f"the manifest cannot be used: {error}", where=str(where)) from error
    except pa.ArrowMemoryError as error:
        raise StorageError("not enough memory", where=str(where)) from error


def _full(where: Path) -> StorageError:
    return StorageError(
        "the disk is full, or a file may not grow further; nothing of this file was stored (磁盘已满，未存入任何数据)",
        where=str(where),
        hint="free some space and import the file again",
    )


@contextmanager
def _alone(path: Path, wait: float, busy: str) -> Iterator[int]:
    """Hold a lock of the lake alone; its handle. Raises BusyLake, which says `busy`, after `wait` seconds."""
    with _locked(path, fcntl.LOCK_EX, wait) as (held, handle):
        if not held:
            raise BusyLake(busy, where=str(path.parent), hint="wait until it is done, then try again")
        yield handle


@contextmanager
def writer(lake: Path, *, wait: float) -> Iterator[bool]:
    """Hold the lake's only writing lock; the kernel frees it when the process dies. True: the writer before us died.

    Raises BusyLake when another writer still has it after `wait` seconds.
    """
    path = lake / "writer.lock"
    with _alone(path, wait, "another process is writing into this lake (另一进程正在导入)") as handle:
        with told(path):
            died = os.pread(handle, 1, 0) != _DONE
            os.pwrite(handle, _BUSY, 0)
        yield died
        with told(path):
            os.pwrite(handle, _DONE, 0)


@contextmanager
def taking(lake: Path, own: bytes, *, wait: float) -> Iterator[bool]:
    """Hold the right to look what of verdicts the lake has and to add the rest; the kernel frees it when the process
    dies. own: 16 bytes that name who takes. True: somebody else had it since we last did.

    Raises BusyLake when another still has it after `wait` seconds.
    """
    path = lake / "verdicts.lock"
    busy = "another process is taking verdicts into this lake (另一进程正在收裁决记录)"
    with _alone(path, wait, busy) as handle:
        with told(path):
            other = os.pread(handle, len(own), 0) != own
            os.pwrite(handle, own, 0)  # before anything is stored: who is killed over it has been there
        yield other


@contextmanager
def reader(lake: Path) -> Iterator[None]:
    """While this is held, files that a compaction replaced are not deleted."""
    with _locked(lake / "readers.lock", fcntl.LOCK_SH, 5.0):
        yield


@contextmanager
def no_readers(lake: Path) -> Iterator[bool]:
    """Whether nobody is reading just now; no new reader begins meanwhile."""
    with _locked(lake / "readers.lock", fcntl.LOCK_EX, 0.0) as (held, _):
        yield held


@contextmanager
def _locked(path: Path, mode: int, wait: float) -> Iterator[tuple[bool, int]]:
    with told(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        yield _lock(handle, mode, time.monotonic() + wait), handle
    finally:
        os.close(handle)


@contextmanager
def alone(path: Path, message: str, hint: str) -> Iterator[None]:
    """Hold a file's lock while the block runs; it ends with the process, however that ends.

    Raises StorageError with `message` where another holds it, a moment given to one that is just ending.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        if not _lock(handle, fcntl.LOCK_EX, time.monotonic() + _ENDING_S):
            raise StorageError(message, where=str(path), hint=hint)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, mode: int, until: float) -> bool:
    while True:
        try:
            fcntl.flock(handle, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(0.02)
        else:
            return True
