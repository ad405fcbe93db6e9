"""Decides which counters a gateway starts with: fresh ones, or those of others with its host and state folder.

They lie on the host's tmpfs, in a folder that only their user can enter. Whoever starts while another runs joins its
counters; who starts alone begins anew, for ends that came while nobody listened are lost, and verdicts then say so.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fanzha.errors import StorageError
from fanzha.gateway.counters import Counters, bytes_of, hash_of, sizes

LOG = logging.getLogger("fanzha.gateway")
TMPFS = Path("/dev/shm")
_ROOM = 2  # so many times the counters' size must be free there
_KEPT, _HELD = ".counters", ".held"


class Shared:
    """The counters of one gateway, its workers forked afterwards, and of those it shares them with.

    counters: `path` is None where they could not be shared. joined: whether another gateway was there before."""

    def __init__(self, state: Path, *, now: int, tmpfs: Path = TMPFS) -> None:
        """state: the gateway's folder; the same folder means the same counters. now: UTC microseconds."""
        self.joined = False
        self._held: int | None = None
        self._folder = tmpfs / f"fanzha-{os.getuid()}"
        name = f"{hash_of(str(state.resolve())):x}"
        self._path, self._lock = self._folder / f"{name}{_KEPT}", self._folder / f"{name}{_HELD}"
        try:
            self.counters = self._opened(now)
        except (OSError, StorageError) as error:
            LOG.warning("counters are this gateway's own, not shared with others of this host: %s", error)
            self.counters = Counters(now=now)

    def _opened(self, now: int) -> Counters:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        info = self._folder.lstat()
        if info.st_uid != os.getuid() or info.st_mode & 0o077:
            raise StorageError("the folder is not ours alone", where=str(self._folder), hint="remove it")
        with _starting(self._folder):
            _remove_left(self._folder, but=self._lock)
            held = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            try:
                alone = _taken(held)
                if alone and shutil.disk_usage(self._folder).free < _ROOM * bytes_of(sizes()):
                    raise StorageError("there is no room for them", where=str(self._folder))
                counters = Counters(self._path, now=now, fresh=alone)
                fcntl.flock(held, fcntl.LOCK_SH)
            except BaseException:
                os.close(held)
                raise
        self._held, self.joined = held, not alone
        return counters

    def close(self) -> None:
        """The gateway ends: who is the last one removes them."""
        if self._held is None:
            return
        with suppress(OSError), _starting(self._folder):
            if _taken(self._held):
                _remove(self._lock)
        os.close(self._held)
        self._held = None


@contextmanager
def _starting(folder: Path) -> Iterator[None]:
    """One gateway starts or ends at a time."""
    with (folder / "start").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _taken(held: int) -> bool:
    """Whether nobody else holds it; then we do."""
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _remove_left(folder: Path, but: Path) -> None:
    """What gateways left that were killed."""
    for lock in folder.glob(f"*{_HELD}"):
        if lock == but:
            continue
        with lock.open("rb") as held:
            if _taken(held.fileno()):
                _remove(lock)


def _remove(lock: Path) -> None:
    for path in (lock.with_suffix(_KEPT), lock.with_suffix(".lock"), lock):
        path.unlink(missing_ok=True)
