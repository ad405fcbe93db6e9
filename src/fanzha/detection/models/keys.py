"""Keeps the key that signs this installation's models, and the list of other signers it trusts."""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import suppress
from pathlib import Path

from fanzha import signing
from fanzha.errors import ModelError

_HEAD = "fanzha-model-key ed25519 "


def default_home() -> Path:
    """FANZHA_HOME, or ./var."""
    return Path(os.environ.get("FANZHA_HOME") or "var")


def fingerprint(public: bytes) -> str:
    """Sixteen hex digits that people can compare."""
    return hashlib.sha256(public).hexdigest()[:16]


def signing_key(home: Path) -> bytes:
    """The secret of this installation; made on first use, readable by its owner only, with the public half beside it.

    Raises ModelError where it cannot be written, or is not a key.
    """
    path = _folder(home) / "model_signing.key"
    try:
        if not path.exists():
            _create(path)
        secret = _secret(path)
        _publish(path.with_suffix(".pub"), secret)
        return secret
    except OSError as error:
        raise ModelError(
            f"signing key: {error.strerror}", where=str(path), hint="give this user the right to write FANZHA_HOME"
        ) from error


def trusted_keys(home: Path, extra: Path | None = None) -> set[bytes]:
    """Public keys whose models load here: our own, those in FANZHA_HOME/keys/trusted, and `extra`. Makes no key."""
    folder = _folder(home)
    files = [folder / "model_signing.pub", *sorted((folder / "trusted").glob("*.pub"))]
    found = {read_public(path) for path in files if path.is_file()}
    return found | {read_public(extra)} if extra is not None else found


def read_public(path: Path) -> bytes:
    """The key in a .pub file. Raises ModelError for anything else, a secret key included."""
    try:
        text = path.read_text(encoding="ascii").strip()
        key = bytes.fromhex(text.removeprefix(_HEAD))
    except (OSError, ValueError) as error:
        raise ModelError("not a public key", where=str(path), hint=f"one line: {_HEAD}HEX") from error
    if not text.startswith(_HEAD) or len(key) != signing.KEY_BYTES:
        raise ModelError("not a public key", where=str(path), hint=f"one line: {_HEAD}HEX")
    return key


def public_text(public: bytes) -> str:
    """The content of a .pub file."""
    return f"{_HEAD}{public.hex()}\n"


def _folder(home: Path) -> Path:
    return home / "keys"


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_bytes(signing.KEY_BYTES).hex() + "\n")
    with suppress(FileExistsError):  # another training was first: its key is the one
        os.link(fresh, path)
    fresh.unlink()


def _publish(path: Path, secret: bytes) -> None:
    text = public_text(signing.public_key(secret))
    if not path.is_file() or path.read_text(encoding="ascii", errors="replace") != text:
        path.write_text(text, encoding="ascii")


def _secret(path: Path) -> bytes:
    if path.stat().st_mode & 0o077:
        raise ModelError("the signing key can be read by others", where=str(path), hint=f"chmod 600 {path}")
    try:
        secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError:
        secret = b""
    if len(secret) != signing.KEY_BYTES:
        raise ModelError(
            "not a signing key", where=str(path), hint="move it away; a new one is made when next training"
        )
    return secret
