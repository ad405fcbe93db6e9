"""Decides the shape in which calls are asked about over HTTP, one or many, and in which their verdicts come back."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from fanzha.gateway.call import Call
from fanzha.gateway.engine import Engine
from fanzha.gateway.http.bounds import bounds
from fanzha.gateway.http.fault import Fault, Words, bad_body
from fanzha.gateway.verdict import Verdict

Key = Annotated[str, Meta(min_length=1, max_length=256, description="the switch's own call id")]
Text = Annotated[str, Meta(max_length=256)]


class Ask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One call. What is left out, or null, is unknown; an absent caller is a withheld one. at: UTC microseconds, now
    if left out. The other fields are those of fanzha.gateway.call.Call."""

    key: Key
    callee: Annotated[str, Meta(min_length=1, max_length=256)]
    at: Annotated[int, Meta(ge=0)] | None = None
    caller: Text | None = None
    presented: Text | None = None
    clir: bool | None = None
    trunk: Text | None = None
    peer: Text | None = None
    ingress: Text | None = None
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
    try:
        # No text within JSON holds "calls" between bare quotes: only a batch does.
        if b'"calls"' in body:
            return _batch(engine, _many.decode(body).calls, now)
        return _encoder.encode(_verdict(engine, _one.decode(body), now))
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise bad_body(error) from None


def _batch(engine: Engine, calls: list[Ask], now: int) -> bytes:
    most = bounds().batch
    if len(calls) > most:
        what = Words(f"一批最多 {most} 个呼叫，收到 {len(calls)} 个", f"{len(calls)} calls, and a batch holds {most}")
        raise Fault(413, "batch_too_large", what, where="calls", hint=Words("分批发送", "send several batches"))
    return _encoder.encode({"verdicts": [_verdict(engine, call, now) for call in calls]})


def _verdict(engine: Engine, ask: Ask, now: int) -> Verdict:
    at = now if ask.at is None else ask.at
    return engine.ask(
        Call(
            key=ask.key, callee=ask.callee, at=at, caller=ask.caller, presented=ask.presented, clir=ask.clir,
            trunk=ask.trunk, peer=ask.peer, ingress=ask.ingress, forwarded_from=ask.forwarded_from,
            device=ask.device, serving_region=ask.serving_region, roaming=ask.roaming,
        )
    )  # fmt: skip
