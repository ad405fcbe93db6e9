"""Decides when the rows of a day are rewritten sorted by caller, with a look-up by number, for fast readers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from fanzha.records.limits import limits
from fanzha.records.manifest import Manifest, Part, add_parts, indexes_of, retire_parts
from fanzha.records.part import described, new_path, read_columns, write_sorted
from fanzha.records.storage import reach, settle, told, unwritten


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
    """The sets of parts of one day to merge now."""
    loose = sorted((part for part in group if part.lookup is None), key=lambda part: part.min_seq)
    ready = sorted((part for part in group if part.lookup is not None), key=lambda part: part.rows)
    rows = sum(part.rows for part in loose)
    late = closed and bool(loose) and (not ready or rows >= limits().loose_share * sum(part.rows for part in group))
    if loose and (everything or late or rows >= limits().loose_rows or len(loose) >= limits().loose_parts):
        chosen = _heaps(loose)
        # A sorted part is rewritten only together with at least half as many new rows.
        chosen[-1].extend(_fitting(ready, rows=sum(part.rows for part in chosen[-1]), share=2))
        return chosen
    if len(ready) > limits().sorted_parts or (everything and len(ready) > 1):
        return [heap for heap in _heaps(ready) if len(heap) > 1]
    return []


def _heaps(parts: list[Part]) -> list[list[Part]]:
    """Parts in their order, in sets of at most `merge_rows` rows (or of one part)."""
    heaps: list[list[Part]] = []
    held = limits().merge_rows
    for part in parts:
        if held + part.rows > limits().merge_rows:
            heaps.append([])
            held = 0
        heaps[-1].append(part)
        held += part.rows
    return heaps


def _fitting(ready: list[Part], *, rows: int, share: int) -> Iterator[Part]:
    for part in ready:
        if part.rows > share * rows or rows + part.rows > limits().merge_rows:
            return
        rows += part.rows
        yield part


def _rewrite(root: Path, manifest: Manifest, old: list[Part]) -> None:
    network, day = old[0].network, old[0].day
    path = new_path("calls", network, day)
    files = [root / each for each in (path, *indexes_of(path))]
    try:
        with told(root):
            table = pa.concat_tables([read_columns(root / part.path) for part in old]).combine_chunks()
            assert table.num_rows == sum(part.rows for part in old)
            size = write_sorted(root, path, table)
            reach("compaction-written")
            settle(files)
    except BaseException:
        unwritten(files)
        raise
    part = described(path, network, day, table, size, max(part.import_id for part in old), lookup=True)
    with manifest.transaction("compaction") as connection:
        retire_parts(connection, old)
        add_parts(connection, [part])
