"""Decides the key, kind and form of a few raw strings at once, and R1-R8 for one: for a call that waits for its answer.

The same kernel and the same rules as the columns (`normalise`, `false_cli`), without Arrow: about 3 microseconds for
the numbers of a call instead of 100.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from fanzha import vocabulary as words
from fanzha.numbering import plan
from fanzha.numbering.codes import Form, Kind, Why, Written
from fanzha.numbering.false_cli import false_cli
from fanzha.numbering.numbers import Numbers, _area, normalise
from fanzha.numbering.raw import scan

ROWS, BYTES = 8, 1024
DAY = 86_400_000_000  # microseconds
LAST = 4_102_444_800_000_000


class Single(NamedTuple):
    """One row of `Numbers`: codes of Kind, Form, Why, Written as plain integers."""

    number: int
    kind: int
    form: int
    why: int
    written: int


NOBODY = Single(0, int(Kind.WITHHELD), int(Form.UNKNOWN), int(Why.WITHHELD), int(Written.NATIONAL))


class Reader:
    """Reads the numbers of one call after another in one buffer: one reader for each thread."""

    def __init__(self) -> None:
        self._text: Any = np.zeros(BYTES, np.uint8)
        self._offsets: Any = np.zeros(ROWS + 1, np.int64)
        self._valid = [np.ones(rows, np.bool_) for rows in range(ROWS + 1)]
        self._found: tuple[Any, ...] = (np.zeros(ROWS, np.int64), *(np.zeros(ROWS, np.int8) for _ in range(4)))
        self._bytes, self._ends, self._told = _words(self._text), _words(self._offsets), list(map(_words, self._valid))
        self._columns = tuple(_words(column) for column in self._found)
        self._rules: dict[tuple[object, ...], tuple[int, int]] = {}
        self._areas: dict[str, int] = {"": 0}
        self._plan: plan.Plan | None = None
        self._cli: object = None
        self._tables: tuple[Any, ...] = ()
        self.refresh()
        self.read(["110"])  # the kernel is loaded now, not when the first call waits

    def refresh(self) -> None:
        """Take up a plan or rules whose files have changed; costs a few file look-ups, so once a second will do."""
        held, cli = plan.current(), words.false_cli_rules()
        if held is not self._plan or cli is not self._cli:
            self._plan, self._cli = held, cli
            self._tables = (held.withheld, *held.tables())
            self._rules.clear()
            self._areas = {"": 0}

    def read(self, raws: Sequence[str | None], area: str = "") -> list[Single]:
        """What `normalise(raws, area=area)` says, row by row. None is a withheld number.

        Raises UsageError for an area code that is not in the plan, never for what a string holds."""
        if len(raws) > ROWS:
            return [self._column(raw, area) for raw in raws]
        ends, valid, start = self._ends, self._told[len(raws)], 0
        for row, raw in enumerate(raws):
            part = b"" if raw is None else raw.encode("utf-8", "replace")
            end = start + len(part)
            if end > BYTES:
                return [self._column(raw, area) for raw in raws]
            self._bytes[start:end] = part
            valid[row], ends[row + 1], start = raw is not None, end, end
        kernel: Any = scan
        kernel(self._text, self._offsets, self._valid[len(raws)], self._code(area), *self._tables, *self._found)
        numbers, kinds, forms, whys, writtens = self._columns
        return [Single(numbers[i], kinds[i], forms[i], whys[i], writtens[i]) for i in range(len(raws))]

    def rules(self, one: Single, ingress: int, owns: int, clir: int, roaming: int, at: int) -> tuple[int, int]:
        """Bits of the rules R1-R8 that may block this caller, and of those that only label; codes as `false_cli` has
        them. at: UTC microseconds, for the age of the plan. What was judged once is remembered."""
        case = (one.number > 0, *one[1:], ingress, owns, clir, roaming, at // DAY)
        found = self._rules.get(case)
        if found is None:
            if len(self._rules) > 50_000:  # some days' worth of every case there is
                self._rules.clear()
            found = self._rules[case] = self._judge(one, ingress, owns, clir, roaming, at)
        return found

    def plan_age_days(self, at: int) -> int:
        """How old the number plan is at this moment (UTC microseconds)."""
        assert self._plan is not None
        return (_day(at) - self._plan.as_of).days

    def _code(self, area: str) -> int:
        code = self._areas.get(area)
        if code is None:
            assert self._plan is not None
            code = self._areas[area] = _area(area, self._plan)
        return code

    def _column(self, raw: str | None, area: str) -> Single:
        """The long way, for what does not fit the buffer."""
        clean = None if raw is None else raw.encode("utf-8", "replace").decode()
        found = normalise(pa.array([clean], pa.string()), area=area)
        columns = (found.number, found.kind, found.form, found.why, found.written)
        return Single(*(int(column[0]) for column in columns))

    def _judge(self, one: Single, ingress: int, owns: int, clir: int, roaming: int, at: int) -> tuple[int, int]:
        def row(value: int) -> Any:
            return np.array([value], np.int8)

        found = false_cli(
            pa.array([""]),
            Numbers(np.array([one.number], np.int64), *(row(value) for value in one[1:])),
            ingress=row(ingress),
            trunk_owns=row(owns),
            clir=row(clir),
            roaming=row(roaming),
            as_of=_day(at),
        )
        return int(found.block[0]), int(found.label[0])


def _day(at: int) -> date:
    """The day of a moment, whatever clock it comes from: not before 1970, nor after 2100."""
    return datetime.fromtimestamp(min(max(at, 0), LAST) / 1e6, UTC).date()


def _words(array: Any) -> memoryview:
    """The array's memory, whose items are plain integers (and read four times as fast as numpy's)."""
    return memoryview(array)
