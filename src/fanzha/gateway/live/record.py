"""Decides what the record of a call says (话单): one row of records.contract.CALLS_RAW out of what was seen of it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pyarrow as pa

from fanzha.gateway.live.progress import Progress
from fanzha.records.contract import CALLS_RAW


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One call attempt in the contract's raw words; times are UTC microseconds. What a mirror cannot know is absent."""

    call_id: str
    started: int
    caller: str | None = None
    callee: str | None = None
    answered: int | None = None
    ended: int | None = None
    ring_ms: int | None = None
    talk_ms: int | None = None
    ingress: str | None = None
    trunk: str | None = None
    clir: bool | None = None
    forwarded_from: str | None = None
    release_cause: int | None = None
    released_by: str | None = None
    caller_imei: str | None = None
    serving_region: int | None = None


def row_of(call: Progress, *, known: bool = True) -> Row:
    """The record of a call that has ended. known: whether its end was seen; else the row has no end and no duration.

    ring_ms: from the first ringing answer (180 ...) to the answer or the end; 0 where it never rang.
    """
    ended = call.ended if known else None
    talk = 0 if not call.answered else max(0, call.ended - call.answered) // 1000 if known else None
    answered_or_ended = call.answered or ended
    ring = max(0, answered_or_ended - call.ringing) // 1000 if call.ringing and answered_or_ended else None
    if not call.ringing and "hep" in call.sources:
        ring = 0
    return Row(
        call_id=call.id,
        started=call.started,
        caller=call.caller or None,
        callee=call.callee or None,
        answered=max(call.answered, call.started) if call.answered else None,
        ended=max(ended, call.started, call.answered) if ended is not None else None,
        ring_ms=ring,
        talk_ms=talk,
        ingress=call.ingress or None,
        trunk=call.trunk or None,
        clir=call.clir,
        forwarded_from=call.forwarded_from or None,
        release_cause=call.cause or None,
        released_by=call.by or None,
        caller_imei=call.device,
        serving_region=call.region or None,
    )


def table_of(rows: Sequence[Row]) -> pa.Table:
    """Rows as a table of CALLS_RAW."""
    columns = [
        pa.array([getattr(row, field.name, None) for row in rows], pa.int64()).cast(field.type)
        if pa.types.is_timestamp(field.type)
        else pa.array([getattr(row, field.name, None) for row in rows], field.type)
        for field in CALLS_RAW
    ]
    return pa.Table.from_arrays(columns, schema=CALLS_RAW)
