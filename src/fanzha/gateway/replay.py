"""Decides what a policy would have answered to calls of the past: the same `decide`, over the lake, in order of time.

For whoever is about to put a policy or a limit in force: whom it would have stopped. A call that would have been
refused counts as tried and not as passed, whatever became of it then.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from fanzha.gateway.call import Call
from fanzha.gateway.counters import Counters
from fanzha.gateway.decide import weigh
from fanzha.gateway.inquiry import Inquiry
from fanzha.gateway.state import Live
from fanzha.gateway.verdict import Verdict
from fanzha.policy import Action, Policy
from fanzha.records.contract import Ingress
from fanzha.records.lake import Lake

_COLUMNS = (
    "id", "seq", "caller_raw", "callee_raw", "started", "answered", "ended", "ingress", "trunk", "clir", "caller_imei",
    "serving_region",
)  # fmt: skip
_STEP = timedelta(hours=1)  # so much of a network's calls is in memory at once
_IMEI_DIGITS = 15


def replay(
    lake: Lake, policy: Policy, *, start: datetime, end: datetime, network: str | None = None, live: Live | None = None
) -> Iterator[tuple[Call, Verdict]]:
    """Each call started in [start, end), oldest first, with its verdict. Key of a call: its id in the lake.

    live: with counters of its own, not those of a gateway; fresh ones if None, which say so for their first hour.
    """
    aids = live or Live(counters=Counters(now=_micros(start)))
    ends: list[tuple[int, bool, int]] = []
    while start < end:
        for row in _rows(lake, start, min(start + _STEP, end), network):
            _tell(aids, ends, row["started"])
            yield _judged(row, policy, aids, ends)
        start += _STEP


def _rows(lake: Lake, start: datetime, end: datetime, network: str | None) -> Iterator[dict[str, Any]]:
    batches = list(lake.scan(_COLUMNS, start=start, end=end, network=network))
    if not batches:
        return
    table = pa.Table.from_batches(batches)
    for name in ("started", "answered", "ended"):
        table = table.set_column(table.schema.get_field_index(name), name, table[name].cast(pa.int64()))
    order = np.lexsort((np.asarray(table["seq"]), np.asarray(table["started"])))
    for batch in table.take(pa.array(order)).to_batches(max_chunksize=4096):
        yield from batch.to_pylist()


def _tell(live: Live, ends: list[tuple[int, bool, int]], now: int) -> None:
    """What the edge would have told by then."""
    if live.counters is None:
        return
    while ends and ends[0][0] <= now:
        at, over, call = heapq.heappop(ends)
        (live.counters.ended if over else live.counters.answered)(call, at)
    live.counters.heard(now)


def _judged(row: dict[str, Any], policy: Policy, live: Live, ends: list[tuple[int, bool, int]]) -> tuple[Call, Verdict]:
    call = _call(row)
    asked = Inquiry(call, policy, live.reader)
    verdict = weigh(asked, policy, live, live.clock())
    passed = verdict.action < Action.LIMIT
    if live.counters is not None:
        hashes = (asked.trunk_hash, asked.callee.number, asked.call_hash)
        live.counters.record(asked.caller.number, *hashes, call.at, passed)
        if passed and row["ended"] is not None:
            heapq.heappush(ends, (row["ended"], True, asked.call_hash))
            if row["answered"] is not None:
                heapq.heappush(ends, (row["answered"], False, asked.call_hash))
    return call, verdict


def _call(row: dict[str, Any]) -> Call:
    device, ingress = row["caller_imei"], Ingress(row["ingress"])
    return Call(
        key=str(row["id"]),
        callee=row["callee_raw"] or "",
        at=row["started"],
        caller=row["caller_raw"],
        clir=row["clir"],
        trunk=row["trunk"],
        ingress=None if ingress is Ingress.UNKNOWN else ingress.name.lower(),
        device=f"{device:0{_IMEI_DIGITS}d}" if device is not None and device > 0 else None,
        serving_region=row["serving_region"],
    )


def _micros(moment: datetime) -> int:
    return int(moment.timestamp() * 1e6)
