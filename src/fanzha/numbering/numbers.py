"""Decides the key, kind and form of every number in a column, for all rooms above: the one way in for raw strings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fanzha.errors import UsageError
from fanzha.numbering import plan
from fanzha.numbering.raw import scan


@dataclass(frozen=True)
class Numbers:
    """Columns of equal length, one row a raw string.

    number: the key (see scan.py); 0 where withheld, negative where irregular, opaque or too long for a key.
    kind, form, why, written: codes of Kind, Form, Why, Written.
    """

    number: NDArray[np.int64]
    kind: NDArray[np.int8]
    form: NDArray[np.int8]
    why: NDArray[np.int8]
    written: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.number)

    def take(self, rows: NDArray[Any]) -> Numbers:
        """The rows picked by index or mask."""
        return Numbers(self.number[rows], self.kind[rows], self.form[rows], self.why[rows], self.written[rows])


def normalise(raw: pa.Array | pa.ChunkedArray, *, area: str | None = None) -> Numbers:
    """The numbers that raw strings mean.

    raw: strings (plain, large, view, dictionary-encoded) or integers; a null is a withheld number.
    area: the source's own area code ("0571"), with which local numbers and city hotlines are completed.
    Never raises for what a string holds. Raises UsageError for an unknown area or a column of another type.
    """
    tables = plan.current()
    code = _area(area, tables)
    if isinstance(raw, pa.ChunkedArray):
        if raw.num_chunks == 1:
            return normalise(raw.chunk(0), area=area)
        parts = [normalise(chunk, area=area) for chunk in raw.chunks]
        return _joined(parts) if parts else _empty(0)
    if pa.types.is_dictionary(raw.type):
        return _dictionary(raw, area)
    data, offsets, valid = _bytes(raw)
    found = _empty(len(raw))
    kernel: Any = scan
    kernel(data, offsets, valid, code, tables.withheld, *tables.tables(),
           found.number, found.kind, found.form, found.why, found.written)  # fmt: skip
    return found


def _area(area: str | None, tables: plan.Plan) -> int:
    if area is None or area == "":
        return 0
    digits = area.strip().removeprefix("+86").lstrip("0")
    if digits.isascii() and digits.isdigit() and len(digits) <= 3 and tables.area_city[int(digits)] > 0:
        return int(digits)
    raise UsageError(f"area code {area!r} is not in the plan", hint="write it as dialled, for example 0571 or 010")


def _empty(rows: int) -> Numbers:
    return Numbers(np.zeros(rows, np.int64), *(np.zeros(rows, np.int8) for _ in range(4)))


def _joined(parts: list[Numbers]) -> Numbers:
    names = ("number", "kind", "form", "why", "written")
    return Numbers(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _dictionary(raw: Any, area: str | None) -> Numbers:
    """Each distinct string is judged once; a null index is a null string."""
    last = len(raw.dictionary)
    words = pa.concat_arrays([raw.dictionary.cast(pa.large_string()), pa.nulls(1, pa.large_string())])
    rows = raw.indices.cast(pa.int64()).fill_null(last).to_numpy(zero_copy_only=False)
    return normalise(words, area=area).take(rows)


def _bytes(raw: Any) -> tuple[NDArray[np.uint8], NDArray[Any], NDArray[np.bool_]]:
    """The bytes of an Arrow string column, the offsets of its rows and which of them are not null."""
    kind = raw.type
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        raw = raw.view(pa.string() if pa.types.is_binary(kind) else pa.large_string())
    elif not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        if not (pa.types.is_null(kind) or pa.types.is_integer(kind) or pa.types.is_string_view(kind)):
            raise UsageError(f"numbers must be text, not {kind}", hint="map the column as a string")
        raw = raw.cast(pa.large_string())
    _, offsets, data = raw.buffers()
    width: type = np.int32 if pa.types.is_string(raw.type) else np.int64
    rows: NDArray[Any] = np.zeros(1, width) if offsets is None else np.frombuffer(offsets, width)
    rows = rows[raw.offset : raw.offset + len(raw) + 1] if len(raw) else np.zeros(1, width)
    text = np.frombuffer(b"\0", np.uint8) if data is None or data.size == 0 else np.frombuffer(data, np.uint8)
    valid = np.array(raw.is_valid().to_numpy(zero_copy_only=False)) if raw.null_count else np.ones(len(raw), np.bool_)
    # One type for all columns, so that the kernel is compiled once.
    return text, rows.astype(np.int64), valid
