"""Decides by which name a Unix socket is bound and reached: one short enough for the kernel, wherever its folder lies.

Linux takes 107 bytes (unix(7)); a longer path is named by way of a descriptor of its folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MOST_BYTES = 107


@contextmanager
def short_name(path: Path) -> Iterator[str]:
    """A name of `path` that a socket may have, good within the context. Raises OSError where there is no folder."""
    name = str(path)
    if len(os.fsencode(name)) <= _MOST_BYTES:
        yield name
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
