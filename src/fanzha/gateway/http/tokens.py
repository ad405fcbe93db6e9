"""Decides who may ask what over HTTP: bearer tokens with scopes and an end, of which only hashes are kept.

A token is `fz_ID_SECRET`. The secret is 256 random bits, so one fast hash keeps it; it is shown once, when it is made.
"""

from __future__ import annotations

import fcntl
import hmac
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

import msgspec

from fanzha.errors import StorageError, UsageError

_TOKEN = re.compile(r"fz_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_NOBODY = sha256(b"").hexdigest()


class Scope(StrEnum):
    """What a token may be used for."""

    DECIDE = "decide"
    EXPLAIN = "explain"
    CALLS = "calls"
    RELEASE = "release"
    POLICY = "policy"
    METRICS = "metrics"


class Token(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is kept of one. name: whose it is, for people. Times are UTC microseconds; `revoked` 0 while it holds."""

    id: str
    name: str
    hash: str
    scopes: tuple[Scope, ...]
    made: int
    expires: int
    revoked: int = 0

    def holds(self, now: int) -> bool:
        """Whether it is neither revoked nor over."""
        return not self.revoked and now < self.expires


class Tokens:
    """The tokens of one file, readable by its owner only. A change by another process holds from the next question."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[int, int, int] | None = None
        self._by_id: dict[str, Token] = {}

    def add(self, name: str, scopes: tuple[Scope, ...], now: int, expires: int) -> str:
        """Make a token, and say it: this once. Raises UsageError for no scope or no time left."""
        if not scopes:
            raise UsageError("a token without a scope opens nothing", hint=f"scopes: {', '.join(Scope)}")
        if expires <= now:
            raise UsageError("a token that is over already opens nothing", hint="give it at least a day")
        id_, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        made = Token(
            id=id_, name=name, hash=_hashed(secret), scopes=tuple(dict.fromkeys(scopes)), made=now, expires=expires
        )
        self._change(lambda kept: {**kept, id_: made})
        return f"fz_{id_}_{secret}"

    def revoke(self, id_: str, now: int) -> Token:
        """End one at once. Raises UsageError for an unknown id."""
        if id_ not in self.all():
            raise UsageError(f"there is no token {id_!r} (没有这个令牌)", hint="fanzha gateway token list")
        ended = msgspec.structs.replace(self._by_id[id_], revoked=self._by_id[id_].revoked or now)
        self._change(lambda kept: {**kept, id_: ended})
        return ended

    def all(self) -> dict[str, Token]:
        """Every token that was made, by id. Raises StorageError for a file that is none of ours."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            self._by_id, self._read = {}, None
            return self._by_id
        stamp = (status.st_mtime_ns, status.st_ino, status.st_size)
        if stamp != self._read:
            self._by_id = {token.id: token for token in _load(self._path)}
            self._read = stamp
        return self._by_id

    def find(self, text: str, now: int) -> Token | None:
        """The token that was given, if it is one of ours and holds. The comparison's time tells nothing."""
        match = _TOKEN.fullmatch(text)
        kept = self.all().get(match[1]) if match else None
        same = hmac.compare_digest(_hashed(match[2] if match else ""), kept.hash if kept else _NOBODY)
        return kept if kept is not None and same and kept.holds(now) else None

    def _change(self, change: Callable[[dict[str, Token]], dict[str, Token]]) -> None:
        with _alone(self._path):
            after = change(dict(self.all()))
            part = self._path.with_suffix(f".{os.getpid()}.part")
            try:
                with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                    file.write(msgspec.json.format(msgspec.json.encode(list(after.values())), indent=1))
                    os.fsync(file.fileno())
                part.replace(self._path)
            except OSError as error:
                raise StorageError(f"tokens cannot be written: {error.strerror}", where=str(self._path)) from error
            self._read = None


def _hashed(secret: str) -> str:
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


def _load(path: Path) -> list[Token]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[Token])
    except (OSError, msgspec.MsgspecError) as error:
        raise StorageError(
            f"the tokens cannot be read: {error}", where=str(path), hint="restore the file, or remove it and make anew"
        ) from error


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One writer at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
