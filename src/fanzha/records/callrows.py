"""Decides whether a raw row is a call, and what it is in the contract: numbers, keys, times, and what identifies it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from fanzha.numbering import normalise
from fanzha.records.contract import CALLS, UTC_US, Ingress, ReleasedBy
from fanzha.records.keys import keys
from fanzha.records.limits import limits
from fanzha.records.mapping import Mapping
from fanzha.records.rawrows import RawRows
from fanzha.records.reason import Reason
from fanzha.records.text import Int64s, hash_ints, hash_text, text_of, valid_of

_MASK = np.uint64((1 << 62) - 1)
_SALTS = {field: 1_000_003 * at for at, field in enumerate([*CALLS.names, "call_id", "duration_ms"], start=1)}
_KEYED = ("caller_imsi", "caller_imei", "callee_imsi", "callee_imei")
_CELLS = ("caller_cell", "callee_cell")


@dataclass
class CallRows:
    """Good rows as columns of CALLS without id, seq and seen; `base` uint64-> int64[n] hashes what identifies each.

    `named` tells where the source's own call id was hashed: then an equal one is the same call, with no ordinal.
    """

    table: pa.Table
    base: Int64s
    named: npt.NDArray[np.bool_]
    cells: dict[int, str]  # names of cells whose key is a hash


def call_rows(raw: RawRows, mapping: Mapping, network: str, now: datetime) -> CallRows:
    """Judge raw rows (marking the refused in `raw`) and build the columns of the good ones."""
    count = len(raw.reasons)
    fields = {name: _default(raw.fields.get(name), name, count) for name in ("caller", "callee", "started")}
    raw.fields |= fields
    base, named = _identity(raw, mapping, network, count)
    _derive(raw, mapping)
    _judge(raw, now)
    columns: dict[str, pa.Array] = {}
    _numbers(raw, mapping, columns)
    cells = _keys(raw, columns)
    _words(raw, columns)
    for name in (
        "started",
        "answered",
        "ended",
        "trunk",
        "clir",
        "serving_region",
        "ring_ms",
        "talk_ms",
        "release_cause",
    ):
        if (column := raw.fields.get(name)) is not None:
            columns[name] = column
    good = raw.reasons == 0
    keep = None if good.all() else pa.array(good)
    table = _table(columns, keep, network, mapping.id)
    return CallRows(table, base[good], named[good], cells)


def _default(column: pa.Array | None, name: str, count: int) -> pa.Array:
    return column if column is not None else pa.nulls(count, UTC_US if name == "started" else pa.string())


def _identity(raw: RawRows, mapping: Mapping, network: str, count: int) -> tuple[Int64s, npt.NDArray[np.bool_]]:
    start = np.uint64(hash_words(network))
    whole = np.full(count, start, np.uint64)
    for name in sorted(raw.fields):
        if name != "call_id":
            fold(raw.fields[name], _SALTS[name], whole)
    named = np.zeros(count, np.bool_)
    ids = raw.fields.get("call_id")
    if ids is not None:
        named = valid_of(ids)
        whole = np.where(named, _named(ids, network, mapping.id), whole)
    return _id(whole), named


def named_ids(ids: pa.Array, network: str, mapping: str) -> Int64s:
    """The ids of calls that their source has named so itself: an equal name is the same call."""
    return _id(_named(ids, network, mapping))


def _named(ids: pa.Array, network: str, mapping: str) -> npt.NDArray[np.uint64]:
    own = np.full(len(ids), np.uint64(hash_words(network)) ^ np.uint64(hash_words(mapping)), np.uint64)
    fold(ids, _SALTS["call_id"], own)
    return own


def _id(state: npt.NDArray[np.uint64]) -> Int64s:
    return np.maximum((state & _MASK).astype(np.int64), 1)  # 0 is the empty slot of a table of ids


def hash_words(words: str) -> int:
    """The 64-bit hash of one text."""
    state = np.zeros(1, np.uint64)
    text = text_of(pa.array([words]))
    hash_text(text.offsets, text.data, text.valid, 1, state)
    return int(state[0])


def fold(column: pa.Array, salt: int, state: npt.NDArray[np.uint64]) -> None:
    """Fold a column's values into the hash of each row; nulls leave it as it was."""
    if pa.types.is_string(column.type):
        text = text_of(column)
        hash_text(text.offsets, text.data, text.valid, salt, state)
        return
    plain = column.cast(pa.int64()) if not pa.types.is_boolean(column.type) else column.cast(pa.int8()).cast(pa.int64())
    values = np.asarray(pc.fill_null(plain, 0))
    hash_ints(values, valid_of(column), salt, state)


