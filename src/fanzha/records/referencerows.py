"""Decides whether a raw row is a subscriber, cell, trunk or ported number, and what it is in the contract."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fanzha.records.callrows import cell_keys, fold, hash_words, number_keys
from fanzha.records.contract import REFERENCES, UTC_US
from fanzha.records.fields import Type, field_types
from fanzha.records.intake import Prepared
from fanzha.records.keys import keys
from fanzha.records.mapping import Mapping
from fanzha.records.rawrows import RawRows
from fanzha.records.reason import Reason
from fanzha.records.text import valid_of

_MASK = np.uint64((1 << 62) - 1)


def reference_rows(raw: RawRows, mapping: Mapping, network: str) -> Prepared:
    """Judge raw rows (marking the refused in `raw`) and build the columns of the good ones; loaded_at is still null."""
    count = len(raw.reasons)
    state = np.full(count, np.uint64(hash_words(network)), np.uint64)
    for at, name in enumerate(field_types(mapping.kind), start=1):
        if name in raw.fields:
            fold(raw.fields[name], 1_000_003 * at, state)
    columns: dict[str, pa.Array] = {"network": pa.repeat(pa.scalar(network), count)}
    names: dict[int, str] = {}
    for name, of in field_types(mapping.kind).items():
        if (column := raw.fields.get(name)) is not None:
            columns[name] = _value(column, name, of.type, mapping, names)
            if of.type is Type.INTEGER:
                values = np.asarray(pc.fill_null(column, 0))
                most = 2**31 - 1 if name == "region" else 2**62
                raw.refuse((values < 0) | (values > most), Reason.NUMBER, name)
        if of.required:
            present = valid_of(columns[name]) if name in columns else np.zeros(count, np.bool_)
            raw.refuse(~present, Reason.KEY_MISSING, name)
    if mapping.kind == "cells":
        columns["cell_raw"] = raw.fields["cell"]
    good = raw.reasons == 0
    keep = pa.array(good)
    arrays = [_column(columns.get(f.name), f, keep, int(good.sum())) for f in REFERENCES[mapping.kind]]
    table = pa.table(arrays, names=REFERENCES[mapping.kind].names)
    base = (state & _MASK).astype(np.int64)[good]
    return Prepared(table, base, np.zeros(len(base), np.bool_), names)


def _column(column: pa.Array | None, field: pa.Field, keep: pa.Array, count: int) -> pa.Array:
    return pa.nulls(count, field.type) if column is None else column.filter(keep).cast(field.type, safe=False)


def _value(column: pa.Array, name: str, kind: Type, mapping: Mapping, names: dict[int, str]) -> pa.Array:
    if kind is Type.NUMBER:
        return number_keys(column, mapping)
    if kind is Type.KEY and name.endswith("cell"):
        return cell_keys(column, names)
    if kind is Type.KEY:
        return keys(column, leading_zeros_count=False)[0]
    return column.cast(UTC_US) if kind is Type.TIME else column
