"""What hindsight leaves out never changes which portable bridges it tells of (B5)."""

from __future__ import annotations

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fanzha.detection.bridge import Bridges
from fanzha.detection.neighbours import neighbours
from fanzha.detection.pack import Pack
from fanzha.profiles.event import EVENT, OUTGOING, WAS_ANSWERED, Events

NINE = 1_772_413_200
HOUR = 3600

# One row: cell, number, minutes since nine, minutes talked (0: a dial), seconds by which its record is late.
ROWS = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.integers(11, 15),
        st.integers(0, 180),
        st.sampled_from([0, 0, 0, 20, 50]),
        st.sampled_from([0, 0, 0, 120, 2 * HOUR]),
    ),
    max_size=60,
)


def events(rows: list[tuple[int, int, int, int, int]], share: float) -> tuple[Events, Events]:
    """Long calls and dials, numbered as they arrive; a `share` of the rows are bridges of one pair in cell 4."""
    rows = [*rows, *((4, 21, n * 50, 50, 0) for n in range(2)), *((4, 22, n * 5, 0, 0) for n in range(int(20 * share)))]
    made = np.zeros(len(rows), EVENT)
    for seq, (event, row) in enumerate(zip(made, sorted(rows, key=lambda row: row[2] * 60 + row[4]), strict=True), 1):
        cell, number, minute, talked, _ = row
        event["key"] = event["place"] = cell
        event["peer"], event["t"], event["seq"] = number, NINE + minute * 60, seq
        event["talk"], event["flags"] = talked * 60, WAS_ANSWERED if talked else OUTGOING
    dials = (made["flags"] & OUTGOING) != 0
    return made[~dials], made[dials]


@settings(max_examples=150, deadline=None)
@given(
    rows=ROWS, share=st.floats(0, 1), forgiving=st.sampled_from([0.6, 0.75, 0.9, 1.0]), keep=st.sampled_from([6, 99])
)
def test_the_bridges_of_the_neighbours_are_the_bridges_of_all(
    pack: Pack, rows: list[tuple[int, int, int, int, int]], share: float, forgiving: float, keep: int
) -> None:
    bounds = msgspec.structs.replace(
        pack.words.bridge, dials=3, hours=1, share=forgiving, keep_dials=keep, keep_calls=keep
    )
    calls, facts = events(rows, share)
    some, all_of_them = Bridges(bounds), Bridges(bounds)
    told, pairs = some.step(*neighbours(calls, facts, bounds))
    expected, known = all_of_them.step(calls, facts)
    assert told.tolist() == expected.tolist()
    assert pairs == known
    assert some.dropped == all_of_them.dropped


def test_cells_where_nobody_is_covered_are_not_looked_at(pack: Pack) -> None:
    calls, facts = events([(1, 11, n, 0, 0) for n in range(60)] + [(1, 12, 170, 20, 0)], 1.0)
    kept, dialled = neighbours(calls, facts, pack.words.bridge)
    assert set(kept["key"].tolist()) == set(dialled["key"].tolist()) == {4}
