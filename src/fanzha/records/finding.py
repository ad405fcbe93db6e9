"""Decides the quickest way to the rows of a number, a device or a cell within one part: an index, or reading it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Container, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fanzha.records.contract import CALLS
from fanzha.records.holders import BY, Holders
from fanzha.records.lookup import Lookup
from fanzha.records.manifest import Part, index_of
from fanzha.records.part import read_columns, read_matching
from fanzha.records.presence import COLUMNS, Presence, Thing, presence, read_of

_OPEN = 400  # files of a kind
_FEW_NUMBERS = 500  # from more than so many a look-up is slower than reading the part
T = TypeVar("T")


class _Open(Generic[T]):
    """Files of one kind kept open, the latest used: explaining alerts asks for one number after the other."""

    def __init__(self, opened: Callable[[Path], T]) -> None:
        self._opened = opened
        self._files: dict[Path, T] = {}
        self._mutex = threading.Lock()

    def at(self, path: Path) -> T:
        """The file, opened if it is not."""
        with self._mutex:
            found = self._files.pop(path, None) or self._opened(path)
            self._files[path] = found
            if len(self._files) > _OPEN:
                del self._files[next(iter(self._files))]
            return found

    def close(self, kept: Container[Path] = ()) -> None:
        """Close all but these: an open file would keep its room on the disk."""
        with self._mutex:
            self._files = {path: file for path, file in self._files.items() if path in kept}


class Finder:
    """Looks into the parts of one lake. Tables of calls that it gives have CALLS' columns, in no order."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lookups = _Open(Lookup)
        self._presences = _Open(Presence)
        self._holders = _Open(Holders)

    def close(self, kept: Container[Path] = ()) -> None:
        """Close what is open but these files."""
        self._lookups.close(kept)
        self._presences.close(kept)
        self._holders.close(kept)

    def of_number(self, part: Part, number: int) -> list[pa.Table]:
        """Its calls on either side."""
        if part.lookup is not None:
            return self._lookups.at(self._root / part.lookup).of(number)
        return [read_matching(self._root / part.path, [number], ["caller", "callee"])]

    def within(self, part: Part, thing: Thing, key: int) -> list[pa.Table]:
        """The calls in which either side was in a device or cell."""
        known = self._presence(part, thing)
        numbers = known.of([key])["number"].to_pylist() if known is not None else []
        if known is not None and not numbers:
            return []
        if known is None or len(numbers) > _FEW_NUMBERS:
            return [read_matching(self._root / part.path, [key], COLUMNS[thing])]
        theirs = self._each(part, numbers)
        caller, callee = (pc.equal(theirs[name], key) for name in COLUMNS[thing])
        return [theirs.filter(pc.or_kleene(caller, callee))]

    def at(self, part: Part, seqs: Sequence[int]) -> list[pa.Table]:
        """The calls with these places in the order of arrival."""
        few = read_matching(self._root / part.path, seqs, ["seq"], ["callee"])
        callees = few["callee"].unique().to_pylist()
        if part.lookup is None or len(callees) > _FEW_NUMBERS:
            return [read_matching(self._root / part.path, seqs, ["seq"])]
        theirs = self._each(part, callees)
        return [theirs.filter(pc.is_in(theirs["seq"], few["seq"]))]

    def present(self, part: Part, thing: Thing, keys: Sequence[int]) -> pa.Table:
        """PRESENCE of these devices or cells in the part."""
        known = self._presence(part, thing)
        if known is not None:
            return known.of(keys)
        there = presence(read_columns(self._root / part.path, read_of(thing)), thing)
        return there.filter(pc.is_in(there["thing"], pa.array(keys, pa.int64())))

    def reference(
        self, part: Part, column: str, values: Sequence[int] | Sequence[str], wanted: Sequence[str]
    ) -> pa.Table:
        """Some columns of a reference table's rows in which `column` is one of `values`."""
        if part.lookup is None or column not in BY or len(values) > _FEW_NUMBERS:
            return read_matching(self._root / part.path, values, [column], wanted).select(list(wanted))
        return self._holders.at(self._root / index_of(part.path, BY[column])).of(column, values, wanted)

    def _presence(self, part: Part, thing: Thing) -> Presence | None:
        """None for a part that lies as it came, or was sorted before there were such files."""
        path = self._root / index_of(part.path, thing)
        return self._presences.at(path) if part.lookup is not None and path.exists() else None

    def _each(self, part: Part, numbers: Sequence[int]) -> pa.Table:
        """All calls of these numbers in a sorted part, each once."""
        assert part.lookup is not None
        lookup = self._lookups.at(self._root / part.lookup)
        rows = pa.concat_tables([CALLS.empty_table(), *(table for each in numbers for table in lookup.of(each))])
        _, once = np.unique(rows["seq"], return_index=True)  # a call between two of them was found under both
        return rows.take(pa.array(once))
