"""Static files as an ASGI server sends them: in pieces, the file closed, nothing for the log (warnings are errors)."""

from __future__ import annotations

import asyncio
from pathlib import Path

from asgiref.testing import ApplicationCommunicator
from django.test import Client

import fanzha.desk.pages
from fanzha.desk.asgi import application

_BIG = Path(fanzha.desk.pages.__file__).parent / "static" / "vendor"


async def _sent(path: str, method: str, **headers: str) -> tuple[int, list[bytes]]:
    named = [(b"host", b"127.0.0.1"), *((name.encode(), value.encode()) for name, value in headers.items())]
    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": named}
    asked = ApplicationCommunicator(application, scope)
    await asked.send_input({"type": "http.request", "body": b""})
    status, pieces = (await asked.receive_output(60))["status"], []
    while True:
        part = await asked.receive_output(60)
        pieces.append(part.get("body", b""))
        if not part.get("more_body"):
            await asked.wait(60)
            return status, [piece for piece in pieces if piece]


def test_a_large_file_goes_out_in_pieces() -> None:
    file = max(_BIG.glob("*.js"), key=lambda each: each.stat().st_size)
    path = f"/static/vendor/{file.name}"
    status, pieces = asyncio.run(_sent(path, "GET"))
    assert (status, b"".join(pieces)) == (200, file.read_bytes())
    assert len(pieces) > 1
    assert max(map(len, pieces)) <= 1 << 16
    assert asyncio.run(_sent(path, "GET", range="bytes=5-9")) == (206, [file.read_bytes()[5:10]])
    assert asyncio.run(_sent(path, "HEAD")) == (200, [])
    assert b"".join(Client().get(path).streaming_content) == file.read_bytes()  # type: ignore[attr-defined]
