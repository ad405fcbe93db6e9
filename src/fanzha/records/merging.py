"""Decides when the small parts in which verdicts come are put together, and how the result still tells which they were.

A part comes every half minute of every process of a gateway: a million in half a year. Whoever has counted some of them
(the desk) or must not store one again goes by their names; so a merged part holds their rows in their order, and in its
schema their names and how many rows each had. Its own name begins with a sign that no name of a segment can have.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from fanzha.records.lake import Lake
from fanzha.records.limits import limits
from fanzha.records.manifest import Part, add_parts, retire_parts
from fanzha.records.part import ROW_GROUP, read_columns, write_slices
from fanzha.records.storage import BusyLake, reach, settle, told, unwritten

NAME = "verdicts"
_SIGN = "+"
_SOURCES = b"fanzha.sources"
_LOOSE = f"name = '{NAME}' and path not like '%/{_SIGN}%'"


class Source(NamedTuple):
    """A part that a merged one holds: where it lay in the lake, and how many rows it had."""

    path: str
    rows: int


def merge_due(lake: Lake, *, everything: bool = False) -> int:
    """Put together what is due, oldest first; how many parts went into the new one, 0 for nothing due or a busy lake.

    One new part a call, that nobody waits long for the lake. everything: whatever can be put together is due. Killed
    anywhere, the lake has either the old parts or the new one. Raises StorageError.
    """
    try:
        with lake.writing(wait=0.0):
            for network, day, closed in _days(lake):
                chosen = _heap(lake, network, day, closed=closed, everything=everything)
                if chosen:
                    _merge(lake, chosen)
                    return len(chosen)
    except BusyLake:
        pass
    return 0


def sources_of(root: Path, path: str) -> tuple[Source, ...]:
    """What the part at `path` was put together of, in the order of its rows; nothing for one that lies as it came."""
    folder, _, name = path.rpartition("/")
    if not name.startswith(_SIGN):
        return ()
    return tuple(Source(f"{folder}/{source}", rows) for source, rows in _told(root / path))


def merged_at(path: str) -> int | None:
    """When a part was put together, UTC microseconds; None for one that lies as it came."""
    name = path.rpartition("/")[2]
    return int(name[len(_SIGN) :].partition("-")[0]) if name.startswith(_SIGN) else None


@lru_cache(maxsize=4096)
def _told(path: Path) -> tuple[tuple[str, int], ...]:
    schema = pq.read_schema(path, memory_map=True)
    return tuple((str(name), int(rows)) for name, rows in json.loads(schema.metadata[_SOURCES]))


def _days(lake: Lake) -> Iterator[tuple[str, int, bool]]:
    """Networks and days with more than one part as it came, and whether a later day of that network has begun."""
    query = f"select network, day, count(*) from parts where {_LOOSE} group by day, network order by day"
    found = [(str(network), int(str(day)), int(str(count))) for network, day, count in lake.manifest.rows(query)]
    latest = lake.manifest.rows(f"select network, max(day) from parts where name = '{NAME}' group by network")
    last = {str(network): int(str(day)) for network, day in latest}
    for network, day, count in found:
        if count > 1:
            yield network, day, day < last[network]


def _heap(lake: Lake, network: str, day: int, *, closed: bool, everything: bool) -> list[Part]:
    """The oldest parts of a day that fit into one, where that is due."""
    parts = lake.manifest.parts(NAME, network=network, day=day)
    loose = sorted((part for part in parts if merged_at(part.path) is None), key=lambda part: (part.first, part.path))
    chosen: list[Part] = []
    rows = 0
    for part in loose:
        if len(chosen) == limits().verdict_parts or (chosen and rows + part.rows > limits().verdict_rows):
            if len(chosen) > 1:
                return chosen
            chosen, rows = [], 0
        chosen.append(part)
        rows += part.rows
    least = 2 if everything else limits().late_parts if closed else limits().verdict_parts
    return chosen if len(chosen) >= least else []


def _merge(lake: Lake, old: list[Part]) -> None:
    folder = old[0].path.rpartition("/")[0]
    now = int(lake.clock().timestamp() * 1e6)
    path = f"{folder}/{_SIGN}{now:016d}-{secrets.token_hex(4)}.parquet"
    files = [lake.root / path]
    try:
        with told(lake.root):
            size = write_slices(lake.root, path, _schema(lake.root, old), _gathered(lake.root, old))
            reach("merging-written")
            settle(files)
    except BaseException:
        unwritten(files)
        raise
    whole = old[0]._replace(
        path=path,
        rows=sum(part.rows for part in old),
        first=min(part.first for part in old),
        last=max(part.last for part in old),
        bytes=size,
    )
    with lake.manifest.transaction("merging") as connection:
        retire_parts(connection, old)
        add_parts(connection, [whole])


def _schema(root: Path, old: list[Part]) -> pa.Schema:
    sources = [(part.path.rpartition("/")[2], part.rows) for part in old]
    return pq.read_schema(root / old[0].path).with_metadata({_SOURCES: json.dumps(sources).encode()})


def _gathered(root: Path, old: list[Part]) -> Iterator[pa.Table]:
    """Their rows in order, so many at a time as lie together in a file."""
    held: list[pa.Table] = []
    for part in old:
        held.append(read_columns(root / part.path))
        assert held[-1].num_rows == part.rows
        if sum(table.num_rows for table in held) >= ROW_GROUP:
            yield pa.concat_tables(held)
            held = []
    if held:
        yield pa.concat_tables(held)
