"""Decides whether a name or an address has failed too often to try again now (lockout.yaml).

A try is noted down as failed before it is judged, and struck out when it was right: so a hundred at the same instant
are no more tries than a hundred one after another.
"""

from __future__ import annotations

import datetime
from datetime import timedelta
from functools import cache
from pathlib import Path

import msgspec
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fanzha.desk.login.models import FailedTry
from fanzha.errors import Refused
from fanzha.vocabulary import decode, read

_LOCK = 0x54727921  # tries are noted down one at a time


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


def begin_try(name: str, address: str, now: datetime.datetime) -> FailedTry:
    """Note a try down, and forget those that no longer count. address "": only the name counts.

    Raises Refused for one who has failed too often.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":  # SQLite has one writer anyway
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        until = _locked_until(name, address, now)
        if until is not None:
            when = timezone.localtime(until).strftime("%H:%M")
            raise Refused(_("尝试次数过多，已暂时锁定"), hint=_("请在 %(when)s 之后再试") % {"when": when})
        FailedTry.objects.filter(at__lt=now - timedelta(minutes=2 * limits().window_minutes)).delete()
        return FailedTry.objects.create(name=name.lower()[:60], address=address, at=now)


def strike_out(tried: FailedTry) -> None:
    """It was right."""
    tried.delete()


def _locked_until(name: str, address: str, now: datetime.datetime) -> datetime.datetime | None:
    """When they may try again, None for at once."""
    found = limits()
    since = now - timedelta(minutes=found.window_minutes)
    ends = []
    for most, condition in ((found.tries, {"name": name.lower()[:60]}), (found.address_tries, {"address": address})):
        if condition == {"address": ""}:
            continue
        times = FailedTry.objects.filter(at__gt=since, **condition).order_by("-at").values_list("at", flat=True)
        recent = list(times[:most])
        if len(recent) == most:
            ends.append(recent[0] + timedelta(minutes=found.lock_minutes))
    return max((end for end in ends if end > now), default=None)
