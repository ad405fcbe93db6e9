"""Decides whether a call is already in the lake, by its id, with one bounded table of ids per network and day."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fanzha.compiled import njit
from fanzha.records.part import read_columns
from fanzha.records.text import Int64s, mixed

if TYPE_CHECKING:
    from fanzha.records.manifest import Manifest

_STORED, _NEW = 1, 2
_FULLEST = 0.55


@dataclass
class _Ids:
    """An open-addressed table: id (0 is an empty slot), rows of the present file with it as base, and its state."""

    ids: Int64s
    seen: npt.NDArray[np.int32]
    state: npt.NDArray[np.uint8]
    used: int


def _empty(room: int) -> _Ids:
    slots = 1 << max(10, int(np.ceil(np.log2(room / _FULLEST + 1))))
    return _Ids(np.zeros(slots, np.int64), np.zeros(slots, np.int32), np.zeros(slots, np.uint8), 0)


class KnownIds:
    """Ids of calls stored before, and of those the present file has brought so far.

    Holds about `limit` ids; days that were not touched lately are put aside in `spill` and read again when needed.
    """

    def __init__(self, root: Path, manifest: Manifest, spill: Path, limit: int) -> None:
        self._root, self._manifest, self._spill, self._limit = root, manifest, spill, limit
        self._days: OrderedDict[tuple[str, int], _Ids] = OrderedDict()
        self._spilled: dict[tuple[str, int], Path] = {}
        self._changes = -1

    def begin(self) -> None:
        """A new file: forget what an unfinished one left, and everything if another process wrote meanwhile."""
        changes = self._manifest.changes()
        if changes != self._changes:
            self._days.clear()
            self._changes = changes
        self._spilled.clear()

    def judge(
        self, network: str, day: int, base: Int64s, named: npt.NDArray[np.bool_]
    ) -> tuple[Int64s, npt.NDArray[np.bool_]]:
        """The id of each row (its base, and an ordinal among equal rows of the file), and whether it is new.

        A row whose source named it has no ordinal: the same name again is the same call.
        """
        table = self._room(network, day, len(base))  # a row brings its base or its ordinal, not both
        out, fresh = np.empty(len(base), np.int64), np.empty(len(base), np.bool_)
        table.used += _judge(table.ids, table.seen, table.state, base, named, out, fresh)
        return out, fresh

    def settle(self) -> None:
        """The file was committed: what was new is stored."""
        self._changes = self._manifest.changes()
        if self._spilled:  # rare and large: simply read again
            self._days.clear()
        for table in self._days.values():
            table.state[table.state == _NEW] = _STORED
            table.seen[:] = 0
        self._clear_spill()

    def forget(self) -> None:
        """The file was not committed."""
        self._days.clear()
        self._clear_spill()

    def _clear_spill(self) -> None:
        for path in self._spilled.values():
            path.unlink(missing_ok=True)
        self._spilled.clear()

    def _room(self, network: str, day: int, more: int) -> _Ids:
        key = (network, day)
        table = self._days.get(key) or self._load(key, more)
        if table.used + more > len(table.ids) * _FULLEST:
            grown = _empty(2 * (table.used + more))
            grown.used = _rehash(table.ids, table.seen, table.state, grown.ids, grown.seen, grown.state)
            table = grown
        self._days[key] = table
        self._days.move_to_end(key)
        while len(self._days) > 1 and sum(table.used for table in self._days.values()) > self._limit:
            self._put_aside(*self._days.popitem(last=False))
        return table

    def _load(self, key: tuple[str, int], more: int) -> _Ids:
        network, day = key
        parts = self._manifest.parts("calls", network=network, day=day)
        table = _empty(sum(part.rows for part in parts) + more)
        for part in parts:
            ids = np.asarray(read_columns(self._root / part.path, ["id"])["id"])
            table.used += _put(table.ids, table.state, ids, _STORED)
        spilled = self._spilled.pop(key, None)
        if spilled is not None:
            with np.load(spilled) as saved:
                ids, seen, state = saved["ids"], saved["seen"], saved["state"]
            spilled.unlink()
            if table.used + len(ids) > len(table.ids) * _FULLEST:
                grown = _empty(2 * (table.used + len(ids) + more))
                grown.used = _rehash(table.ids, table.seen, table.state, grown.ids, grown.seen, grown.state)
                table = grown
            table.used = _rehash(ids, seen, state, table.ids, table.seen, table.state) + table.used
        return table

    def _put_aside(self, key: tuple[str, int], table: _Ids) -> None:
        mine = (table.seen > 0) | (table.state == _NEW)
        if mine.any():
            self._spill.mkdir(parents=True, exist_ok=True)
            path = self._spill / f"{len(self._spilled)}-{abs(hash(key))}-{key[1]}.npz"
            np.savez(path, ids=table.ids[mine], seen=table.seen[mine], state=table.state[mine])
            self._spilled[key] = path


@njit(cache=True, nogil=True)
def _slot(ids, wanted):  # type: ignore[no-untyped-def]
    mask = np.uint64(len(ids) - 1)
    at = mixed(np.uint64(wanted)) & mask
    while ids[at] != 0 and ids[at] != wanted:
        at = (at + np.uint64(1)) & mask
    return at


@njit(cache=True, nogil=True)
def _put(ids, state, wanted, mark):  # type: ignore[no-untyped-def]
    added = 0
    for i in range(len(wanted)):
        at = _slot(ids, wanted[i])
        if ids[at] == 0:
            ids[at] = wanted[i]
            added += 1
        state[at] = mark
    return added


@njit(cache=True, nogil=True)
def _rehash(ids, seen, state, to_ids, to_seen, to_state):  # type: ignore[no-untyped-def]
    added = 0
    for i in range(len(ids)):
        if ids[i] != 0:
            at = _slot(to_ids, ids[i])
            if to_ids[at] == 0:
                to_ids[at] = ids[i]
                added += 1
            to_seen[at] += seen[i]
            to_state[at] = max(to_state[at], state[i]) if to_state[at] != 1 else 1
    return added


@njit(cache=True, nogil=True)
def _judge(ids, seen, state, base, named, out, fresh):  # type: ignore[no-untyped-def]
    added = 0
    for i in range(len(base)):
        at = _slot(ids, base[i])
        if ids[at] == 0:
            ids[at] = base[i]
            added += 1
        ordinal = seen[at]
        seen[at] += 1
        out[i] = base[i]
        if named[i]:
            fresh[i] = state[at] == 0
        else:
            if ordinal > 0:
                step = np.uint64(ordinal) * np.uint64(0x9E3779B97F4A7C15)
                out[i] = max(np.int64(mixed(np.uint64(base[i]) + step) >> np.uint64(2)), 1)
                at = _slot(ids, out[i])
                if ids[at] == 0:
                    ids[at] = out[i]
                    added += 1
            fresh[i] = state[at] == 0
        if fresh[i]:
            state[at] = 2
    return added
