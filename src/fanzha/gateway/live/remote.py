"""Decides how a process that does not own the live table reaches it: the gateway's workers, the command line."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from fanzha.errors import StorageError
from fanzha.gateway.call import Call
from fanzha.gateway.live.control import Line
from fanzha.gateway.live.event import DialogEvent
from fanzha.gateway.live.livecalls import LiveCall, LiveCalls, Outcome, Party
from fanzha.gateway.verdict import Verdict
from fanzha.socketpath import short_name

T = TypeVar("T")
_ANSWER_BYTES = 67_108_864
_PATIENCE_S = 2.0
_REPORT_S = 0.5  # a switch waits 2 s for our answer to its report: by then it must be kept elsewhere
_RELEASE_S = 30.0
_LAST_WORDS_S = 0.2
_BEHIND_BYTES = 1_048_576  # waiting in our own buffer for an owner that hangs, from which on nothing is added
_AGAIN_S = 1.0  # how soon a missing owner is looked for again for a verdict's sake
_HANGS = "see whether fanzha hep hangs or has no processor left; restart it"
_encode = msgspec.json.Encoder().encode


class RemoteCalls(LiveCalls):
    """The calls of the process that answers at `path` (FANZHA_HOME/calls/control.sock). One event loop."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._pending: dict[int, asyncio.Future[Any]] = {}
        self._next = 0
        self._tried = 0.0
        self.unheard = 0  # verdicts that could not be passed on

    async def close(self) -> None:
        """Hang up. What an owner that hangs has not taken after a moment is lost: the loop could not end with it."""
        if self._connecting is not None:
            self._connecting.cancel()
        if self._reading is not None:
            self._reading.cancel()
        if self._writer is not None:
            transport, self._writer = self._writer.transport, None
            until = time.monotonic() + _LAST_WORDS_S
            while transport.get_write_buffer_size() and time.monotonic() < until:
                await asyncio.sleep(0.01)
            transport.abort()

    def asked(self, call: Call, verdict: Verdict) -> None:
        """See LiveCalls."""
        writer = self._writer
        if writer is None:
            self.unheard += 1
            if time.monotonic() - self._tried > _AGAIN_S:
                self._tried = time.monotonic()
                self._connecting = asyncio.get_running_loop().create_task(self._try())
        elif _behind(writer):
            self.unheard += 1
        else:
            writer.write(_encode(Line(do="asked", call=call, verdict=verdict)) + b"\n")

    async def seen(self, event: DialogEvent) -> None:
        """See LiveCalls."""
        await self._ask(Line(do="seen", event=event), _REPORT_S)

    async def calls(self, limit: int = 1000) -> list[LiveCall]:
        """See LiveCalls."""
        return msgspec.convert(await self._ask(Line(do="calls", limit=limit), _RELEASE_S), list[LiveCall])

    async def release(self, id: str, who: str, why: str, victim: Party = "callee") -> Outcome:  # noqa: A002
        """See LiveCalls."""
        line = Line(do="release", id=id, who=who, why=why, victim=victim)
        return msgspec.convert(await self._ask(line, _RELEASE_S), Outcome)

    async def counts(self) -> dict[str, int]:
        """See LiveCalls."""
        return msgspec.convert(await self._ask(Line(do="counts"), _PATIENCE_S), dict[str, int])

    async def _try(self) -> None:
        try:
            await self._connect()
        except StorageError:
            return

    async def _connect(self) -> asyncio.StreamWriter:
        if self._writer is not None:
            return self._writer
        try:
            with short_name(self._path) as name:
                reader, writer = await asyncio.open_unix_connection(name, limit=_ANSWER_BYTES)
        except OSError as error:
            raise StorageError(
                f"nobody follows calls here: {error.strerror or error}", where=str(self._path), hint="start fanzha hep"
            ) from error
        return self._adopt(reader, writer)

    def _adopt(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> asyncio.StreamWriter:
        """Use a connection, unless another question was faster."""
        if self._writer is not None:
            writer.close()
            return self._writer
        self._writer = writer
        self._reading = asyncio.create_task(self._read(reader, writer))
        return writer

    async def _ask(self, line: Line, patience_s: float) -> Any:
        writer = await self._connect()
        if _behind(writer):
            raise StorageError("the owner of the live calls takes nothing any more", where=str(self._path), hint=_HANGS)
        self._next += 1
        line.n = self._next
        future = self._pending[line.n] = asyncio.get_running_loop().create_future()
        try:
            writer.write(_encode(line) + b"\n")
            return await asyncio.wait_for(future, patience_s)
        except TimeoutError:
            raise StorageError(
                f"the owner of the live calls did not answer in {patience_s:g} s", where=str(self._path), hint=_HANGS
            ) from None
        finally:
            self._pending.pop(line.n, None)

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                self._take(msgspec.json.decode(line))
        except (OSError, ValueError, msgspec.MsgspecError):
            pass
        finally:
            writer.close()
            self._writer = None
            gone = StorageError("the owner of the live calls went away", where=str(self._path))
            for future in self._pending.values():
                if not future.done():
                    future.set_exception(gone)

    def _take(self, answer: dict[str, Any]) -> None:
        future = self._pending.get(answer.get("n", 0))
        if future is None or future.done():
            return
        if "error" in answer:
            future.set_exception(
                StorageError(answer["error"], where=answer.get("where", ""), hint=answer.get("hint", ""))
            )
        else:
            future.set_result(answer.get("result"))


def _behind(writer: asyncio.StreamWriter) -> bool:
    return writer.transport.get_write_buffer_size() > _BEHIND_BYTES
