"""Decides which keys the desk derives from its one secret, so that a leak of one use does not open another."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from django.conf import settings

NAME = "desk.key"


def derived(use: str) -> bytes:
    """32 bytes for one use (`audit`, `tokens`, `codes`), always the same for one secret."""
    return hmac.new(settings.SECRET_KEY.encode(), use.encode(), hashlib.sha256).digest()


def secret_of(home: Path) -> str:
    """FANZHA_SECRET_KEY, else the key kept in `home`, made on first use and readable by its owner only."""
    given = os.environ.get("FANZHA_SECRET_KEY")
    if given:
        return given
    path = home / NAME
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text().strip()
