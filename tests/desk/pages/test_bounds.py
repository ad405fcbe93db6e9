"""A body without end is refused before anything is kept of it, whoever sends it."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest

from fanzha.desk.pages.bounds import Bounded, Bounds

_BOUNDS = Bounds(head_bytes=10, body_bytes=10, body_seconds=0.05, at_once=1, source="test", as_of=date(2026, 11, 22))


def _answered(pieces: list[bytes], length: str | None = None, *, whole: bool = True) -> tuple[int, bytes]:
    """The status told for a body that comes in these pieces, and what the application behind was given of it."""
    given, told = bytearray(), []

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            given.extend(message["body"])
            if not message["more_body"]:
                break
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: dict[str, Any]) -> None:
        told.append(message.get("status"))

    left = list(pieces)

    async def receive() -> dict[str, Any]:
        if not left:
            await asyncio.sleep(60)
        piece = left.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(left) or not whole}

    headers = [(b"content-length", length.encode())] if length is not None else []
    asyncio.run(Bounded(app, _BOUNDS)({"type": "http", "headers": headers}, receive, send))
    return told[0], bytes(given)


@pytest.mark.parametrize(
    ("pieces", "length", "status", "given"),
    [
        ([b"12345", b"67890"], "10", 200, b"1234567890"),
        ([b""], None, 200, b""),
        ([b"12345", b"678901", b"x"], None, 413, b"12345"),  # in chunks, without a length
        ([b"x"], "11", 413, b""),
        ([b"x"], "9" * 5000, 413, b""),
        ([b"x"], "-1", 413, b""),
    ],
)
def test_too_much_is_refused_and_nothing_of_it_kept(
    pieces: list[bytes], length: str | None, status: int, given: bytes
) -> None:
    assert _answered(pieces, length) == (status, given)


def test_a_body_that_does_not_come_is_not_awaited_for_ever() -> None:
    assert _answered([b"123"], "10", whole=False) == (408, b"123")
