"""Decides which moment a list means by a date or a time (Asia/Shanghai by settings, unless it names its own zone)."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from fanzha.vocabulary import settings

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@lru_cache(10_000)
def moment(text: str | date, *, last: bool = False) -> int | None:
    """UTC microseconds; None for what is no date or time. `last`: a bare date means its end (valid until that day)."""
    written = text.isoformat() if isinstance(text, date) else text.strip()
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        return None
    if not 1970 <= found.year < 2200:
        return None
    if last and _DATE.fullmatch(written):
        found += timedelta(days=1)
    zoned = found if found.tzinfo else found.replace(tzinfo=ZoneInfo(settings().timezone))
    return round(zoned.timestamp() * 1_000_000)
