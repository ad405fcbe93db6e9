"""Decides who is joined to a number, device or cell, two steps out: by document, batch, device, cell and calls (D1).

The records know of no channel of sale (入网渠道): cards of one plan opened on one day for one home cell stand for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings
from django.utils.translation import gettext as _

from fanzha import numbering
from fanzha.desk.alerts.models import Alert
from fanzha.desk.entities.choices import By
from fanzha.desk.masking.subject import Subject
from fanzha.desk.rights.seats import Anyone
from fanzha.errors import FanzhaError
from fanzha.policy import protected_keys
from fanzha.records.lake import Lake
from fanzha.records.presence import Thing

Key = tuple[str, int]  # kind and key
_NUMBERS, _THINGS, _EXPANDED = 15, 3, 10  # of one way at one step; devices and cells; numbers followed further
_NEAR = 6  # contacts of each at the second step
_MOST = 120
_CARD = ("number", "document_hash", "home_cell", "plan", "activated")
_ASKED = 900  # values in one query
_WAYS = {"": ("number", By.CONTACT), "_imei": ("device", By.DEVICE), "_cell": ("cell", By.CELL)}
_WINDOW = timedelta(days=1)  # of devices and cells the last day and the one before count: who is there now


@dataclass(frozen=True)
class Tie:
    """Two that are joined. calls: 0 where it is not by calls."""

    here: Key
    there: Key
    by: By
    calls: int = 0


@dataclass
class Web:
    """What was found. steps: how far each is from the centre; scores: of the highest alert that the reader may see."""

    centre: Key
    steps: dict[Key, int] = field(default_factory=dict)
    ties: list[Tie] = field(default_factory=list)
    scores: dict[Key, float] = field(default_factory=dict)
    names: dict[Key, str] = field(default_factory=dict)

    def add(self, tie: Tie) -> None:
        """Keep a tie, and how far its far end is."""
        if tie.there[1] > 0 and tie.there != tie.here and len(self.steps) < _MOST:
            self.steps.setdefault(tie.there, self.steps[tie.here] + 1)
            self.ties.append(tie)

    def at(self, step: int, kind: str) -> list[int]:
        """Keys of one kind so far out."""
        return [key for (each, key), far in self.steps.items() if each == kind and far == step]


def expand(user: Anyone, subject: Subject) -> Web:
    """Two steps out from a subject, as far as this person may see alerts. Raises FanzhaError where no call knows it."""
    with Lake(settings.HOME) as lake:
        search = _Search(lake, subject, user)
        web = Web(search.centre, {search.centre: 0})
        for tie in search.first():
            web.add(tie)
        web.scores = _scores(user, subject, web.at(1, "number"))
        near = sorted(web.at(1, "number"), key=lambda key: -web.scores.get(("number", key), 0.0))
        for tie in search.second(near[:_EXPANDED], web.at(1, "device"), web.at(1, "cell")):
            web.add(tie)
        web.scores |= _scores(user, subject, web.at(2, "number"))
        web.names = {key: _name(lake, *key) for key in web.steps}
    return web


class _Search:
    """One look into the lake around a subject."""

    def __init__(self, lake: Lake, subject: Subject, user: Anyone) -> None:
        self.lake, self.network, self.user = lake, subject.network, user
        self.centre = (subject.kind, _key(lake, subject))
        end = lake.span(self.network)[1]
        if end is None:
            raise FanzhaError(_("没有任何通话涉及它"))
        self.since = end - _WINDOW

    def first(self) -> Iterator[Tie]:
        """What the subject itself is joined to."""
        kind, key = self.centre
        if kind != "number":
            yield from self._users("device" if kind == "device" else "cell", [key])
            return
        yield from self._same_card([key])
        yield from self._called([key], _NUMBERS, ("", "_imei", "_cell"))

    def second(self, numbers: Sequence[int], devices: Sequence[int], cells: Sequence[int]) -> Iterator[Tie]:
        """What the first step is joined to."""
        yield from self._same_card(numbers)
        yield from self._users("device", devices[:_THINGS])
        yield from self._residents(cells[:_THINGS])
        yield from self._called(numbers, _NEAR)

    def _same_card(self, numbers: Sequence[int]) -> Iterator[Tie]:
        """Numbers of the same document, and cards of the same batch."""
        own = self.lake.reference_of("subscribers", "number", list(numbers), self.network, _CARD).to_pylist()
        papers = {row["document_hash"]: row["number"] for row in own if row["document_hash"]}
        if papers:
            same = self.lake.reference_of("subscribers", "document_hash", list(papers), self.network, _CARD[:2])
            for row in same.to_pylist()[: _NUMBERS * len(papers)]:
                yield Tie(("number", papers[row["document_hash"]]), ("number", row["number"]), By.DOCUMENT)
        batches = {_batch(row): row["number"] for row in own if row["home_cell"] is not None and row["activated"]}
        homes = list({row["home_cell"] for row in own if row["home_cell"] is not None})
        if batches and len(numbers) == 1:
            near = self.lake.reference_of("subscribers", "home_cell", homes, self.network, _CARD)
            found = [row for row in near.to_pylist() if row["activated"] and _batch(row) in batches]
            for row in found[:_NUMBERS]:
                yield Tie(("number", batches[_batch(row)]), ("number", row["number"]), By.BATCH)

    def _called(self, numbers: Iterable[int], most: int, columns: Sequence[str] = ("", "_imei")) -> Iterator[Tie]:
        """Those a number spoke with the most, and the devices and cells it was in.

        Emergency and public service lines, which everybody calls, join nobody to anybody.
        """
        for number in numbers:
            calls = self.lake.calls_of(number)
            calls = calls.filter(pc.equal(calls["network"], self.network))
            made = np.asarray(pc.fill_null(calls["caller"], 0)) == number
            for column in columns:
                kind, by = _WAYS[column]
                met = _side(calls, made if column else ~made, column)
                met = met[met > 0] if column else met[(met > 0) & ~np.isin(met, list(protected_keys()))]
                for key, count in Counter(met.tolist()).most_common(_THINGS if column else most):
                    yield Tie(("number", number), (kind, key), by, count)

    def _users(self, kind: Thing, keys: Sequence[int]) -> Iterator[Tie]:
        """Numbers that were in these devices or cells on the last two days."""
        by = By.DEVICE if kind == "device" else By.CELL
        there = self.lake.present(kind, keys, self.network, self.since).sort_by(
            [("calls", "descending"), ("number", "ascending")]
        )
        for key in keys:
            for row in there.filter(pc.equal(there["thing"], key)).slice(0, _NUMBERS).to_pylist():
                yield Tie((kind, key), ("number", row["number"]), by, row["calls"])

    def _residents(self, cells: Sequence[int]) -> Iterator[Tie]:
        """Numbers at home in these cells that have alerts; without one they are the neighbours, and nothing to tell."""
        rows = self.lake.reference_of("subscribers", "home_cell", list(cells), self.network, ["number", "home_cell"])
        homes = {numbering.display(row["number"]): row for row in rows.to_pylist()}
        flagged = Alert.objects.seen_by(self.user).filter(
            network=self.network, kind="number", value__in=list(homes)[:_ASKED]
        )
        # Sorted here: asked for the highest, SQLite walks through all alerts by score and looks for these numbers.
        found = sorted(flagged.order_by().values_list("score", "value"), reverse=True)
        for value in dict.fromkeys(value for _score, value in found[:_NUMBERS]):
            yield Tie(("cell", homes[value]["home_cell"]), ("number", homes[value]["number"]), By.CELL)


def _side(calls: pa.Table, mine: Any, column: str) -> Any:
    """Of each call the caller's column where `mine`, else the callee's."""
    caller, callee = (np.asarray(pc.fill_null(calls[f"{side}{column}"], 0)) for side in ("caller", "callee"))
    return np.where(mine, caller, callee)


def _batch(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["home_cell"], row["plan"], row["activated"].date()


def _key(lake: Lake, subject: Subject) -> int:
    if subject.kind == "number":
        return numbering.parse(subject.value).number
    return lake.device_key(subject.value) if subject.kind == "device" else lake.cell_key(subject.value)


def _name(lake: Lake, kind: str, key: int) -> str:
    if kind == "number":
        return numbering.display(key)
    return f"{key:015d}" if kind == "device" else lake.cell_name(key)


def _scores(user: Anyone, subject: Subject, numbers: Sequence[int]) -> dict[Key, float]:
    """The highest alert of each."""
    named = {numbering.display(key): key for key in numbers}
    rows = Alert.objects.seen_by(user).filter(network=subject.network, kind="number", value__in=list(named))
    found: dict[Key, float] = {}
    for value, score in rows.order_by().values_list("value", "score"):
        key = ("number", named[value])
        found[key] = max(score, found.get(key, 0.0))
    return found
