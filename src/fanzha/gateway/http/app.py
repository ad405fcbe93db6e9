"""Decides which HTTP path does what, and that every failure is told the same way; /v1/decide takes a road of its own.

Decisions are asked thousands of times a second, so their path is plain ASGI; all others go through Starlette's routes.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fanzha.errors import FanzhaError
from fanzha.gateway.http import asking
from fanzha.gateway.http.back import Back
from fanzha.gateway.http.bounds import bounds
from fanzha.gateway.http.express import Asked
from fanzha.gateway.http.fault import FULL, NOT_ALLOWED, NOT_FOUND, Fault, Words
from fanzha.gateway.http.reading import Doorkeeper, Receive, body_of
from fanzha.gateway.http.routes import Routes
from fanzha.gateway.http.tokens import Scope

LOG = logging.getLogger("fanzha.gateway.http")
Scopes = dict[str, Any]
Send = Any
_JSON = (b"content-type", b"application/json")
_PHRASES = {status.value: status.phrase.encode() for status in HTTPStatus}


class App:
    """The ASGI application of one worker. `counts`: requests and answers, by name, since the process began."""

    def __init__(self, back: Back, door: Doorkeeper) -> None:
        self._back = back
        self._door = door
        self.counts: Counter[str] = Counter()
        self._turn = asyncio.Lock()
        self._others = Starlette(
            routes=Routes(back, door).all(),
            exception_handlers={Fault: _told, HTTPException: _told, FanzhaError: _told, Exception: _told},
        )

    async def __call__(self, scope: Scopes, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "http" and scope["path"] == "/v1/decide":
            await self._decide(scope, receive, send)
        else:
            self.counts["other"] += 1
            await self._others(scope, receive, send)

    async def full(self, _scope: Scopes, _receive: Receive, send: Send) -> None:
        """One request beyond what a worker may have under way."""
        body = FULL.body()
        headers = [_JSON, (b"content-length", b"%d" % len(body))]
        headers += [(name.encode(), value.encode()) for name, value in FULL.headers]
        self.counts["other"] += 1
        await send({"type": "http.response.start", "status": FULL.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def express(self, asked: Asked) -> bytes:
        """The whole answer to a request for verdicts that came in one piece."""
        try:
            self._door.admit(((b"authorization", asked.authorization),), Scope.DECIDE)
            status, headers, body = self._told(asking.answer(self._back, asked.body, time.time_ns() // 1000))
        except Exception as error:
            status, headers, body = self._told(fault_of(error))
        lines = b"".join([b"%b: %b\r\n" % pair for pair in headers])
        return b"HTTP/1.1 %d %b\r\n%b\r\n%b" % (status, _PHRASES[status], lines, body)

    async def _decide(self, scope: Scopes, receive: Receive, send: Send) -> None:
        try:
            if scope["method"] != "POST":
                raise Fault(405, "not_allowed", NOT_ALLOWED, where=scope["path"], headers=(("allow", "POST"),))
            self._door.admit(scope["headers"], Scope.DECIDE)
            asked = await body_of(receive, bounds().body_bytes)
            made = await asking.answer_by_turns(self._back, asked, time.time_ns() // 1000, self._turn)
            status, headers, body = self._told(made)
        except Exception as error:
            status, headers, body = self._told(fault_of(error))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _told(self, made: bytes | Fault) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        """Status, headers and body of an answer; it is counted."""
        fault = made if isinstance(made, Fault) else None
        body, status = (made, 200) if isinstance(made, bytes) else (made.body(), made.status)
        self.counts["decide"] += 1
        self.counts[f"decide_{status}"] += 1
        headers = [_JSON, (b"content-length", b"%d" % len(body))]
        if fault is not None:
            headers += [(name.encode(), value.encode()) for name, value in fault.headers]
        return status, headers, body


def fault_of(error: Exception) -> Fault:
    """How a failure is told. What is a fault of ours is logged whole, and told without its inside."""
    if isinstance(error, Fault):
        return error
    if isinstance(error, HTTPException):
        if error.status_code == 404:
            return Fault(404, "not_found", NOT_FOUND, hint=Words("见 /docs", "see /docs"))
        what = NOT_ALLOWED if error.status_code == 405 else Words(error.detail, error.detail)
        headers = tuple((error.headers or {}).items())
        return Fault(error.status_code, "not_allowed" if error.status_code == 405 else "http", what, headers=headers)
    if isinstance(error, FanzhaError):
        what = Words(error.message, error.message)
        return Fault(503, "unavailable", what, where=error.where, hint=Words(error.hint, error.hint))
    LOG.exception("a request failed", exc_info=error)
    what = Words("网关内部错误，已记入日志", "an error of the gateway itself, now in its log")
    return Fault(500, "internal", what, hint=Words("请把日志交给我们", "please report what the log says"))


async def _told(_request: Request, error: Exception) -> Response:
    fault = fault_of(error)
    headers = {"content-type": "application/json", **dict(fault.headers)}
    return Response(fault.body(), fault.status, headers)
