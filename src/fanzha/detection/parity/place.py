"""Decides where a comparison keeps its checkpoints, and that those of one that was killed go with the next."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from fanzha.errors import StorageError

_PREFIX = "parity-"


@contextmanager
def workplace(temporary: Path) -> Iterator[Path]:
    """A folder under `temporary` for one run. A run locks its folder, so one that is free was left by a dead run.

    Raises StorageError.
    """
    try:
        temporary.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            with _locked(temporary):  # nobody sweeps while a new folder has no lock yet
                for old in temporary.glob(f"{_PREFIX}*"):
                    _sweep(old)
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=temporary, prefix=_PREFIX)))
                stack.enter_context(_locked(folder))
            yield folder
    except OSError as error:
        hint = "free some disk space (a comparison needs about 1 GB), or set FANZHA_HOME elsewhere"
        raise StorageError(f"cannot write there: {error.strerror or error}", where=str(temporary), hint=hint) from error


def _sweep(folder: Path) -> None:
    try:
        with _locked(folder, wait=False):
            shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        return  # it is at work, or gone


@contextmanager
def _locked(folder: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold a folder's lock; the system gives it back when the process ends, however it ends."""
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(place, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(place)
