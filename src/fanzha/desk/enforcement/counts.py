"""Decides how the gateways' counts come back: by entry and day, each stretch of a verdict log taken once (A1, A6)."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from django.db import transaction
from django.db.models import F

from fanzha.desk.enforcement.models import Gateway, Tally

_Natural = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class Count(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Calls that one entry decided on one day (Asia/Shanghai). `last`: UTC microseconds of the latest."""

    entry: Annotated[str, msgspec.Meta(max_length=80, pattern=r"^[^\x00]*$")]
    day: datetime.date
    action: Literal["allow", "label", "challenge", "limit", "block"]
    calls: _Natural
    last: Annotated[int, msgspec.Meta(ge=0, le=32_503_680_000_000_000)]  # the year 3000


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a gateway counted in its verdict log between two positions."""

    begin: _Natural
    end: _Natural
    counts: list[Count]


def take(gateway: Gateway, report: Report) -> int:
    """Add a report; the position up to which counts are taken. One that was taken, or leaves a gap, changes nothing:
    the answer tells the gateway where to go on.
    """
    with transaction.atomic():
        fresh = Gateway.objects.select_for_update(no_key=True).get(pk=gateway.pk)
        if report.begin != fresh.position or report.end <= report.begin:
            return fresh.position
        add(report.counts)
        fresh.position = report.end
        fresh.save(update_fields=["position"])
    return fresh.position


def add(counts: Sequence[Count]) -> None:
    """Add counts in the caller's transaction."""
    for count in counts:
        last = datetime.datetime.fromtimestamp(count.last / 1e6, datetime.UTC)
        row, made = Tally.objects.get_or_create(
            entry=count.entry,
            day=count.day,
            action=count.action,
            defaults={"calls": count.calls, "last_at": last},
        )
        if not made:
            Tally.objects.filter(pk=row.pk).update(calls=F("calls") + count.calls, last_at=max(row.last_at, last))