def _micros(column: pa.Array | None, count: int) -> tuple[Int64s, npt.NDArray[np.bool_]]:
    if column is None:
        return np.zeros(count, np.int64), np.zeros(count, np.bool_)
    return np.asarray(pc.fill_null(column.cast(pa.int64()), 0)), valid_of(column)


def _derive(raw: RawRows, mapping: Mapping) -> None:
    """Fill times that the source says in another way; what it says itself is never overwritten."""
    count = len(raw.reasons)
    started, has_start = _micros(raw.fields["started"], count)
    for name in mapping.derive:
        answered, has_answer = _micros(raw.fields.get("answered"), count)
        ended, has_end = _micros(raw.fields.get("ended"), count)
        talk, has_talk = _micros(raw.fields.get("talk_ms"), count)
        span, has_span = _micros(raw.fields.get("duration_ms"), count)
        talked = has_talk & (talk > 0)
        if name == "ended_from_duration":
            _fill(raw, "ended", ended, has_end, started + span * 1000, has_start & has_span)
        elif name == "answered_from_talk":
            _fill(raw, "answered", answered, has_answer, ended - talk * 1000, has_end & talked)
        elif name == "answered_at_start":
            _fill(raw, "answered", answered, has_answer, started, has_start & talked)
        elif name == "ended_from_talk":
            since, known = np.where(talked, answered, started), np.where(talked, has_answer, has_start)
            _fill(raw, "ended", ended, has_end, since + talk * 1000, has_talk & known)
        else:
            rang = np.where(has_answer, answered, ended) - started
            ring, has_ring = _micros(raw.fields.get("ring_ms"), count)
            _fill(raw, "ring_ms", ring, has_ring, rang // 1000, has_start & (has_answer | has_end))
    _settle_answer(raw, count)
    if "duration_ms" in raw.fields:
        span, has_span = _micros(raw.fields["duration_ms"], count)
        raw.refuse(has_span & (span < 0), Reason.NEGATIVE, "duration_ms")


def _settle_answer(raw: RawRows, count: int) -> None:
    """Who talked was answered, whatever a mapping forgot to say; who was answered until the end talked that long.

    Without this, a source with talk times but no answer time would look like a network where nobody ever picks up.
    """
    started, has_start = _micros(raw.fields["started"], count)
    answered, has_answer = _micros(raw.fields.get("answered"), count)
    ended, has_end = _micros(raw.fields.get("ended"), count)
    talk, has_talk = _micros(raw.fields.get("talk_ms"), count)
    ring, has_ring = _micros(raw.fields.get("ring_ms"), count)
    talked = has_start & ~has_answer & has_talk & (talk > 0)
    if talked.any():
        since_end = has_end & (ended - talk * 1000 >= started)
        rung = started + np.where(has_ring, ring, 0) * 1000
        _fill(raw, "answered", answered, has_answer, np.where(since_end, ended - talk * 1000, rung), talked)
    spoken = has_answer & has_end & ~has_talk & (ended >= answered)
    if spoken.any():
        _fill(raw, "talk_ms", talk, has_talk, (ended - answered) // 1000, spoken)


def _fill(
    raw: RawRows, name: str, old: Int64s, has_old: npt.NDArray[np.bool_], new: Int64s, has_new: npt.NDArray[np.bool_]
) -> None:
    column = pa.array(np.where(has_old, old, new), mask=~(has_old | has_new))
    raw.fields[name] = column if name.endswith("_ms") else column.cast(UTC_US)


def _judge(raw: RawRows, now: datetime) -> None:
    count = len(raw.reasons)
    started, has_start = _micros(raw.fields["started"], count)
    answered, has_answer = _micros(raw.fields.get("answered"), count)
    ended, has_end = _micros(raw.fields.get("ended"), count)
    raw.refuse(~has_start, Reason.STARTED_MISSING, "started")
    raw.refuse(started < _micro(limits().earliest), Reason.PAST, "started")
    latest = _micro(now + timedelta(hours=limits().ahead_hours))
    raw.refuse(started > latest, Reason.FUTURE, "started")
    raw.refuse((ended > latest) | (answered > latest), Reason.FUTURE, "ended")
    for name in ("ring_ms", "talk_ms"):
        span, has_span = _micros(raw.fields.get(name), count)
        raw.refuse(has_span & (span < 0), Reason.NEGATIVE, name)
        raw.refuse(has_span & (span > 2**31 - 1), Reason.NUMBER, name)
    wrong = (
        (has_end & (ended < started))
        | (has_answer & (answered < started))
        | (has_end & has_answer & (ended < answered))
    )
    raw.refuse(wrong, Reason.ORDER, "ended")
    for name, most in (("release_cause", 2**15 - 1), ("serving_region", 2**31 - 1)):
        value, _ = _micros(raw.fields.get(name), count)
        raw.refuse((value < 0) | (value > most), Reason.NUMBER, name)


def _micro(time: datetime) -> int:
    return int(pa.scalar(time, UTC_US).value)


def _numbers(raw: RawRows, mapping: Mapping, columns: dict[str, pa.Array]) -> None:
    for name in ("caller", "callee", "forwarded_from"):
        words = raw.fields.get(name)
        if words is None:
            continue
        columns[name] = number_keys(words, mapping)
        if name != "forwarded_from":
            columns[f"{name}_raw"] = words
    raw.refuse(~valid_of(columns["callee"]), Reason.CALLEE_MISSING, "callee")


def number_keys(words: pa.Array, mapping: Mapping) -> pa.Array:
    """Numbers as int64 keys, null where withheld; each distinct text is normalised once."""
    coded = words.dictionary_encode()
    area = None if mapping.area is None else str(mapping.area)
    found = np.asarray(normalise(coded.dictionary, area=area).number, np.int64)
    distinct = pa.array(found, mask=found == 0)
    return distinct.take(coded.indices)


def _keys(raw: RawRows, columns: dict[str, pa.Array]) -> dict[int, str]:
    names: dict[int, str] = {}
    for name in _KEYED:
        if (words := raw.fields.get(name)) is not None:
            columns[name] = keys(words, leading_zeros_count=False)[0]
    for name in _CELLS:
        if (words := raw.fields.get(name)) is not None:
            columns[name] = cell_keys(words, names)
    return names


def cell_keys(words: pa.Array, names: dict[int, str]) -> pa.Array:
    """Keys of cells; the names of those that are hashes are put into `names`."""
    coded = words.dictionary_encode()
    distinct, hashed = keys(coded.dictionary, leading_zeros_count=True)
    for at in hashed:
        names[distinct[at].as_py()] = coded.dictionary[at].as_py()
    return distinct.take(coded.indices)


def _words(raw: RawRows, columns: dict[str, pa.Array]) -> None:
    for name, kind in (("ingress", Ingress), ("released_by", ReleasedBy)):
        words = raw.fields.get(name)
        if words is None:
            continue
        known = pa.array([member.name.lower() for member in kind])
        place = pc.index_in(pc.utf8_lower(pc.utf8_trim_whitespace(words)), known)
        raw.refuse(valid_of(words) & ~valid_of(place), Reason.WORD, name)
        codes = pa.array([member.value for member in kind], pa.int8())
        columns[name] = pc.fill_null(codes.take(place), 0)


def _table(columns: dict[str, pa.Array], keep: pa.Array | None, network: str, source: str) -> pa.Table:
    """The good rows, with every column of CALLS but id, seq and seen."""
    arrays = {name: column if keep is None else column.filter(keep) for name, column in columns.items()}
    count = len(arrays["started"])
    whole: dict[str, pa.Array] = {}
    for field in CALLS:
        if field.name in ("id", "seq", "seen"):
            continue
        if field.name in ("network", "source"):
            word = network if field.name == "network" else source
            whole[field.name] = pa.repeat(pa.scalar(word, pa.string()), count)
        elif field.name in arrays:
            whole[field.name] = arrays[field.name].cast(field.type, safe=False)
        elif field.nullable:
            whole[field.name] = pa.nulls(count, field.type)
        else:
            whole[field.name] = pa.repeat(pa.scalar(0, field.type), count)
    return pa.table(whole)
