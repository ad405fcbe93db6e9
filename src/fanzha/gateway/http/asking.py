"""Decides the shape in which calls are asked about over HTTP, one or many, and in which their verdicts come back."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from fanzha.gateway.call import Call, written
from fanzha.gateway.engine import Engine
from fanzha.gateway.http.bounds import bounds
from fanzha.gateway.http.fault import Fault, Words, bad_body
from fanzha.gateway.verdict import Verdict

Key = Annotated[str, Meta(min_length=1, max_length=256, description="the switch's own call id")]
Text = Annotated[str, Meta(max_length=256)]
Door = Literal["unknown", "international", "interprovincial", "internetwork", "local", "trunk"]  # contract.Ingress
# UTC microseconds from 2000 to 2100: what every counter, record and partition of the lake can hold.
Moment = Annotated[int, Meta(ge=946_684_800_000_000, lt=4_102_444_800_000_000)]


class Ask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One call. What is left out, or null, is unknown; an absent caller is a withheld one. at: UTC microseconds, of
    this century; now if left out. The other fields are those of fanzha.gateway.call.Call."""

    key: Key
    callee: Annotated[str, Meta(min_length=1, max_length=256)]
    at: Moment | None = None
    caller: Text | None = None
    presented: Text | None = None
    clir: bool | None = None
    trunk: Text | None = None
    peer: Text | None = None
    ingress: Door | None = None
    forwarded_from: Text | None = None
    device: Text | None = None
    serving_region: Annotated[int, Meta(ge=110000, le=829999)] | None = None
    roaming: bool | None = None


class Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Many calls, answered in the same order."""

    calls: list[Ask]


_one: Any = msgspec.json.Decoder(Ask)
_many: Any = msgspec.json.Decoder(Batch)
_encoder = msgspec.json.Encoder()


def answer(engine: Engine, body: bytes, now: int) -> bytes:
    """The JSON answer to a body: one verdict for one call, {"verdicts": [...]} for a batch. Raises Fault."""
    asked = _read(body)
    if isinstance(asked, Ask):
        return _encoder.encode(_verdict(engine, asked, now))
    return _encoder.encode({"verdicts": [_verdict(engine, call, now) for call in asked]})


async def answer_by_turns(engine: Engine, body: bytes, now: int, turn: asyncio.Lock) -> bytes:
    """The same, where calls over SIP get their turn every few calls of a batch: one of a thousand takes longer than a
    switch waits. turn: what all batches of this process take their turns by."""
    asked = _read(body)
    if isinstance(asked, Ask):
        return _encoder.encode(_verdict(engine, asked, now))
    told: list[Verdict] = []
    async with turn:
        for at in range(0, len(asked), bounds().turn_calls):
            told += [_verdict(engine, call, now) for call in asked[at : at + bounds().turn_calls]]
            await asyncio.sleep(0)
    return _encoder.encode({"verdicts": told})


def _read(body: bytes) -> Ask | list[Ask]:
    try:
        # No text within JSON holds "calls" between bare quotes: only a batch does.
        if b'"calls"' not in body:
            asked: Ask = _one.decode(body)
            return asked
        calls: list[Ask] = _many.decode(body).calls
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise bad_body(error) from None
    most = bounds().batch
    if len(calls) > most:
        what = Words(f"一批最多 {most} 个呼叫，收到 {len(calls)} 个", f"{len(calls)} calls, and a batch holds {most}")
        raise Fault(413, "batch_too_large", what, where="calls", hint=Words("分批发送", "send several batches"))
    return calls


def _verdict(engine: Engine, ask: Ask, now: int) -> Verdict:
    at = now if ask.at is None else ask.at
    return engine.ask(
        Call(
            key=ask.key, callee=written(ask.callee), at=at, caller=_written(ask.caller),
            presented=_written(ask.presented), clir=ask.clir, trunk=_written(ask.trunk), peer=ask.peer,
            ingress=ask.ingress, forwarded_from=_written(ask.forwarded_from), device=ask.device,
            serving_region=ask.serving_region, roaming=ask.roaming,
        )
    )  # fmt: skip


def _written(text: str | None) -> str | None:
    return None if text is None else written(text)
