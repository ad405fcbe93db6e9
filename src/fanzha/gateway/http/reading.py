"""Decides how much of a request is read, and who sent it: bounded bodies, bearer tokens."""

from __future__ import annotations

import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fanzha.gateway.http.fault import Fault, Words, too_large
from fanzha.gateway.http.tokens import Scope, Token, Tokens

Receive = Callable[[], Awaitable[Any]]
_ADD = Words("用 fanzha gateway token add 新建令牌", "make one with fanzha gateway token add")


async def body_of(receive: Receive, most: int) -> bytes:
    """The whole body. Raises Fault 413 as soon as it is longer than `most`, and 400 if the peer went away."""
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        if len(body) > most:
            raise too_large(most)
        return body
    parts, size = [body], len(body)
    while message.get("more_body") and size <= most:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Fault(400, "gone", Words("连接中断", "the connection ended"))
        parts.append(message.get("body", b""))
        size += len(parts[-1])
    if size > most:
        raise too_large(most)
    return b"".join(parts)


@asynccontextmanager
async def spooled(receive: Receive, most: int, folder: Path) -> AsyncIterator[Path]:
    """The body as a file of `folder`, there until the block ends: it may be larger than memory should hold."""
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".pushed.") as file:
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Fault(400, "gone", Words("连接中断", "the connection ended"))
            size += len(message.get("body", b""))
            if size > most:
                raise too_large(most)
            file.write(message.get("body", b""))
            more = message.get("more_body", False)
        file.flush()
        yield Path(file.name)


class Doorkeeper:
    """Checks bearer tokens. One that was found good is trusted for a second without reading the file again."""

    def __init__(self, tokens: Tokens, clock: Callable[[], int] = lambda: time.time_ns() // 1000) -> None:
        self._tokens = tokens
        self._clock = clock
        self._good: dict[bytes, tuple[int, Token]] = {}

    def forget(self) -> None:
        """Read the tokens anew: some may have been revoked."""
        self._good.clear()

    def admit(self, headers: Iterable[tuple[bytes, bytes]], scope: Scope) -> Token:
        """Whose token opens this. Raises Fault 401 or 403."""
        given = next((value for name, value in headers if name == b"authorization"), b"")
        now = self._clock()
        token = self._known(given, now)
        if token is None:
            what = Words("没有令牌，或令牌无效、过期、已撤销", "no token, or one that is wrong, over or revoked")
            challenge = (("www-authenticate", "Bearer"),)
            raise Fault(401, "unauthorised", what, where="Authorization", hint=_ADD, headers=challenge)
        if scope not in token.scopes:
            what = Words(f"令牌没有 {scope} 权限", f"the token's scopes do not include {scope}")
            raise Fault(403, "forbidden", what, where="Authorization", hint=_ADD)
        return token

    def _known(self, given: bytes, now: int) -> Token | None:
        kept = self._good.get(given)
        if kept is not None and now - kept[0] < 1_000_000 and kept[1].holds(now):
            return kept[1]
        self._good.pop(given, None)
        scheme, _, text = given.partition(b" ")
        found = self._tokens.find(text.strip().decode("latin-1"), now) if scheme.lower() == b"bearer" else None
        if found is not None:
            if len(self._good) >= 256:
                self._good.clear()
            self._good[given] = (now, found)
        return found
