"""Decides which entries of a snapshot name a number or device, out of columns that lie on disk and are mapped.

Processes share the mapped pages; finding one of ten million numbers touches a few of them and costs a microsecond.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanzha.numbering import check_imei, display
from fanzha.policy.action import Action
from fanzha.policy.columns import LONGEST_TEXT, Compiled
from fanzha.policy.entry import Entry, Side, Subject
from fanzha.policy.filing import DEVICE_DIGITS, Lane
from fanzha.policy.refusal import Refusal, Refused
from fanzha.policy.sealed import Terms

_STRIDE = 4096  # rows between the keys that are kept at hand
_REMEMBERED = 20_000  # entries kept as objects, some 10 MB; forgotten all at once when there are so many
_NONE = range(0)
_KINDS = (  # by lane
    (Subject.NUMBER, Side.CALLER),
    (Subject.NUMBER, Side.CALLEE),
    (Subject.DEVICE, Side.CALLER),
    (Subject.PREFIX, Side.CALLER),
    (Subject.PREFIX, Side.CALLEE),
)
_ACTIONS = tuple(Action)
_TYPES = {
    "key": "q", "starts": "q", "expires": "q", "terms": "I", "id_at": "I", "id_text": "B", "id_order": "I",
    "source": "I", "source_at": "I", "source_text": "B", "text": "I", "text_at": "I", "text_text": "B",
}  # fmt: skip


class Book:
    """The entries of one snapshot. Raises Refused where the columns do not fit together."""

    def __init__(
        self,
        lanes: tuple[int, ...],
        terms: tuple[Terms, ...],
        columns: Mapping[str, memoryview],
        forget: Callable[[], None] = lambda: None,
    ) -> None:
        """forget: lets the system take back the pages read so far, after a look at whole columns."""
        self.lanes = lanes
        self.terms = terms
        self.forget = forget
        self._columns = columns
        _check(lanes, terms, columns)
        forget()
        self._keys = columns["key"]
        self.starts = columns["starts"]
        self.expires = columns["expires"]
        self.codes = columns["terms"]
        self._met: dict[int, Entry] = {}
        self._steps = [self._keys[lanes[at] : lanes[at + 1] : _STRIDE].tolist() for at in Lane]

    @classmethod
    def of(cls, compiled: Compiled) -> Book:
        """A book in memory only."""
        columns = {
            name: memoryview(np.ascontiguousarray(array).view(np.uint8).data).cast(_TYPES[name])  # type: ignore[call-overload]
            for name, array in compiled.arrays.items()
        }
        return cls(compiled.lanes, compiled.terms, columns)

    def __len__(self) -> int:
        return len(self._keys)

    def array(self, name: str) -> NDArray[Any]:
        """A column as an array over the same memory."""
        return np.asarray(self._columns[name])

    def find(self, lane: Lane, key: int) -> range:
        """The rows filed under this number or device."""
        steps = self._steps[lane]
        if not steps:
            return _NONE
        step = bisect_left(steps, key)
        first = self.lanes[lane]
        low = first + max(step - 1, 0) * _STRIDE
        last = self.lanes[lane + 1]
        keys = self._keys
        at = end = bisect_left(keys, key, low, min(first + step * _STRIDE, last))
        while end < last and keys[end] == key:
            end += 1
        return range(at, end)

    def met(self, row: int) -> Entry:
        """`entry`, remembered: who is listed calls again and again."""
        found = self._met.get(row)
        if found is None:
            if len(self._met) >= _REMEMBERED:
                self._met.clear()
            found = self._met[row] = self.entry(row)
        return found

    def entry(self, row: int) -> Entry:
        """One row as an entry; its value as `display` writes it."""
        terms = self.terms[self.codes[row]]
        subject, side = _KINDS[bisect_left(self.lanes, row + 1) - 1]
        return Entry(
            id=self.id(row),
            subject=subject,
            side=side,
            value=self._value(subject, row),
            action=_ACTIONS[terms.action],
            reason=terms.reason,
            source=self._coded("source", row),
            starts=self.starts[row],
            expires=self.expires[row],
            region=terms.region,
            rule=terms.rule,
            basis=terms.basis,
            per_minute=terms.per_minute,
        )

    def id(self, row: int) -> str:
        """The id of a row's entry."""
        return self._string("id", row)

    def row_of(self, identity: str) -> int | None:
        """The row with this id."""
        order = self._columns["id_order"]
        at = bisect_left(order, identity.encode(), key=lambda row: self.id(row).encode())
        return order[at] if at < len(order) and self.id(order[at]) == identity else None

    def rows(self, lane: Lane) -> range:
        """All rows of a lane."""
        return range(self.lanes[lane], self.lanes[lane + 1])

    def __iter__(self) -> Iterator[Entry]:
        return map(self.entry, range(len(self)))

    def _value(self, subject: Subject, row: int) -> str:
        if subject is Subject.PREFIX:
            return self._coded("text", row)
        key: int = self._keys[row]
        if subject is Subject.DEVICE:
            return check_imei(f"{key:0{DEVICE_DIGITS}d}").imei
        return display(key) if key > 0 else self._coded("text", row)

    def _coded(self, name: str, row: int) -> str:
        return self._string(name, self._columns[name][row])

    def _string(self, name: str, at: int) -> str:
        begins = self._columns[f"{name}_at"]
        return str(self._columns[f"{name}_text"][begins[at] : begins[at + 1]], "utf-8")


def _check(lanes: tuple[int, ...], terms: tuple[Terms, ...], columns: Mapping[str, memoryview]) -> None:
    """The signature says who made the columns, not that they were made well."""
    formats = {name: column.format for name, column in columns.items()}
    if formats != _TYPES:
        raise Refused(Refusal.FORMAT, f"columns are {formats}, not {_TYPES}")
    rows = len(columns["key"])
    lengths = {name: len(columns[name]) for name in ("starts", "expires", "terms", "source", "text", "id_order")}
    if set(lengths.values()) - {rows} or len(columns["id_at"]) != rows + 1:
        raise Refused(Refusal.FORMAT, f"columns of unequal length: {lengths}")
    if any(not 0 <= one.action < len(_ACTIONS) for one in terms):
        raise Refused(Refusal.ENTRY, "an entry has no action that there is")
    if len(lanes) != len(Lane) + 1 or list(lanes) != sorted(lanes) or lanes[0] != 0 or lanes[-1] != rows:
        raise Refused(Refusal.FORMAT, f"the lanes {lanes} do not divide {rows} rows")
    for lane in (Lane.CALLER, Lane.CALLEE, Lane.DEVICE):
        keys = np.asarray(columns["key"])[lanes[lane] : lanes[lane + 1]]
        if (keys[1:] < keys[:-1]).any():
            raise Refused(Refusal.FORMAT, f"the keys of lane {lane.name} do not ascend")
    for name, most in (("terms", len(terms)), ("source", len(columns["source_at"]) - 1), ("id_order", rows),
                       ("text", len(columns["text_at"]) - 1)):  # fmt: skip
        if rows and np.asarray(columns[name]).max() >= most:
            raise Refused(Refusal.FORMAT, f"the column {name} points beyond its end")
    for name in ("id", "source", "text"):
        begins = np.asarray(columns[f"{name}_at"])
        if len(columns[f"{name}_text"]) > LONGEST_TEXT:
            raise Refused(Refusal.SIZE, f"the texts of {name} are longer than 2 GB")
        if len(begins) == 0 or (begins[1:] < begins[:-1]).any() or begins[-1] != len(columns[f"{name}_text"]):
            raise Refused(Refusal.FORMAT, f"the texts of {name} do not follow one another")
