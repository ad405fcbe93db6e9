"""One call's numbers are read as a column's are: the gateway and the lake must never disagree about a caller."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanzha.errors import UsageError
from fanzha.numbering import Numbers, false_cli, normalise
from fanzha.numbering.single import BYTES, ROWS, Reader, Single

READER = Reader()
heads = st.sampled_from(
    ["", "+86", "0086", "86", "0", "00", "+", "10", "95", "106", "400", "170", "sip:", "tel:+", "irregular:"]
)
dialled = st.builds(lambda head, tail: head + tail, heads, st.text("0123456789", max_size=14))
anything = st.one_of(st.none(), dialled, st.text(max_size=40), st.text(st.characters(codec="utf-8"), max_size=2000))


def columns(raws: list[str | None], area: str = "") -> list[Single]:
    found = normalise(pa.array(raws, pa.string()), area=area)
    rows = zip(found.number, found.kind, found.form, found.why, found.written, strict=True)
    return [Single(*map(int, row)) for row in rows]


@given(st.lists(anything, max_size=ROWS + 2), st.sampled_from(["", "0571", "010"]))
@settings(max_examples=400, deadline=None)
def test_reads_what_a_column_reads(raws: list[str | None], area: str) -> None:
    assert READER.read(raws, area) == columns(raws, area)


@given(
    anything, st.integers(0, 5), st.integers(-1, 1), st.integers(-1, 1), st.integers(-1, 1),
    st.sampled_from(["2026-11-22", "2028-06-01"]),
)  # fmt: skip
@settings(max_examples=400, deadline=None)
def test_judges_as_a_column_is_judged(
    raw: str | None, ingress: int, owns: int, clir: int, roaming: int, day: str
) -> None:
    at = datetime.fromisoformat(day).replace(tzinfo=UTC)
    one = READER.read([raw])[0]
    numbers: Numbers = normalise(pa.array([raw], pa.string()))
    whole = false_cli(
        pa.array([raw], pa.string()), numbers, ingress=np.array([ingress], np.int8),
        trunk_owns=np.array([owns], np.int8), clir=np.array([clir], np.int8), roaming=np.array([roaming], np.int8),
        as_of=at.date(),
    )  # fmt: skip
    for _ in range(2):  # the second time from memory
        found = READER.rules(one, ingress, owns, clir, roaming, int(at.timestamp() * 1e6))
        assert found == (whole.block[0], whole.label[0])


def test_what_a_broken_decoder_leaves_is_read_too() -> None:
    assert READER.read(["\ud800110", "1" * (BYTES + 1), "110"])[2] == columns(["110"])[0]


def test_an_area_nobody_has_is_refused() -> None:
    with pytest.raises(UsageError, match="not in the plan"):
        READER.read(["110"], "0123")


def test_the_age_of_the_plan_is_told() -> None:
    day = 86_400_000_000
    now = int(datetime(2026, 11, 22, tzinfo=UTC).timestamp() * 1e6)
    assert READER.plan_age_days(now + 10 * day) == READER.plan_age_days(now) + 10
