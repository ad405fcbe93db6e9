"""Decides whether a name or an address has failed too often to try again now (lockout.yaml)."""

from __future__ import annotations

import datetime
from datetime import timedelta
from functools import cache
from pathlib import Path

import msgspec

from fanzha.desk.login.models import FailedTry
from fanzha.vocabulary import decode, read


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See lockout.yaml."""

    tries: int
    address_tries: int
    window_minutes: int
    lock_minutes: int
    idle_minutes: int
    source: str
    as_of: datetime.date


@cache
def limits() -> Limits:
    """From lockout.yaml."""
    return decode(read(Path(__file__).with_name("lockout.yaml")), Limits)


def locked_until(name: str, address: str, now: datetime.datetime) -> datetime.datetime | None:
    """When they may try again, None for at once. address "": only the name counts."""
    found = limits()
    since = now - timedelta(minutes=found.window_minutes)
    ends = []
    for most, condition in ((found.tries, {"name": name.lower()}), (found.address_tries, {"address": address})):
        if condition == {"address": ""}:
            continue
        times = FailedTry.objects.filter(at__gt=since, **condition).order_by("-at").values_list("at", flat=True)
        recent = list(times[:most])
        if len(recent) == most:
            ends.append(recent[0] + timedelta(minutes=found.lock_minutes))
    return max((end for end in ends if end > now), default=None)


def note_failure(name: str, address: str, now: datetime.datetime) -> None:
    """Remember a failure, and forget those that no longer count."""
    FailedTry.objects.create(name=name.lower()[:60], address=address, at=now)
    FailedTry.objects.filter(at__lt=now - timedelta(minutes=2 * limits().window_minutes)).delete()
