"""Decides whether a name, a known browser or an address has failed too often to try again now (lockout.yaml).

A try is noted down as failed before it is judged, and struck out when it was right: so a hundred at the same instant
are no more tries than a hundred one after another.
"""

from __future__ import annotations

import datetime
import hmac
from datetime import timedelta
from functools import cache
from ipaddress import IPv6Network, ip_address
from pathlib import Path
from typing import Literal

import msgspec
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fanzha.desk.keys import derived
from fanzha.desk.login.models import FailedTry
from fanzha.errors import Refused
from fanzha.vocabulary import decode, read

_LOCK = 0x54727921  # tries are noted down one at a time

Kind = Literal["name", "appeal"]  # what is tried: the password of a person's name, the code of a number's appeal


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See lockout.yaml."""

    tries: int
    address_tries: int
    appeal_tries: int
    ipv6_prefix: int
    window_minutes: int
    lock_minutes: int
    known_days: int
    idle_minutes: int
    source: str
    as_of: datetime.date


@cache
def limits() -> Limits:
    """From lockout.yaml."""
    return decode(read(Path(__file__).with_name("lockout.yaml")), Limits)


def begin_try(kind: Kind, name: str, address: str, now: datetime.datetime, browser: str = "") -> FailedTry:
    """Note a try down, and forget those that no longer count. browser: see `known.browser_of`; it alone is counted.

    Raises Refused for one who has failed too often.
    """
    key, place = (_key("known", browser), "") if browser else (_key(kind, name), _place(address))
    with transaction.atomic():
        if connection.vendor == "postgresql":  # SQLite has one writer anyway
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        until = _locked_until(_bounds(kind, key, place), now)
        if until is not None:
            when = {"when": timezone.localtime(until).strftime("%H:%M")}
            known = kind == "name" and not browser
            hint = _("请在 %(when)s 之后再试，或换用登录过的浏览器") if known else _("请在 %(when)s 之后再试")
            raise Refused(_("尝试次数过多，已暂时锁定"), hint=hint % when)
        FailedTry.objects.filter(at__lt=now - timedelta(minutes=2 * limits().window_minutes)).delete()
        return FailedTry.objects.create(name=key, address=place, at=now)


def strike_out(tried: FailedTry) -> None:
    """It was right."""
    tried.delete()


def _bounds(kind: Kind, key: str, place: str) -> list[tuple[int, dict[str, str]]]:
    """(most tries, whose) that apply together.

    A name is locked whoever guesses; a number to appeal only for the address that guessed, for else anybody could keep
    its subscriber from appealing: its code is long enough.
    """
    found = limits()
    if not place:
        return [(found.tries, {"name": key, "address": ""})]
    there = (found.address_tries, {"address": place})
    if kind == "appeal":
        return [(found.tries, {"name": key, "address": place}), (found.appeal_tries, {"name": key}), there]
    return [(found.tries, {"name": key}), there]


def _locked_until(bounds: list[tuple[int, dict[str, str]]], now: datetime.datetime) -> datetime.datetime | None:
    """When they may try again, None for at once."""
    since = now - timedelta(minutes=limits().window_minutes)
    ends = []
    for most, whose in bounds:
        times = FailedTry.objects.filter(at__gt=since, **whose).order_by("-at").values_list("at", flat=True)
        recent = list(times[:most])
        if len(recent) == most:
            ends.append(recent[0] + timedelta(minutes=limits().lock_minutes))
    return max((end for end in ends if end > now), default=None)


def _key(kind: str, name: str) -> str:
    """By what tries of a name are kept: some type their password or their number for it, and kinds must not mix."""
    return hmac.digest(derived("tries"), f"{kind} {name.lower()}".encode(), "sha256").hex()[:60]


def _place(address: str) -> str:
    """What is counted as one address; "" where none is known."""
    try:
        at = ip_address(address)
    except ValueError:
        return address
    if at.version == 4 or at.ipv4_mapped is not None:
        return address
    return str(IPv6Network((int(at), limits().ipv6_prefix), strict=False))
