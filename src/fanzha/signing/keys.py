"""Keeps the keys that sign what this installation makes (models, policies), and the other signers it trusts.

Under FANZHA_HOME/keys: PURPOSE_signing.key (secret, its owner's only), PURPOSE_signing.pub, and trusted/*.pub.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

from fanzha import signing
from fanzha.errors import FanzhaError

_HEAD = re.compile(r"fanzha-([a-z]+)-key ed25519 ")


def default_home() -> Path:
    """FANZHA_HOME, or ./var."""
    return Path(os.environ.get("FANZHA_HOME") or "var")


def fingerprint(public: bytes) -> str:
    """Sixteen hex digits that people can compare."""
    return hashlib.sha256(public).hexdigest()[:16]


class Keys:
    """The keys of one purpose: a key that signs models signs no policy. Raises `error` for all that is wrong."""

    def __init__(self, home: Path, purpose: str, error: type[FanzhaError]) -> None:
        self._folder = home / "keys"
        self._purpose = purpose
        self._error = error

    @property
    def public_path(self) -> Path:
        """The file that others copy in order to trust this installation."""
        return self._folder / f"{self._purpose}_signing.pub"

    def secret(self) -> bytes:
        """This installation's secret; made on first use, readable by its owner only, with the public half beside it."""
        path = self._folder / f"{self._purpose}_signing.key"
        try:
            if not path.exists():
                _create(path)
            secret = self._read_secret(path)
            text = self.public_text(signing.public_key(secret))
            public = self.public_path
            if not public.is_file() or public.read_text(encoding="ascii", errors="replace") != text:
                public.write_text(text, encoding="ascii")
            return secret
        except OSError as error:
            raise self._error(
                f"signing key: {error.strerror}", where=str(path), hint="give this user the right to write FANZHA_HOME"
            ) from error

    def trusted(self, extra: Path | None = None) -> set[bytes]:
        """Public keys trusted here: our own, those in keys/trusted, and `extra`. Makes no key."""
        others = [path for path in sorted((self._folder / "trusted").glob("*.pub")) if not self._of_another(path)]
        found = {self.read_public(path) for path in (self.public_path, *others) if path.is_file()}
        return found | {self.read_public(extra)} if extra is not None else found

    def read_public(self, path: Path) -> bytes:
        """The key in a .pub file. Raises for anything else, a secret key or one of another purpose included."""
        head = self.public_text(b"").rstrip("\n")
        try:
            text = path.read_text(encoding="ascii").strip()
            key = bytes.fromhex(text.removeprefix(head))
        except (OSError, ValueError) as error:
            raise self._error("not a public key", where=str(path), hint=f"one line: {head}HEX") from error
        if not text.startswith(head) or len(key) != signing.KEY_BYTES:
            raise self._error("not a public key", where=str(path), hint=f"one line: {head}HEX")
        return key

    def public_text(self, public: bytes) -> str:
        """The content of a .pub file."""
        return f"fanzha-{self._purpose}-key ed25519 {public.hex()}\n"

    def _of_another(self, path: Path) -> bool:
        head = _HEAD.match(path.read_text(encoding="ascii", errors="replace"))
        return head is not None and head[1] != self._purpose

    def _read_secret(self, path: Path) -> bytes:
        if path.stat().st_mode & 0o077:
            raise self._error("the signing key can be read by others", where=str(path), hint=f"chmod 600 {path}")
        try:
            secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
        except ValueError:
            secret = b""
        if len(secret) != signing.KEY_BYTES:
            raise self._error(
                "not a signing key", where=str(path), hint="move it away; a new one is made at the next signing"
            )
        return secret


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_bytes(signing.KEY_BYTES).hex() + "\n")
    with suppress(FileExistsError):  # another process was first: its key is the one
        os.link(fresh, path)
    fresh.unlink()
