"""Decides what kind of person an honest one was who was hit: what somebody said, else what the lake can tell."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fanzha.detection.alert import SHOWN_AS
from fanzha.detection.backtest.walk import Tried, first_kind
from fanzha.detection.backtest.words import OTHER, KindRow, read_kinds
from fanzha.detection.bytecode import STACK, Compiler
from fanzha.detection.condition import parse
from fanzha.profiles.fields import EntityKind
from fanzha.records.lake import Lake


class HonestKinds:
    """Tells kinds of one sort of entity from the profile at the first hit and the subscriber's age band."""

    def __init__(self, lake: Lake, entity: EntityKind, network: str, lists: Mapping[str, tuple[float, ...]]) -> None:
        shown = SHOWN_AS.get(entity, entity)
        # Conditions are on what a number does; of one that facts tell of, only the subscriber's age is known.
        self._rows = [row for row in read_kinds().of(shown) if row.age_bands or shown == entity]
        self._tried = _compiled(self._rows, lists)
        self._numbers, self._band, names = _ages(lake, shown, network)
        wanted = [[names.index(band) for band in row.age_bands if band in names] for row in self._rows]
        self._kind_bands = np.array([sum(1 << at for at in each) for each in wanted], np.int64)

    def of(self, keys: NDArray[np.int64], vectors: NDArray[np.float64]) -> NDArray[np.int8]:
        """The place of each one's kind among `ids`, -1 for none; vectors float64[n, FIELD_COUNT]."""
        bands = np.full(len(keys), -1, np.int8)
        if len(self._numbers):
            at = np.minimum(np.searchsorted(self._numbers, keys), len(self._numbers) - 1)
            known = self._numbers[at] == keys
            bands[known] = self._band[at[known]]
        found = np.empty(len(keys), np.int8)
        first_kind(vectors, bands, self._tried, self._kind_bands, found, np.zeros(STACK))
        return found

    def id(self, place: int) -> str:
        """A kind's id by its place."""
        return self._rows[place].id if place >= 0 else OTHER


def _compiled(rows: list[KindRow], lists: Mapping[str, tuple[float, ...]]) -> Tried:
    compiler, starts = Compiler(), [0]
    for row in rows:
        if row.when is not None:
            compiler.add(parse(row.when, lists, where=f"kinds.yaml: {row.id}"))
        starts.append(len(compiler.ops))
    none = np.zeros(0, np.int32)
    return Tried(
        np.array(compiler.ops, np.int32).reshape(-1, 2),
        np.array(list(compiler.constants) or [0.0], np.float64),
        np.array([value for values in compiler.lists for value in values], np.float64),
        np.cumsum([0, *(len(values) for values in compiler.lists)], dtype=np.int64),
        np.array(starts, np.int32),
        none.astype(np.int8),
        none,
        none,
        none.astype(np.float64),
        none.astype(np.int64),
        np.array([0, len(rows), 0, 0], np.int64),
    )


def _ages(lake: Lake, entity: EntityKind, network: str) -> tuple[NDArray[np.int64], NDArray[np.int8], list[str]]:
    """Numbers, rising, the place of each one's age band, and the bands; the newest row of a number stands."""
    empty = np.zeros(0, np.int64), np.zeros(0, np.int8), list[str]()
    if entity != EntityKind.NUMBER:
        return empty
    rows = lake.reference("subscribers", network=network)
    rows = rows.filter(pc.is_valid(rows["age_band"])).sort_by([("number", "ascending"), ("loaded_at", "ascending")])
    if rows.num_rows == 0:
        return empty
    coded = rows["age_band"].combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    names = coded.dictionary.to_pylist()[:62]
    number, code = rows["number"].to_numpy(), coded.indices.to_numpy()
    last = np.append(np.diff(number) != 0, True) & (code < len(names))
    return number[last], code[last].astype(np.int8), names
