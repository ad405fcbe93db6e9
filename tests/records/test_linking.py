"""A call that two networks report is one call; two calls of one network never are (design section 2)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from fanzha.records.contract import CALLS
from fanzha.records.limits import limits
from fanzha.records.linking import elsewhere, link

NINE = datetime(2026, 11, 2, 1, tzinfo=UTC)
NAMES = ("network", "caller", "callee", "started", "seq", "id")
Row = tuple[str, int | None, int | None, float]


def table(rows: list[Row]) -> pa.Table:
    words = [
        dict(zip(NAMES, (network, caller, callee, NINE + timedelta(seconds=second), seq, 10 * seq), strict=True))
        for seq, (network, caller, callee, second) in enumerate(rows, 1)
    ]
    return pa.Table.from_pylist(words, schema=pa.schema([CALLS.field(name) for name in NAMES]))


def test_two_networks_rows_of_one_call_are_linked_whatever_their_order() -> None:
    calls = table([("mobile", 8613900000001, 8675588880000, 1.5), ("telecom", 8613900000001, 8675588880000, 0.0)])
    assert link(calls).tolist() == [1, 1]
    assert calls["network"][link(calls)[0]].as_py() == "telecom"


def test_a_redial_is_a_call_of_its_own_and_each_network_s_rows_find_their_own() -> None:
    a, b = 8613900000001, 8613900000002
    calls = table([("m", a, b, 0), ("t", a, b, 0.4), ("m", a, b, 3), ("t", a, b, 3.4)])
    assert link(calls).tolist() == [0, 0, 2, 2]


def test_a_network_is_told_who_else_saw_its_calls() -> None:
    a, b = 8613900000001, 8613900000002
    calls = table([("u", a, b, 0), ("m", a, b, 0.2), ("t", a, b, 0.4), ("m", a, b, 60)])
    assert elsewhere(calls, "m") == {20: ["t", "u"]}
    assert elsewhere(calls, "t") == {30: ["m", "u"]}


def test_what_is_too_far_apart_withheld_or_of_other_parties_stays_apart() -> None:
    a, b, far = 8613900000001, 8613900000002, limits().link_seconds + 0.1
    calls = table([("m", a, b, 0), ("t", a, b, far), ("t", b, a, 0), ("m", None, b, 0), ("t", None, b, 0)])
    assert link(calls).tolist() == [0, 1, 2, 3, 4]
    assert link(table([])).tolist() == []


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("mtu"), st.sampled_from([1, 2]), st.just(3), st.floats(0, 30)), max_size=30))
def test_a_call_holds_at_most_one_row_of_a_network_all_near_its_first(rows: list[Row]) -> None:
    calls = table(rows)
    found = link(calls)
    started = calls["started"].cast(pa.int64()).to_numpy()
    networks = calls["network"].to_pylist()
    for first in set(found.tolist()):
        members = np.flatnonzero(found == first)
        assert first in members
        assert len({networks[row] for row in members}) == len(members)
        assert (started[members] - started[first] <= limits().link_seconds * 1e6).all()
        assert (started[members] >= started[first]).all()
    assert (found == np.arange(len(found))).sum() == len(set(found.tolist()))
