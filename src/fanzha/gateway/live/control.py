"""Decides how other processes of this host speak to the owner of the live table: JSON lines over a Unix socket.

Only the owner's own user may connect (mode 0600). A line is {"n": 1, "do": NAME, ...}; its answer is {"n": 1, "result":
...} or {"n": 1, "error": ..., "hint": ...}. `asked` has no n and no answer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from fanzha.errors import FanzhaError
from fanzha.gateway.call import Call
from fanzha.gateway.live.event import DialogEvent
from fanzha.gateway.live.livecalls import LiveCalls, Party
from fanzha.gateway.verdict import Verdict
from fanzha.socketpath import short_name

LOG = logging.getLogger("fanzha.gateway.live")
LINE_BYTES = 262_144
_AT_ONCE = 64  # questions of one connection under way


class Line(msgspec.Struct, omit_defaults=True):
    """One question."""

    do: str
    n: int = 0
    call: Call | None = None
    verdict: Verdict | None = None
    event: DialogEvent | None = None
    id: str = ""
    who: str = ""
    why: str = ""
    victim: Party = "callee"
    limit: int = 1000


_decode = msgspec.json.Decoder(Line).decode


async def serve(calls: LiveCalls, path: Path) -> asyncio.Server:
    """Answer at `path`."""
    path.unlink(missing_ok=True)
    with short_name(path) as name:
        server = await asyncio.start_unix_server(
            lambda reader, writer: _talk(calls, reader, writer), name, limit=LINE_BYTES
        )
    path.chmod(0o600)
    return server


async def _talk(calls: LiveCalls, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    running: set[asyncio.Task[None]] = set()
    room = asyncio.Semaphore(_AT_ONCE)
    try:
        while line := await reader.readline():
            asked = _decode(line)
            if asked.do == "asked" and asked.call is not None and asked.verdict is not None:
                calls.asked(asked.call, asked.verdict)
                continue
            await room.acquire()
            task = asyncio.create_task(_answer(calls, asked, writer))
            running.add(task)
            task.add_done_callback(running.discard)
            task.add_done_callback(lambda _: room.release())
    except (ConnectionError, ValueError, msgspec.MsgspecError) as error:
        LOG.warning("a control connection was closed: %s", error)
    except asyncio.CancelledError:
        pass  # we end; asyncio 3.11 would tell of it as of a fault
    finally:
        for task in running:
            task.cancel()
        writer.close()


async def _answer(calls: LiveCalls, asked: Line, writer: asyncio.StreamWriter) -> None:
    said: dict[str, Any] = {"n": asked.n}
    try:
        said["result"] = await _DO[asked.do](calls, asked)
    except FanzhaError as error:
        said |= {"error": error.message, "where": error.where, "hint": error.hint}
    except (KeyError, AssertionError):
        said |= {"error": f"no such question: {asked.do}", "hint": "the programs are of different versions"}
    writer.write(msgspec.json.encode(said) + b"\n")
    await writer.drain()


async def _seen(calls: LiveCalls, asked: Line) -> None:
    assert asked.event is not None
    await calls.seen(asked.event)


_DO: dict[str, Callable[[LiveCalls, Line], Awaitable[Any]]] = {
    "seen": _seen,
    "calls": lambda calls, asked: calls.calls(asked.limit),
    "release": lambda calls, asked: calls.release(asked.id, asked.who, asked.why, asked.victim),
    "counts": lambda calls, _: calls.counts(),
}
