"""Decides the int64 key of a card, a device or a cell: its digits where it has at most 18, else a negative hash."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from fanzha.records.text import Int64s, hash_text, read_keys, text_of

_SALT = 0x66616E7A6861  # "fanzha"
_MASK = (1 << 62) - 1


def keys(column: pa.Array, *, leading_zeros_count: bool) -> tuple[pa.Array, Int64s]:
    """Keys int64[n] (null where the text is null), and the rows whose key is a hash of their name.

    IMSI and IMEI pass leading_zeros_count=False; names of cells pass True.
    """
    text = text_of(column)
    out, exact = np.zeros(len(column), np.int64), np.zeros(len(column), np.bool_)
    read_keys(text.offsets, text.data, text.valid, leading_zeros_count, out, exact)
    named = np.flatnonzero(text.valid & ~exact)
    if len(named):
        state = np.zeros(len(column), np.uint64)
        hash_text(text.offsets, text.data, text.valid, _SALT, state)
        out[named] = -1 - (state[named] & np.uint64(_MASK)).astype(np.int64)
    return pa.array(out, mask=~text.valid), named


def cell_key(name: str) -> int:
    """The key of one cell's name."""
    return int(keys(pa.array([name.strip()]), leading_zeros_count=True)[0][0].as_py())


def device_key(text: str) -> int:
    """The key of one IMEI or IMSI as it is written in the source."""
    return int(keys(pa.array([text.strip()]), leading_zeros_count=False)[0][0].as_py())
