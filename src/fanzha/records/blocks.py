"""Decides how rows sorted by a key lie in a file so that those of one key cost a block or two of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa

from fanzha.records.text import Int64s

_ROWS = 2048
_SLICE = 262_144
_FIRSTS = b"fanzha.firsts"


def write_blocks(
    target: Path, table: pa.Table, rows: Int64s, keys: Int64s, key: str, more: Mapping[bytes, bytes]
) -> int:
    """Write these rows of a table, in this order, in small blocks; the bytes written.

    keys: of each of them, ascending; they become the column `key`, the last. The first key of each block stands in the
    schema's metadata, beside `more`.
    """
    metadata = {_FIRSTS: keys[::_ROWS].tobytes(), **more}
    schema = table.schema.append(pa.field(key, pa.int64())).with_metadata(metadata)
    options = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
    with pa.OSFile(str(target), "wb") as sink, pa.ipc.new_file(sink, schema, options=options) as file:
        for at in range(0, len(rows), _SLICE):
            piece = table.take(pa.array(rows[at : at + _SLICE]))
            piece = piece.append_column(key, pa.array(keys[at : at + _SLICE])).combine_chunks()
            file.write_table(piece.replace_schema_metadata(metadata), max_chunksize=_ROWS)
    return target.stat().st_size


class Blocks:
    """An open file of blocks. It stays readable when the file is deleted, and is cheap to keep: mapped, not read."""

    def __init__(self, path: Path) -> None:
        self._source = pa.memory_map(str(path))
        options = pa.ipc.IpcReadOptions(use_threads=False)
        self._whole = pa.ipc.open_file(self._source, options=options)
        self.schema = self._whole.schema
        self.metadata: Mapping[bytes, bytes] = self.schema.metadata
        # Most blocks looked into do not hold the key: of those only its column is unpacked.
        only = pa.ipc.IpcReadOptions(use_threads=False, included_fields=[len(self.schema) - 1])
        self._keys = pa.ipc.open_file(self._source, options=only)
        self._firsts = np.frombuffer(self.metadata[_FIRSTS], np.int64)

    def of(self, key: int) -> Iterator[pa.RecordBatch]:
        """The rows of a key."""
        start = max(int(np.searchsorted(self._firsts, key, "left")) - 1, 0)
        end = int(np.searchsorted(self._firsts, key, "right"))
        for at in range(start, end):
            keys = np.asarray(self._keys.get_batch(at).column(0))
            low, high = int(np.searchsorted(keys, key, "left")), int(np.searchsorted(keys, key, "right"))
            if high > low:
                yield self._whole.get_batch(at).slice(low, high - low)
