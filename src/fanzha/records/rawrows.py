"""Decides what each row of a file says, in the raw fields of the contract, by the operator's mapping alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from fanzha.errors import MappingError
from fanzha.records.contract import UTC_US
from fanzha.records.fields import Type, field_types
from fanzha.records.mapping import Column, Mapping
from fanzha.records.reason import Reason
from fanzha.records.rows import Rows
from fanzha.records.text import Int64s, read_decimals, read_times, text_of, valid_of

_EPOCHS = {"epoch_s": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1}
_TRUE = pa.array(["1", "true", "t", "yes", "y", "是"])
_FALSE = pa.array(["0", "false", "f", "no", "n", "否"])
_SHANGHAI_SINCE = 694_224_000_000_000  # 1992-01-01: the last summer time there (1991) is over
_SHANGHAI = 28_800_000_000


@dataclass
class RawRows:
    """Typed raw fields (string, timestamp[us, UTC], int64, bool), null where empty, and why a row is refused.

    `reasons` is uint8[n] of Reason; `details` says by row which field it was.
    """

    fields: dict[str, pa.Array]
    reasons: npt.NDArray[np.uint8]
    details: npt.NDArray[np.uint8]  # index into `names` of the field at fault
    names: list[str]

    def refuse(self, bad: npt.NDArray[np.bool_], reason: Reason, name: str) -> None:
        """Mark rows as refused, unless they are already."""
        if bad.any():
            fresh = bad & (self.reasons == 0)
            self.reasons[fresh] = reason
            if name not in self.names:
                self.names.append(name)
            self.details[fresh] = self.names.index(name)


def raw_rows(rows: Rows, mapping: Mapping) -> RawRows:
    """Map the columns of a file's rows to raw fields."""
    count = len(rows.numbers)
    raw = RawRows({}, np.zeros(count, np.uint8), np.zeros(count, np.uint8), [])
    types = field_types(mapping.kind)
    for name, column in mapping.fields().items():
        found = _gather(rows, column, mapping, count)
        if found is not None:
            raw.fields[name] = _typed(found, name, types[name].type, column, mapping, raw)
    if mapping.swap is not None:
        _swap(rows, mapping, raw)
    return raw


def _gather(rows: Rows, column: Column, mapping: Mapping, count: int) -> pa.Array | None:
    if column.constant is not None:
        return pa.array([str(column.constant)] * count, pa.string())
    present = [rows.columns[name] for name in column.sources if name in rows.columns]
    if not present or len(present) < len(column.sources):
        return None
    if len(present) == 1:
        return _emptied(present[0], mapping)
    texts = [pc.fill_null(_emptied(_as_text(one), mapping), "") for one in present]
    joined = pc.binary_join_element_wise(*texts, column.separator)
    nothing = pc.equal(joined, column.separator * (len(texts) - 1))
    return pc.if_else(nothing, None, joined)


def _emptied(column: pa.Array, mapping: Mapping) -> pa.Array:
    """Null where the text is one of the mapping's words for nothing."""
    if not _is_text(column):
        return column
    if pa.types.is_dictionary(column.type):
        column = column.cast(pa.string())
    offsets = text_of(column).offsets
    shortest = np.diff(offsets)
    longest = max((len(word.encode()) for word in mapping.nulls), default=0)
    short = shortest <= longest
    if not short.any():
        return column
    if set(mapping.nulls) >= {""} and not (short & (shortest > 0)).any():
        empty = shortest == 0
    else:
        empty = np.asarray(pc.is_in(column, pa.array(mapping.nulls, column.type)).to_numpy(zero_copy_only=False))
    return pc.if_else(pa.array(empty), pa.scalar(None, column.type), column) if empty.any() else column


def _is_text(column: pa.Array) -> bool:
    kind = column.type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind))


def _as_text(column: pa.Array) -> pa.Array:
    if pa.types.is_string(column.type):
        return column
    if pa.types.is_floating(column.type):
        # 13800000000.0 is how a table with gaps writes an integer.
        whole = pc.equal(pc.round(column), column)
        if pc.all(whole, skip_nulls=True).as_py() is not False:
            column = column.cast(pa.int64())
    try:
        return column.cast(pa.string())
    except pa.ArrowException as error:
        raise MappingError(f"a column of type {column.type} cannot be read as text") from error


def _typed(found: pa.Array, name: str, kind: Type, column: Column, mapping: Mapping, raw: RawRows) -> pa.Array:
    if column.values:
        found = _translated(_as_text(found), name, column, raw)
    if kind is Type.TIME:
        return _times(found, name, column, mapping, raw)
    if kind in (Type.SPAN, Type.INTEGER):
        return _integers(found, name, 1000 if kind is Type.SPAN and column.unit == "s" else 1, raw)
    if kind is Type.FLAG:
        return _flags(found, name, raw)
    text = pc.utf8_trim_whitespace(_as_text(found)) if kind is not Type.TEXT else _as_text(found)
    if mapping.numbers == "opaque" and (kind is Type.NUMBER or (kind is Type.KEY and name.endswith(("imsi", "imei")))):
        return pc.binary_join_element_wise("opaque", text, ":")
    return text


def _translated(words: pa.Array, name: str, column: Column, raw: RawRows) -> pa.Array:
    known = {str(word): None if value is None else str(value) for word, value in column.values.items()}
    place = pc.index_in(words, pa.array(list(known), pa.string()))
    translated = pc.take(pa.array(list(known.values()), pa.string()), place)
    strange = valid_of(words) & ~valid_of(place)
    if column.otherwise == "keep":
        return pc.if_else(pa.array(strange), words, translated)
    if column.otherwise == "quarantine":
        raw.refuse(strange, Reason.WORD, name)
    return translated


