"""Decides which stretch of history a trial is over, and what is known of whom in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from fanzha.cli.moments import zone

if TYPE_CHECKING:
    from fanzha.detection.outcomes import Outcomes
    from fanzha.records.lake import Lake


def known_of(files: tuple[Path, ...], truth: Path | None) -> Outcomes:
    """What is known of whom: files of outcomes, and the truth of a synthetic province."""
    from fanzha.detection.outcomes import Outcomes, of_world, read_outcomes

    rows = [row for path in files for row in read_outcomes(path)]
    return Outcomes([*rows, *(of_world(truth) if truth else ())])


def last_days(lake: Lake, network: str, days: int, last: datetime | None) -> tuple[datetime | None, datetime | None]:
    """From the local midnight that makes so many days up to `last` or the lake's last call."""
    _, newest, _ = lake.span(network)
    if newest is None:
        return None, last
    end = last or newest + timedelta(seconds=1)
    local = (end - timedelta(microseconds=1)).astimezone(zone())
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days - 1)
    return midnight.astimezone(UTC), end
