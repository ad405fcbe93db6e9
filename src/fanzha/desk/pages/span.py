"""Decides which days and moments forms and routes take: none so far out that a time zone leads beyond the calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime

from django.core.validators import MaxValueValidator, MinValueValidator

FIRST, LAST = date(2000, 1, 1), date(2999, 12, 31)
DAYS = (MinValueValidator(FIRST), MaxValueValidator(LAST))
_BEGIN, _END = (datetime(each.year, each.month, each.day, tzinfo=UTC) for each in (FIRST, LAST))
MOMENTS = (MinValueValidator(_BEGIN), MaxValueValidator(_END))


def within(at: datetime) -> bool:
    """Whether a moment (aware) lies among them."""
    return _BEGIN <= at <= _END
