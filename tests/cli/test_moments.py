from __future__ import annotations

from datetime import UTC, datetime

import click
import pytest

from fanzha.cli.moments import Moment, local


def test_a_bare_date_is_a_day_in_shanghai() -> None:
    assert Moment().convert("2026-11-01", None, None) == datetime(2026, 10, 31, 16, tzinfo=UTC)
    assert Moment(last=True).convert("2026-11-01", None, None) == datetime(2026, 11, 1, 16, tzinfo=UTC)


def test_a_time_and_a_zone_are_taken_as_written() -> None:
    assert Moment(last=True).convert("2026-11-01T08:00", None, None) == datetime(2026, 11, 1, 0, tzinfo=UTC)
    assert Moment().convert("2026-11-01T08:00+00:00", None, None) == datetime(2026, 11, 1, 8, tzinfo=UTC)
    assert local(datetime(2026, 11, 1, 0, tzinfo=UTC)) == "2026-11-01 08:00:00"


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-13-01", "2026-02-30", "1e9", "0000-01-01", "0001-01-01", "9999-12-31"]
)
def test_anything_else_is_a_wrong_option(text: str) -> None:
    with pytest.raises(click.BadParameter):
        Moment().convert(text, None, None)
