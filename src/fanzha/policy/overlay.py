"""Decides what deltas have changed since the snapshot: entries put in, and the ids of those no longer in force.

An overlay never changes: a delta makes another one, copying the small tables and leaving the snapshot where it lies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from fanzha.policy.book import Book
from fanzha.policy.entry import Entry
from fanzha.policy.filing import IRREGULAR, Lane, places

Filed = dict[int | str, tuple[Entry, ...]]


class Counts(NamedTuple):
    """What a delta did: given = added + replaced; asked out = removed + unknown."""

    added: int = 0
    replaced: int = 0
    removed: int = 0
    unknown: int = 0


class Overlay:
    """Entries beside a book, filed by lane and key, and which rows of the book they hide."""

    def __init__(self, book: Book | None = None) -> None:
        """Prefixes of the book are filed here at once: they are few, and are found by their lengths."""
        self._book = book
        self.filed: list[Filed] = [{} for _ in Lane]
        self._by_id: dict[str, tuple[Lane, int | str]] = {}
        self.hidden: set[int] = set()
        self.lengths: list[tuple[int, ...]] = [() for _ in Lane]  # of the prefixes of each lane
        if book is not None:
            rows = [row for lane in (Lane.CALLER_PREFIX, Lane.CALLEE_PREFIX) for row in book.rows(lane)]
            self._put([book.entry(row) for row in rows])
            self.hidden.update(rows)
        self._measure()

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Entry]:
        for filed in self.filed:
            for entries in filed.values():
                yield from entries

    def prefixes(self) -> Iterator[Entry]:
        """All entries on prefixes, the book's included."""
        for lane in (Lane.CALLER_PREFIX, Lane.CALLEE_PREFIX):
            for entries in self.filed[lane].values():
                yield from entries

    def found(self, lane: Lane, key: int | str) -> tuple[Entry, ...]:
        """The entries filed so."""
        return self.filed[lane].get(key, ())

    def entry(self, identity: str) -> Entry | None:
        """The entry with this id, here or in the book."""
        place = self._by_id.get(identity)
        if place is not None:
            return next(entry for entry in self.found(*place) if entry.id == identity)
        row = self._book.row_of(identity) if self._book is not None else None
        return None if self._book is None or row is None or row in self.hidden else self._book.entry(row)

    def starts(self, lane: Lane, key: int, raw: str | None) -> Iterator[str]:
        """Those beginnings of a number that are as long as some prefix of the lane."""
        text = str(key) if key > 0 else f"{IRREGULAR}{(raw or '').strip().removeprefix(IRREGULAR)}"
        for length in self.lengths[lane]:
            if length <= len(text):
                yield text[:length]

    def changed(self, changes: Iterable[tuple[Sequence[Entry], Sequence[str]]]) -> tuple[Overlay, Counts]:
        """Another overlay after changes (add, remove), in order: of each, what goes is taken out first, then what comes
        is put in, in place of what has its id."""
        made = Overlay.__new__(Overlay)
        made._book = self._book
        made.filed = [dict(filed) for filed in self.filed]
        made._by_id = dict(self._by_id)
        made.hidden = set(self.hidden)
        made.lengths = [() for _ in Lane]
        counts = Counts()
        for add, remove in changes:
            removed = sum(made._drop(identity) for identity in remove)
            replaced = sum(made._drop(entry.id) for entry in add)
            made._put(add)
            done = (len(add) - replaced, replaced, removed, len(remove) - removed)
            counts = Counts(*(before + now for before, now in zip(counts, done, strict=True)))
        made._measure()
        return made, counts

    def _put(self, entries: Sequence[Entry]) -> None:
        for (lane, key), entry in zip(places(entries), entries, strict=True):
            self.filed[lane][key] = (*self.filed[lane].get(key, ()), entry)
            self._by_id[entry.id] = (lane, key)

    def _drop(self, identity: str) -> bool:
        """Whether there was such an entry."""
        place = self._by_id.pop(identity, None)
        if place is not None:
            lane, key = place
            left = tuple(entry for entry in self.filed[lane][key] if entry.id != identity)
            if left:
                self.filed[lane][key] = left
            else:
                del self.filed[lane][key]
            return True
        row = self._book.row_of(identity) if self._book is not None else None
        if row is None or row in self.hidden:
            return False
        self.hidden.add(row)
        return True

    def _measure(self) -> None:
        for lane in (Lane.CALLER_PREFIX, Lane.CALLEE_PREFIX):
            self.lengths[lane] = tuple(sorted({len(str(key)) for key in self.filed[lane]}))
