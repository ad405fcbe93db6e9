"""Decides where files that people bring, and files meant for other offices, lie: in FANZHA_HOME, for the desk only."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile


def keep(file: UploadedFile) -> str:
    """Keep what was brought, under a name of ours."""
    stored = f"{secrets.token_hex(16)}.xlsx"
    _write(kept(stored), file.chunks())
    return stored


def kept(stored: str) -> Path:
    """Where it is."""
    return Path(settings.HOME) / "imports" / stored


def keep_beside(stored: str, content: bytes) -> None:
    """Keep what was read from a kept file, so that it need not be read again."""
    beside(stored).unlink(missing_ok=True)
    _write(beside(stored), [content])


def beside(stored: str) -> Path:
    """Where that is."""
    return kept(stored).with_suffix(".read")


def put_out(name: str, content: bytes) -> Path:
    """Lay a file for another office into FANZHA_HOME/outgoing, from where the exchange (数据交换) takes it.

    Numbers in it are in full, so no page gives it out.
    """
    path = Path(settings.HOME) / "outgoing" / name
    path.unlink(missing_ok=True)
    _write(path, [content])
    return path


def _write(path: Path, chunks: Iterable[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        for chunk in chunks:
            out.write(chunk)
