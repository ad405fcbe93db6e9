"""Decides how millions of entries become columns: sorted by lane and key, with what they share written once.

A row is 32 bytes (key, start, end, shared terms, source) beside its id; the value is the key itself but for prefixes
and irregular numbers. Made by whoever publishes; a gateway only reads (book.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fanzha.numbering import mask, normalise
from fanzha.policy.entry import Entry, Side, Subject
from fanzha.policy.filing import DEVICE_DIGITS, Lane, lane, number_key, prefix_key
from fanzha.policy.refusal import Refusal, Refused
from fanzha.policy.sealed import Terms

SCHEMA = pa.schema(
    [
        ("id", pa.large_string()), ("subject", pa.string()), ("side", pa.string()), ("value", pa.large_string()),
        ("action", pa.int8()), ("reason", pa.string()), ("source", pa.large_string()), ("starts", pa.int64()),
        ("expires", pa.int64()), ("region", pa.int32()), ("rule", pa.string()), ("basis", pa.string()),
        ("per_minute", pa.int32()),
    ]
)  # fmt: skip
"""One row an entry, as `Entry` has them; empty text instead of null."""

_BATCH = 100_000
LONGEST_TEXT = 2**31 - 1  # bytes of one column of strings
Array = NDArray[Any]


class Compiled(NamedTuple):
    """Columns of a snapshot. lanes: where each lane begins, and the end. `ended`: rows left out, already expired."""

    lanes: tuple[int, ...]
    terms: tuple[Terms, ...]
    arrays: dict[str, Array]
    ended: int


def table_of(entries: Iterable[Entry]) -> pa.Table:
    """Entries as a table; taken in one at a time, so that a generator is never held whole as objects."""
    batches = list(_batches(iter(entries)))
    return pa.Table.from_batches(batches, SCHEMA)


def _batches(entries: Iterator[Entry]) -> Iterator[pa.RecordBatch]:
    while rows := list(islice(entries, _BATCH)):
        columns = [pa.array([getattr(row, field.name) for row in rows], field.type) for field in SCHEMA]
        yield pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def compile_table(table: pa.Table, now: int) -> Compiled:
    """The columns of a table of SCHEMA. Raises Refused naming an entry whose value is no number, prefix or IMEI."""
    kept = table.filter(pc.greater(table["expires"], now)).combine_chunks()
    lanes = _lanes(kept)
    keys, texts = _keys(kept, lanes)
    order = np.lexsort((keys, lanes))
    kept = kept.take(pa.array(order))
    terms, codes = _terms(kept)
    ids = _column(kept, "id")
    arrays = {
        "key": keys[order],
        "starts": kept["starts"].to_numpy(),
        "expires": kept["expires"].to_numpy(),
        "terms": codes,
        **_direct("id", ids),
        "id_order": pc.sort_indices(ids).to_numpy().astype(np.uint32),
        **_encoded("source", _column(kept, "source")),
        **_encoded("text", texts.take(pa.array(order))),
    }
    starts = np.searchsorted(lanes[order], np.arange(len(Lane) + 1))
    return Compiled(tuple(int(at) for at in starts), terms, arrays, table.num_rows - kept.num_rows)


def _column(table: pa.Table, name: str) -> Any:
    return table[name].combine_chunks()


def _lanes(table: pa.Table) -> Array:
    found = np.full(table.num_rows, -1, np.int8)
    for subject in Subject:
        for side in Side if subject is not Subject.DEVICE else (Side.CALLER,):
            here = pc.and_(pc.equal(table["subject"], subject.value), pc.equal(table["side"], side.value))
            found[here.to_numpy()] = lane(subject, side)
    _refuse(table, found < 0, "is about no subject or side that there is")
    return found


def _keys(table: pa.Table, lanes: Array) -> tuple[Array, Any]:
    """Key of each row, and its value as text where the key does not say it."""
    values = _column(table, "value")
    numbers = lanes <= Lane.CALLEE
    keys = np.where(numbers, normalise(pc.if_else(pa.array(numbers), values, pa.scalar("", values.type))).number, 0)
    irregular = numbers & (keys < 0)
    meant = pc.match_substring_regex(values, "^(irregular|opaque):").to_numpy(zero_copy_only=False)
    _refuse(table, irregular & ~meant, "has a value that is no regular number (irregular:... if that is meant)")
    for row in np.flatnonzero(irregular).tolist():  # it may be given by its hash
        keys[row] = number_key(values[row].as_py(), keys[row])
    devices = lanes == Lane.DEVICE
    if devices.any():
        keys[devices] = _devices(values.filter(pa.array(devices)))
    _refuse(table, (keys == 0) & (lanes <= Lane.DEVICE), "has a value that is no number or IMEI")
    prefixes = lanes >= Lane.CALLER_PREFIX
    if prefixes.any():
        found = [prefix_key(value) for value in values.filter(pa.array(prefixes)).to_pylist()]
        wrong = np.zeros(len(keys), np.bool_)
        wrong[prefixes] = [key is None for key in found]
        _refuse(table, wrong, "has a value that is no prefix")
    spelt = pa.array(prefixes | (keys < 0))
    return keys, pc.if_else(spelt, values, pa.scalar("", values.type))


def _devices(values: Any) -> Array:
    digits = pc.replace_substring_regex(values, r"[ \-/.\t]", "")
    right = pc.match_substring_regex(digits, f"^[0-9]{{{DEVICE_DIGITS},{DEVICE_DIGITS + 2}}}$")
    heads = pc.if_else(right, pc.utf8_slice_codeunits(digits, 0, DEVICE_DIGITS), pa.scalar("0", digits.type))
    found: Array = heads.cast(pa.int64()).to_numpy(zero_copy_only=False)
    return found


def _refuse(table: pa.Table, wrong: Array, what: str) -> None:
    if wrong.any():
        row = int(np.argmax(wrong))
        raise Refused(
            Refusal.ENTRY,
            f"{mask(table['value'][row].as_py())!r}: the entry {what}",
            where=f"entry {table['id'][row].as_py()}",
            hint='numbers as "+8613812345678", prefixes as "+8617091*", devices by their IMEI',
        )


def _terms(table: pa.Table) -> tuple[tuple[Terms, ...], Array]:
    """The distinct terms, and the code of each row's."""
    names = ("action", "region", "reason", "rule", "basis", "per_minute")
    encoded = [_column(table, name).dictionary_encode() for name in names]
    mixed = np.zeros(table.num_rows, np.int64)
    for column in encoded:
        mixed = mixed * max(len(column.dictionary), 1) + column.indices.to_numpy()
    _, first, codes = np.unique(mixed, return_index=True, return_inverse=True)
    rows = table.select(list(names)).take(pa.array(first)).to_pylist()
    return tuple(Terms(**row) for row in rows), codes.astype(np.uint32)


def _direct(name: str, strings: Any) -> dict[str, Array]:
    """Strings of rows as one text and where each begins."""
    offsets, text = _text(strings)
    if offsets[-1] > LONGEST_TEXT:
        raise Refused(Refusal.SIZE, f"the column {name} is longer than 2 GB")
    return {f"{name}_at": offsets.astype(np.uint32), f"{name}_text": text}


def _encoded(name: str, strings: Any) -> dict[str, Array]:
    """The same, each distinct string once, and the code of each row's."""
    encoded = strings.dictionary_encode()
    codes = encoded.indices.to_numpy().astype(np.uint32)
    return {name: codes, **_direct(name, encoded.dictionary)}


def _text(strings: Any) -> tuple[Array, Array]:
    """Offsets (rows + 1, from 0) and bytes of an Arrow large_string array."""
    _, offsets, data = strings.buffers()
    if offsets is None or len(strings) == 0:
        return np.zeros(1, np.int64), np.zeros(0, np.uint8)
    at = np.frombuffer(offsets, np.int64)[strings.offset : strings.offset + len(strings) + 1]
    text = np.zeros(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)[at[0] : at[-1]]
    return at - at[0], text
