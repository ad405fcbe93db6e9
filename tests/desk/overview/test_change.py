"""Holds 同比 and 环比 to domain 3.11: absent and zero are told as a dash, unfinished days meet at the same hour."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from fanzha.desk.overview.change import change, days_of, signed, year_before


def test_zhejiang_half_year_reads_minus_29_78() -> None:
    """Domain 3.12, scenario 12."""
    assert signed(change(7022, 10000)) == "−29.78%"


def test_absent_or_zero_is_a_dash() -> None:
    assert signed(change(5, 0)) == signed(change(5, None)) == signed(change(None, 5)) == "—"
    assert signed(change(0, 5)) == "−100.00%"
    assert signed(change(6, 5)) == "+20.00%"


def test_an_unfinished_day_is_set_against_the_same_hours() -> None:
    at = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)  # ten in the morning in Shanghai
    found = days_of(date(2026, 11, 22), at)
    assert found.unfinished
    assert {span.until - span.since for span in (found.now, found.before, found.year)} == {timedelta(hours=10)}
    assert found.year.since.date() == date(2025, 11, 22)
    assert not days_of(date(2026, 11, 21), at).unfinished


def test_leap_day_meets_28_february() -> None:
    assert year_before(date(2028, 2, 29)) == date(2027, 2, 28)
