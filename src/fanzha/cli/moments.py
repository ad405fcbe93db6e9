"""Decides which moment a person means by a date or time on the command line (local time, Asia/Shanghai by settings)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import click

from fanzha.cli.language import say
from fanzha.errors import UsageError

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class Moment(click.ParamType[datetime]):
    """A date, or date and time; `last` makes a bare date mean its end (so --to 2026-11-07 takes that day in)."""

    name = say("日期", "date")

    def __init__(self, *, last: bool = False) -> None:
        self._last = last

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """UTC. Fails as a wrong option does."""
        if isinstance(value, datetime):
            return value
        text = str(value)
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            found = None
        if found is None or not 1970 <= found.year < 2100:
            self.fail(
                say(
                    f"{text} 不是日期；例：2026-11-01 或 2026-11-01T08:00",
                    f"{text} is no date; write 2026-11-01 or 2026-11-01T08:00",
                ),
                param,
                ctx,
            )
        if self._last and _DATE.fullmatch(text):
            found += timedelta(days=1)
        return (found if found.tzinfo else found.replace(tzinfo=zone())).astimezone(UTC)


def zone() -> ZoneInfo:
    """The zone in which hours and days are counted."""
    from fanzha.vocabulary import settings

    return ZoneInfo(settings().timezone)


def local(moment: datetime) -> str:
    """A moment as people here read it: 2026-11-01 08:00:00."""
    return moment.astimezone(zone()).strftime("%Y-%m-%d %H:%M:%S")


def check_order(first: datetime | None, last: datetime | None) -> None:
    """Raises UsageError for a stretch that ends before it begins."""
    if first and last and first >= last:
        raise UsageError(say("--from 不早于 --to", "--from is not before --to"))
