from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from fanzha.desk.workflow.clock import due, is_working_day, working_end
from fanzha.errors import VocabularyError

_LOCAL = ZoneInfo("Asia/Shanghai")


def _end(start: datetime, hours: float) -> datetime:
    return working_end(start.replace(tzinfo=_LOCAL), timedelta(hours=hours), time(9), time(18)).replace(tzinfo=None)


def test_calendar_hours_run_through_the_night() -> None:
    start = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
    assert due("triage_stop", start) == start + timedelta(hours=2)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        (datetime(2026, 11, 16, 10), 2, datetime(2026, 11, 16, 12)),
        (datetime(2026, 11, 16, 17), 2, datetime(2026, 11, 17, 10)),
        (datetime(2026, 11, 20, 17), 2, datetime(2026, 11, 23, 10)),  # over a weekend
        (datetime(2026, 11, 16, 3), 1, datetime(2026, 11, 16, 10)),  # before the office opens
        (datetime(2026, 11, 16, 23), 1, datetime(2026, 11, 17, 10)),
        (datetime(2026, 9, 30, 17), 2, datetime(2026, 10, 8, 10)),  # National Day, and 10 October is worked
    ],
)
def test_working_hours_stop_at_nights_weekends_and_holidays(start: datetime, hours: float, end: datetime) -> None:
    assert _end(start, hours) == end


def test_a_year_without_a_calendar_has_plain_weeks() -> None:
    assert is_working_day(date(2099, 11, 16))
    assert not is_working_day(date(2099, 11, 15))


def test_unknown_deadline_is_refused() -> None:
    with pytest.raises(VocabularyError, match="nonsense"):
        due("nonsense", datetime.now(UTC))
