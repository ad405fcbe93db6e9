"""Holds the habits of each language: how times, days and numbers are written on pages."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.utils import timezone, translation

from fanzha.desk.pages.templatetags.desk import day, figure, moment, second, short_day

_THEN = datetime(2024, 3, 5, 1, 2, 3, tzinfo=UTC)  # 09:02:03 in Shanghai
_NOW = timezone.now().replace(month=3, day=5, hour=1, minute=2, second=3)


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("zh-hans", ("03-05 09:02", "2024-03-05 09:02", "2024-03-05 09:02:03", "2024-03-05", "03-05")),
        ("en", ("5 Mar 09:02", "5 Mar 2024 09:02", "5 Mar 2024 09:02:03", "5 Mar 2024", "5 Mar")),
    ],
)
def test_times_in_each_languages_habit(language: str, told: tuple[str, ...]) -> None:
    on = date(2024, 3, 5)
    with translation.override(language):
        assert (moment(_NOW), moment(_THEN), second(_THEN), day(on), short_day(on)) == told
        assert (moment(None), figure(1234567), figure(None)) == ("—", "1,234,567", "?")
