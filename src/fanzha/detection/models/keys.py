"""Decides whose models load here: this installation's own signing key, and the list of other signers it trusts."""

from __future__ import annotations

from pathlib import Path

from fanzha.errors import ModelError
from fanzha.signing.keys import Keys, default_home, fingerprint

__all__ = ["default_home", "fingerprint", "public_text", "read_public", "signing_key", "trusted_keys"]


def signing_key(home: Path) -> bytes:
    """The secret of this installation, made on first use. Raises ModelError where it cannot be, or is not a key."""
    return _keys(home).secret()


def trusted_keys(home: Path, extra: Path | None = None) -> set[bytes]:
    """Public keys whose models load here: our own, those in FANZHA_HOME/keys/trusted, and `extra`. Makes no key."""
    return _keys(home).trusted(extra)


def read_public(path: Path) -> bytes:
    """The key in a .pub file. Raises ModelError for anything else, a secret key included."""
    return _keys(path.parent).read_public(path)


def public_text(public: bytes) -> str:
    """The content of a .pub file."""
    return _keys(Path()).public_text(public)


def _keys(home: Path) -> Keys:
    return Keys(home, "model", ModelError)