def _times(found: pa.Array, name: str, column: Column, mapping: Mapping, raw: RawRows) -> pa.Array:
    if pa.types.is_timestamp(found.type):
        if found.type.tz is not None:
            return found.cast(UTC_US, safe=False)
        return _in_zone(found.cast(pa.timestamp("us"), safe=False), mapping)
    if column.time in _EPOCHS:
        if pa.types.is_integer(found.type):
            micros = found.cast(pa.int64()).cast(pa.float64())
            bad = np.abs(np.nan_to_num(micros.to_numpy(zero_copy_only=False))) * _EPOCHS[column.time] > 2**62
            raw.refuse(bad, Reason.TIME, name)
            found = pc.if_else(pa.array(bad), 0, found.cast(pa.int64()))
            return pc.multiply(found, _EPOCHS[column.time]).cast(UTC_US)
        return _decimals(_as_text(found), name, _EPOCHS[column.time], Reason.TIME, raw).cast(UTC_US)
    if column.time != "iso":
        text = pc.utf8_trim_whitespace(_as_text(found))
        times = pc.strptime(text, format=column.time, unit="us", error_is_null=True)
        raw.refuse(valid_of(text) & ~valid_of(times), Reason.TIME, name)
        return times.cast(UTC_US) if times.type.tz is not None else _in_zone(times, mapping)
    return _iso(text_of(_as_text(found)), name, mapping, raw)


def _iso(
    text: tuple[Int64s, npt.NDArray[np.uint8], npt.NDArray[np.bool_]], name: str, mapping: Mapping, raw: RawRows
) -> pa.Array:
    offsets, data, valid = text
    micros, zoned, bad = np.zeros(len(valid), np.int64), np.zeros(len(valid), np.bool_), np.zeros(len(valid), np.bool_)
    read_times(offsets, data, valid, micros, zoned, bad)
    raw.refuse(bad, Reason.TIME, name)
    mask = ~valid | bad
    if zoned.all():
        return pa.array(micros, mask=mask).cast(UTC_US)
    local = _in_zone(pa.array(micros, mask=mask).cast(pa.timestamp("us")), mapping)
    if not zoned.any():
        return local
    return pc.if_else(pa.array(zoned), pa.array(micros, mask=mask).cast(UTC_US), local)


def _in_zone(local: pa.Array, mapping: Mapping) -> pa.Array:
    if mapping.zone == "UTC":
        return local.cast(UTC_US)
    if mapping.zone == "Asia/Shanghai":
        micros = local.cast(pa.int64())
        first = pc.min(micros).as_py()
        if first is None or first >= _SHANGHAI_SINCE:
            return pc.subtract(micros, _SHANGHAI).cast(UTC_US)
    try:
        return pc.assume_timezone(local, mapping.zone, ambiguous="earliest", nonexistent="earliest").cast(UTC_US)
    except pa.ArrowInvalid as error:
        raise MappingError(
            f"no time zone {mapping.zone}", where=f"mapping {mapping.id}", hint="for instance Asia/Shanghai or UTC"
        ) from error


def _integers(found: pa.Array, name: str, scale: int, raw: RawRows) -> pa.Array:
    if pa.types.is_integer(found.type) and scale == 1:
        return found.cast(pa.int64())
    return _decimals(_as_text(found), name, scale, Reason.NUMBER, raw)


def _decimals(words: pa.Array, name: str, scale: int, reason: Reason, raw: RawRows) -> pa.Array:
    text = text_of(words)
    out, bad = np.zeros(len(words), np.int64), np.zeros(len(words), np.bool_)
    read_decimals(text.offsets, text.data, text.valid, scale, out, bad)
    raw.refuse(bad, reason, name)
    return pa.array(out, mask=~text.valid | bad)


def _flags(found: pa.Array, name: str, raw: RawRows) -> pa.Array:
    if pa.types.is_boolean(found.type):
        return found
    words = pc.utf8_lower(pc.utf8_trim_whitespace(_as_text(found)))
    yes, no = pc.is_in(words, _TRUE), pc.is_in(words, _FALSE)
    raw.refuse(valid_of(words) & ~np.asarray(pc.or_(yes, no)), Reason.WORD, name)
    return pc.if_else(yes, True, pc.if_else(no, False, None))


def _swap(rows: Rows, mapping: Mapping, raw: RawRows) -> None:
    """Change sides on rows written from the called subscriber's view; mark the forwarding one."""
    swap = mapping.swap
    assert swap is not None
    words = pc.utf8_trim_whitespace(_as_text(rows.columns[swap.column]))
    called = _among(words, swap.called)
    forwarded = _among(words, swap.forwarded)
    strange = ~(_among(words, swap.calling) | called | forwarded)
    raw.refuse(strange, Reason.WORD, swap.column)
    caller, callee = raw.fields["caller"], raw.fields["callee"]
    turned = pa.array(called)
    raw.fields["caller"], raw.fields["callee"] = pc.if_else(turned, callee, caller), pc.if_else(turned, caller, callee)
    if forwarded.any():
        raw.fields["forwarded_from"] = pc.if_else(pa.array(forwarded), caller, pa.scalar(None, pa.string()))
    for side in ("imsi", "imei", "cell"):
        ours = raw.fields.get(f"caller_{side}")
        if ours is not None:
            nothing = pa.scalar(None, ours.type)
            raw.fields[f"caller_{side}"] = pc.if_else(turned, nothing, ours)
            raw.fields[f"callee_{side}"] = pc.if_else(turned, ours, nothing)


def _among(words: pa.Array, chosen: tuple[str | int, ...]) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.is_in(words, pa.array([str(word) for word in chosen], pa.string())))
