"""Decides what a verdict is as a record, and how verdicts lie in the lake: beside the calls, joined by the call's id.

What the gateway answered, never a call of its own: a call that was asked about and refused is in CALLS only if a switch
reports it there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from urllib.parse import quote, unquote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fanzha.records.callrows import named_ids
from fanzha.records.contract import UTC_US
from fanzha.records.lake import Lake
from fanzha.records.manifest import Part, add_parts
from fanzha.records.merging import NAME, merged_at, sources_of
from fanzha.records.part import day_of, read_columns, write_parquet
from fanzha.records.storage import reader, settle, told, unwritten
from fanzha.records.text import Int64s

VERDICTS = pa.schema(
    [
        pa.field("id", pa.int64(), nullable=False),  # as the call's in CALLS, where the same key is imported as call_id
        pa.field("key", pa.string(), nullable=False),  # the switch's own call id
        pa.field("network", pa.string(), nullable=False),
        pa.field("at", UTC_US, nullable=False),
        pa.field("caller", pa.int64()),  # null: withheld
        pa.field("caller_raw", pa.string()),
        pa.field("callee", pa.int64()),
        pa.field("callee_raw", pa.string()),
        pa.field("trunk", pa.string()),
        pa.field("ingress", pa.int8(), nullable=False),  # Ingress
        pa.field("serving_region", pa.int32()),
        pa.field("action", pa.int8(), nullable=False),  # policy.Action
        pa.field("code", pa.int16(), nullable=False),  # of the SIP answer
        pa.field("reasons", pa.list_(pa.struct([("code", pa.string()), ("action", pa.int8()), ("by", pa.string())]))),
        pa.field("degraded", pa.list_(pa.string())),
        pa.field("policy_version", pa.int64(), nullable=False),
        pa.field("micros", pa.int32(), nullable=False),
    ]
)


def call_ids(keys: Sequence[str], network: str, mapping: str = "fanzha") -> pa.Array:
    """The ids that these call ids get in CALLS when the mapping of that name imports them for that network."""
    return pa.array(named_ids(pa.array(keys, pa.string()), network, mapping))


def store_verdicts(lake: Lake, table: pa.Table, *, network: str, name: str) -> int:
    """Store verdicts (VERDICTS) by day, all or nothing; how many. What was stored under this name before adds nothing.

    name: of the segment they came in. Raises StorageError, and BusyLake where another process writes too long.
    """
    days = day_of(np.asarray(table["at"].cast(pa.int64())))
    with lake.writing():
        if not len(days) or _stored(lake, network, name, days):
            return 0
        parts = [_part(table.filter(pa.array(days == day)), network, int(day), name) for day in np.unique(days)]
        files = [lake.root / part.path for part, _ in parts]
        try:
            with told(lake.root):
                for part, rows in parts:
                    write_parquet(lake.root, part.path, rows)
                settle(files)
            with lake.manifest.transaction(NAME) as connection:
                add_parts(connection, [part for part, _ in parts])
        except BaseException:
            unwritten(files)
            raise
    return int(table.num_rows)


def stored_names(lake: Lake, network: str, since: int = 0) -> frozenset[str]:
    """Names under which verdicts of this network are stored: what came in them need not be read again. Of parts that
    were put together before `since` (UTC microseconds) the names are left out."""
    with reader(lake.root):
        paths = (part.path for part in lake.manifest.parts(NAME, network=network))
        return frozenset(name for path in paths for name in _names(lake, path, since))


def _names(lake: Lake, path: str, since: int = 0) -> list[str]:
    merged = merged_at(path)
    if merged is not None and merged < since:
        return []
    places = [path] if merged is None else [source.path for source in sources_of(lake.root, path)]
    return [unquote(place.rpartition("/")[2].removesuffix(".parquet")) for place in places]


def stored_verdicts(
    lake: Lake, *, network: str | None = None, start: int | None = None, end: int | None = None
) -> pa.Table:
    """Verdicts said in [start, end), UTC microseconds, of one network or all."""
    with reader(lake.root):
        parts = lake.manifest.parts(NAME, network=network, start=start, end=end)
        tables = [read_columns(lake.root / part.path) for part in parts]
    table = pa.concat_tables([VERDICTS.empty_table(), *tables])
    for bound, keeps in ((start, pc.greater_equal), (end, pc.less)):
        if bound is not None:
            table = table.filter(keeps(table["at"].cast(pa.int64()), bound))
    return table


def _stored(lake: Lake, network: str, name: str, days: Int64s) -> bool:
    """Whether something came under this name, or lies in what was put together of any of these days."""
    wanted = f"%/{_file(name)}"
    query = "select 1 from parts where name = ? and network = ? and path like ? escape '\\'"
    escaped = wanted.replace("_", "\\_")
    if lake.manifest.rows(query, NAME, network, escaped):
        return True
    parts = [part for day in np.unique(days) for part in lake.manifest.parts(NAME, network=network, day=int(day))]
    return any(name in _names(lake, part.path) for part in parts if merged_at(part.path) is not None)


def _file(name: str) -> str:
    return f"{quote(name, safe='')}.parquet"


def _part(rows: pa.Table, network: str, day: int, name: str) -> tuple[Part, pa.Table]:
    times = pc.min_max(rows["at"].cast(pa.int64())).as_py()
    place = f"{NAME}/{quote(network, safe='')}/{date(1970, 1, 1) + timedelta(day)}/{_file(name)}"
    return Part(place, NAME, network, day, rows.num_rows, 0, 0, times["min"], times["max"], None, 0, 0), rows
