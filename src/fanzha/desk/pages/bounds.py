"""Decides how much a request may bring, and how long it may take: what is more is refused before anything is kept.

Django takes a body of any size into a file before the first of our lines runs, whoever sends it.
"""

from __future__ import annotations

import asyncio
import datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from fanzha.desk.pages.headers import POLICY
from fanzha.vocabulary import decode, read

_WHY = {413: "内容过大 The request is too large.", 408: "等候内容超时 The request did not come whole in time."}
_GONE = {"type": "http.disconnect"}


class Bounds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See bounds.yaml."""

    head_bytes: int
    body_bytes: int
    body_seconds: float
    at_once: int
    source: str
    as_of: datetime.date


@cache
def bounds() -> Bounds:
    """From bounds.yaml."""
    return decode(read(Path(__file__).with_name("bounds.yaml")), Bounds)


class Bounded:
    """An ASGI application in front of the desk's: 413 for a body beyond the bound, 408 for one that does not come."""

    def __init__(self, app: Any, limits: Bounds | None = None) -> None:
        """app: what answers all else."""
        self._app, self._limits = app, limits or bounds()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told = dict(scope["headers"]).get(b"content-length", b"0")
        if not told.isdigit() or len(told) > 15 or int(told) > self._limits.body_bytes:
            await _refuse(send, 413)
            return
        body = _Body(receive, self._limits)
        await self._app(scope, body.receive, send)
        if body.fault:
            await _refuse(send, body.fault)


class _Body:
    """What comes of one request's body, until it is too much: then its sender is gone, as the application sees it.

    fault: the status to tell instead, else 0.
    """

    def __init__(self, receive: Any, limits: Bounds) -> None:
        self._receive, self._limits = receive, limits
        self._taken, self._whole = 0, False
        self._until = asyncio.get_running_loop().time() + limits.body_seconds
        self.fault = 0

    async def receive(self) -> dict[str, Any]:
        """The next message."""
        if self._whole:
            return await self._receive()  # type: ignore[no-any-return]
        try:
            async with asyncio.timeout_at(self._until):
                message: dict[str, Any] = await self._receive()
        except TimeoutError:
            self.fault = 408
            return _GONE
        self._taken += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._taken <= self._limits.body_bytes:
            return message
        self.fault = 413
        return _GONE


async def _refuse(send: Any, status: int) -> None:
    """Before the application has begun its answer."""
    headers = {
        "content-type": "text/plain; charset=utf-8", "connection": "close", "cache-control": "no-store",
        "content-security-policy": POLICY, "x-content-type-options": "nosniff", "x-frame-options": "DENY",
    }  # fmt: skip
    told = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": told})
    await send({"type": "http.response.body", "body": _WHY[status].encode()})
