"""Decides which session keys are looked up at all: those that we could have given.

A cookie may say anything, a null character among it, on which PostgreSQL fails.
"""

from __future__ import annotations

from django.contrib.sessions.backends import db

_LENGTH = 32


class SessionStore(db.SessionStore):
    """Sessions in the database."""

    def _validate_session_key(self, key: str | None) -> bool:
        return bool(key) and len(key or "") == _LENGTH and str(key).isascii() and str(key).isalnum()
