"""Decides how compiled kernels are kept between runs, also where several processes start at once on an empty cache.

numba keeps the index of a function's signatures and their code in files of their own, without a lock. Two processes
that compile two signatures at the same moment may both call theirs the first, and a third then runs the code of the
one with the arguments of the other. Here every load and save holds the function's lock.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

from numba import njit
from numba.core.caching import IndexDataCacheFile

__all__ = ["njit"]


@contextmanager
def _held(path: str) -> Iterator[None]:
    """Alone with one function's files; in a folder that may not be written nobody saves either."""
    try:
        lock = Path(f"{path}.lock").open("ab")  # noqa: SIM115 (closed below)
    except OSError:
        yield
        return
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _alone(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def locked(file: Any, *arguments: Any) -> Any:
        with _held(file._index_path):
            return method(file, *arguments)

    return locked


for _name in ("load", "save"):
    setattr(IndexDataCacheFile, _name, _alone(getattr(IndexDataCacheFile, _name)))
