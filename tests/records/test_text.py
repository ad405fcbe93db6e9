from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha.records.text import hash_text, read_decimals, read_times, text_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def times(texts: list[str | None]) -> list[tuple[int, bool] | None]:
    """Microseconds and whether a zone was named; None where it is no time."""
    text = text_of(pa.array(texts, pa.string()))
    micros, zoned, bad = np.zeros(len(texts), np.int64), np.zeros(len(texts), bool), np.zeros(len(texts), bool)
    read_times(text.offsets, text.data, text.valid, micros, zoned, bad)
    return [None if b else (int(m), bool(z)) for m, z, b in zip(micros, zoned, bad, strict=True)]


def micro(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


@given(st.datetimes(datetime(1800, 1, 1), datetime(2400, 1, 1)), st.sampled_from(" T"))
def test_a_time_reads_as_python_reads_it(moment: datetime, between: str) -> None:
    assert times([moment.isoformat(between)]) == [(micro(moment.replace(tzinfo=UTC)), False)]


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_a_zone_that_is_named_is_obeyed(moment: datetime, east: int) -> None:
    sign, ahead = "-" if east < 0 else "+", abs(east)
    text = f"{moment.isoformat()}{sign}{ahead // 60:02d}:{ahead % 60:02d}"
    assert times([text, text.replace(":", "")])[0] == (micro(moment.replace(tzinfo=UTC)) - east * 60_000_000, True)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026/1/5 9:05", datetime(2026, 1, 5, 9, 5)),
        ("20260105090501", datetime(2026, 1, 5, 9, 5, 1)),
        ("2026-01-05", datetime(2026, 1, 5)),
        (" 2026-01-05 09:05:01.25 ", datetime(2026, 1, 5, 9, 5, 1, 250_000)),
        ("2024-02-29T00:00:00", datetime(2024, 2, 29)),
    ],
)
def test_habits_of_operators(text: str, meant: datetime) -> None:
    assert times([text]) == [(micro(meant.replace(tzinfo=UTC)), False)]


@pytest.mark.parametrize(
    "text",
    ["", "x", "2026", "2026-13-01", "2026-02-30", "2026-01-01 24:00:00", "2026-01-01 08:60:00", "2026-01-01 8",
     "2026-01-01 08:00:00x", "2026-01-01 08:00:00+99", "0000000000", "2026-01-01-08", "2026-01-01 08:00:61",
     "２０２６-01-01", "20260105 9:5:1z9"],
)  # fmt: skip
def test_what_is_no_time_is_told(text: str) -> None:
    assert times([text]) == [None]


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading_of_times(text: str) -> None:
    times([text, None, "2026-01-01"])


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=3))
def test_decimals(value: object) -> None:
    text = text_of(pa.array([str(value), "x", "1.5.5", "", None]))
    out, bad = np.zeros(5, np.int64), np.zeros(5, bool)
    read_decimals(text.offsets, text.data, text.valid, 1000, out, bad)
    assert out[0] == int(value * 1000)  # type: ignore[operator]
    assert bad.tolist() == [False, True, True, True, False]


@given(st.lists(st.text(max_size=30), unique=True, min_size=2, max_size=50))
def test_different_texts_hash_differently_wherever_they_lie(texts: list[str]) -> None:
    def hashes(column: pa.Array) -> list[int]:
        text, state = text_of(column), np.zeros(len(column), np.uint64)
        hash_text(text.offsets, text.data, text.valid, 7, state)
        return state.tolist()

    found = hashes(pa.array(texts))
    assert len(set(found)) == len(texts)
    assert hashes(pa.array(["before", *texts]).slice(1)) == found
    assert hashes(pa.array(texts, pa.large_string())) == found


def test_a_null_leaves_the_hash_so_that_an_absent_column_counts_as_nulls() -> None:
    text, state = text_of(pa.array([None, ""])), np.full(2, 5, np.uint64)
    hash_text(text.offsets, text.data, text.valid, 7, state)
    assert state[0] == 5
    assert state[1] != 5
