"""Decides where files that people bring, and files meant for other offices, lie: in FANZHA_HOME, for the desk only."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from fanzha.desk.excel.writing import Sheet, write


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


def put_out(name: str, sheet: Sheet) -> Path:
    """Lay an Excel for another office into FANZHA_HOME/outgoing, from where the exchange (数据交换) takes it.

    Numbers in it are in full, so no page gives it out. It is there whole or not at all.
    """
    path = Path(settings.HOME) / "outgoing" / name
    begun = path.with_suffix(f".{secrets.token_hex(4)}")
    try:
        with _made(begun) as out:
            write(out, sheet)
        begun.replace(path)
    finally:
        begun.unlink(missing_ok=True)
    return path


def _write(path: Path, chunks: Iterable[bytes]) -> None:
    with _made(path) as out:
        for chunk in chunks:
            out.write(chunk)


def _made(path: Path) -> IO[bytes]:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
