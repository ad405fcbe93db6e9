"""Decides when the rows of a day are rewritten sorted by caller, with a look-up by number, for fast readers."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from fanzha.records.limits import limits
from fanzha.records.manifest import Manifest, Part, add_parts, retire_parts
from fanzha.records.part import described, new_path, read_columns, write_lookup, write_parquet
from fanzha.records.storage import reach, settle, told

LOOKUP = ".numbers"


def compact(root: Path, manifest: Manifest, *, everything: bool = False) -> int:
    """Sort what is due, one day of one network at a time, each in its own transaction; the parts written.

    The caller holds the writing lock. Killed anywhere, the lake has either the old parts of a day or the new one.
    """
    parts = manifest.parts("calls")
    last: dict[str, int] = {}
    groups: dict[tuple[str, int], list[Part]] = {}
    for part in parts:
        last[part.network] = max(last.get(part.network, 0), part.day)
        groups.setdefault((part.network, part.day), []).append(part)
    written = 0
    for (network, day), group in groups.items():
        for chosen in _due(group, closed=day < last[network], everything=everything):
            _rewrite(root, manifest, chosen)
            written += 1
    return written


def _due(group: list[Part], *, closed: bool, everything: bool) -> list[list[Part]]:
    loose = [part for part in group if part.lookup is None]
    ready = sorted((part for part in group if part.lookup is not None), key=lambda part: part.rows)
    rows = sum(part.rows for part in loose)
    late = closed and (not ready or rows >= limits().loose_share * sum(part.rows for part in group))
    if not loose or not (everything or late or rows >= limits().loose_rows or len(loose) >= limits().loose_parts):
        return []
    chosen: list[list[Part]] = [[]]
    held = 0
    for part in sorted(loose, key=lambda part: part.min_seq):
        if held and held + part.rows > limits().merge_rows:
            chosen.append([])
            held = 0
        chosen[-1].append(part)
        held += part.rows
    for part in ready:  # a sorted part is rewritten only with at least half as many new rows
        if part.rows > 2 * held or held + part.rows > limits().merge_rows:
            break
        chosen[-1].append(part)
        held += part.rows
    return chosen


def _rewrite(root: Path, manifest: Manifest, old: list[Part]) -> None:
    name, network, day = old[0].name, old[0].network, old[0].day
    path = new_path(name, network, day)
    with told(root):
        table = pa.concat_tables([read_columns(root / part.path) for part in old])
        keys = [("caller", "ascending"), ("started", "ascending"), ("seq", "ascending")]
        table = table.take(pa.compute.sort_indices(table.select(["caller", "started", "seq"]), sort_keys=keys))
        assert table.num_rows == sum(part.rows for part in old)
        size = write_parquet(root, path, table)
        lookup = path.removesuffix(".parquet") + LOOKUP
        size += write_lookup(root, lookup, table)
        reach("compaction-written")
        settle([root / path, root / lookup])
    part = described(path, name, network, day, table, size, max(part.import_id for part in old))
    with manifest.transaction() as connection:
        retire_parts(connection, old)
        add_parts(connection, [part._replace(lookup=lookup)])
