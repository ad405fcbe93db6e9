"""Decides how call records become events: which sides of a call feed which profile, and what each is told."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fanzha import numbering
from fanzha.profiles.event import (
    AWAY,
    AWAY_KNOWN,
    CLIR,
    CLIR_KNOWN,
    EVENT,
    FAR_KNOWN,
    INTERNATIONAL,
    IS_FAR,
    LOCAL_HERE,
    NO_RING,
    OUTGOING,
    WAS_ANSWERED,
    WAS_FORWARDED,
    Events,
)
from fanzha.profiles.fields import EntityKind
from fanzha.profiles.kernel import kernel
from fanzha.records.contract import Ingress

COLUMNS = (
    "seq",
    "caller",
    "callee",
    "started",
    "answered",
    "ring_ms",
    "talk_ms",
    "ingress",
    "clir",
    "forwarded_from",
    "caller_imsi",
    "caller_imei",
    "caller_cell",
    "callee_imsi",
    "callee_imei",
    "callee_cell",
    "serving_region",
)


class CallColumns(NamedTuple):
    """One batch of calls as plain arrays, 0 for unknown; `t` and `talk` and `ring` in seconds."""

    seq: NDArray[np.int64]
    caller: NDArray[np.int64]
    callee: NDArray[np.int64]
    t: NDArray[np.int64]
    talk: NDArray[np.int64]
    ring: NDArray[np.int64]
    flags: NDArray[np.uint16]  # what both sides share
    caller_region: NDArray[np.int32]
    callee_region: NDArray[np.int32]
    serving_region: NDArray[np.int32]
    local: NDArray[np.bool_]  # the caller is on the reporting network's own radio
    caller_kind: NDArray[np.int8]
    callee_kind: NDArray[np.int8]
    caller_imsi: NDArray[np.int64]
    caller_imei: NDArray[np.int64]
    caller_cell: NDArray[np.int64]
    callee_imsi: NDArray[np.int64]
    callee_imei: NDArray[np.int64]
    callee_cell: NDArray[np.int64]


def _ints(batch: pa.RecordBatch, name: str, unknown: int = 0) -> NDArray[np.int64]:
    column = batch.column(name)
    if column.null_count:
        column = pc.fill_null(column, unknown)
    values: NDArray[np.int64] = column.to_numpy(zero_copy_only=False)
    return values


def _seconds(batch: pa.RecordBatch, name: str) -> NDArray[np.int64]:
    return batch.column(name).cast(pa.int64()).to_numpy(zero_copy_only=False) // 1_000_000


def _flags(batch: pa.RecordBatch) -> NDArray[np.uint16]:
    flags = np.zeros(batch.num_rows, np.uint16)
    flags[np.asarray(pc.is_valid(batch.column("answered")).to_numpy(zero_copy_only=False))] |= WAS_ANSWERED
    flags[_ints(batch, "ingress") == Ingress.INTERNATIONAL] |= INTERNATIONAL
    flags[np.asarray(pc.is_valid(batch.column("forwarded_from")).to_numpy(zero_copy_only=False))] |= WAS_FORWARDED
    clir = batch.column("clir")
    if clir.null_count < batch.num_rows:
        flags[np.asarray(pc.is_valid(clir).to_numpy(zero_copy_only=False))] |= CLIR_KNOWN
        flags[np.asarray(pc.fill_null(clir, False).to_numpy(zero_copy_only=False))] |= CLIR
    return flags


def call_columns(batch: pa.RecordBatch) -> CallColumns:
    """Plain arrays of a batch that holds at least `COLUMNS`."""
    caller, callee = _ints(batch, "caller"), _ints(batch, "callee")
    ring = _ints(batch, "ring_ms", -1).astype(np.int64)
    ingress = _ints(batch, "ingress")
    return CallColumns(
        seq=_ints(batch, "seq"),
        caller=caller,
        callee=callee,
        t=_seconds(batch, "started"),
        talk=_ints(batch, "talk_ms").astype(np.int64) // 1000,
        ring=np.where(ring < 0, NO_RING, np.minimum(ring // 1000, NO_RING - 1)),
        flags=_flags(batch),
        caller_region=numbering.region_of(caller),
        callee_region=numbering.region_of(callee),
        serving_region=_ints(batch, "serving_region").astype(np.int32),
        local=(ingress == Ingress.LOCAL) | (ingress == Ingress.UNKNOWN),
        caller_kind=numbering.kind_of(caller),
        callee_kind=numbering.kind_of(callee),
        caller_imsi=_ints(batch, "caller_imsi"),
        caller_imei=_ints(batch, "caller_imei"),
        caller_cell=_ints(batch, "caller_cell"),
        callee_imsi=_ints(batch, "callee_imsi"),
        callee_imei=_ints(batch, "callee_imei"),
        callee_cell=_ints(batch, "callee_cell"),
    )


@kernel
def _caller_flags(c: CallColumns, i: int) -> int:
    flags = np.int64(c.flags[i]) | OUTGOING
    own, other, here = c.caller_region[i], c.callee_region[i], c.serving_region[i]
    if own > 0 and other > 0:
        flags |= FAR_KNOWN
        if own // 100 != other // 100:
            flags |= IS_FAR
    if own > 0 and here > 0 and c.local[i]:
        flags |= AWAY_KNOWN
        if own // 10000 != here // 10000:
            flags |= AWAY
            if other > 0 and other // 10000 == here // 10000:
                flags |= LOCAL_HERE
    return flags


@kernel
def _fill(
    e: Any,
    n: int,
    c: CallColumns,
    i: int,
    key: int,
    peer: int,
    place: int,
    gear: int,
    flags: int,
    kind: int,
) -> int:
    row = e[n]
    row.key = key
    row.peer = peer
    row.place = place
    row.gear = gear
    row.seq = c.seq[i]
    row.t = c.t[i]
    row.talk = c.talk[i]
    row.ring = c.ring[i]
    row.flags = flags
    row.kind = kind
    return n + 1


@kernel
def _numbers(c: CallColumns, e: np.ndarray) -> int:
    n = 0
    for i in range(c.seq.shape[0]):
        if c.caller[i] != 0:
            flags = _caller_flags(c, i)
            n = _fill(e, n, c, i, c.caller[i], c.callee[i], c.caller_cell[i], c.caller_imei[i], flags, c.caller_kind[i])
        if c.callee[i] != 0:
            flags = np.int64(c.flags[i])
            n = _fill(e, n, c, i, c.callee[i], c.caller[i], c.callee_cell[i], c.callee_imei[i], flags, c.callee_kind[i])
    return n


@kernel
def _devices(c: CallColumns, e: np.ndarray) -> int:
    n = 0
    for i in range(c.seq.shape[0]):
        if c.caller_imei[i] != 0:
            n = _fill(
                e, n, c, i, c.caller_imei[i], c.caller[i], c.caller_cell[i], c.caller_imsi[i], _caller_flags(c, i), -1
            )
        if c.callee_imei[i] != 0:
            flags = np.int64(c.flags[i])
            n = _fill(e, n, c, i, c.callee_imei[i], c.callee[i], c.callee_cell[i], c.callee_imsi[i], flags, -1)
    return n


@kernel
def _cells(c: CallColumns, e: np.ndarray) -> int:
    n = 0
    for i in range(c.seq.shape[0]):
        if c.caller_cell[i] != 0:
            flags = _caller_flags(c, i)
            n = _fill(e, n, c, i, c.caller_cell[i], c.caller[i], 0, c.caller_imei[i], flags, -1)
        if c.callee_cell[i] != 0:
            flags = np.int64(c.flags[i])
            n = _fill(e, n, c, i, c.callee_cell[i], c.callee[i], 0, c.callee_imei[i], flags, -1)
    return n


_PACK = {EntityKind.NUMBER: _numbers, EntityKind.DEVICE: _devices, EntityKind.CELL: _cells}


def events_of(calls: CallColumns, kind: EntityKind) -> Events:
    """The events (EVENT[n], n at most twice the calls) that these calls are to profiles of this kind, in call order.

    A withheld caller (0) has no profile; a number without SIM, device or cell feeds only its number profile.
    """
    events = np.zeros(2 * calls.seq.shape[0], EVENT)
    return events[: _PACK[kind](calls, events)]
