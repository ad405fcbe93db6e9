"""Decides how changes of the policy are noted down with an approval, and who may fetch what came of them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fanzha.desk.audit.actions import Act, record
from fanzha.desk.bulk import insert_columns, keys
from fanzha.desk.enforcement.models import Change, Gateway
from fanzha.desk.organisations.models import User
from fanzha.desk.rights.seats import holds
from fanzha.errors import Refused
from fanzha.policy import Entry, SpecialUser


def note(changes: Mapping[str, Entry | None], at: datetime) -> None:
    """Write changes (entry id -> entry, None to take it out) in the caller's transaction, after its audit row."""
    if not connection.in_atomic_block:
        raise RuntimeError("a change of the policy is written with its approval: call this inside transaction.atomic()")
    _noted({name: None if entry is None else msgspec.to_builtins(entry) for name, entry in changes.items()}, at)


def note_exemptions(changes: Mapping[str, tuple[str, SpecialUser, bool]], at: datetime) -> None:
    """Write exemptions of special users (id -> trunk, user, whether it holds), as `note`."""
    told = {
        name: {"trunk": trunk, "special": msgspec.to_builtins(user), "on": on}
        for name, (trunk, user, on) in changes.items()
    }
    _noted(told, at)


def _noted(bodies: Mapping[str, Mapping[str, Any] | None], at: datetime) -> None:
    if bodies:
        columns = {"id": keys(Change, len(bodies)), "entry": list(bodies), "body": list(bodies.values())}
        insert_columns(Change, columns, {"made_at": at})


def removed(names: Iterable[str], at: datetime) -> None:
    """Write that these entries end."""
    note(dict.fromkeys(names), at)


def add_gateway(by: User | None, name: str, network: str, expires: datetime) -> tuple[Gateway, str]:
    """A gateway and its token, which is shown this once. Raises PermissionDenied, Refused."""
    if by is not None and not holds(by, "people.manage"):
        raise PermissionDenied("people.manage")
    if expires <= timezone.now():
        raise Refused(_("令牌须有将来的到期时间"), where=name)
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        made = Gateway.objects.create(name=name, digest=digest(token), network=network, expires=expires)
        told = {"name": name, "expires": str(expires)}
        record(by, [Act("enforcement.gateway", "gateway", str(made.pk), network, data=told)])
    return made, token


def revoke_gateway(by: User | None, gateway: Gateway) -> None:
    """Its token opens nothing any more."""
    if by is not None and not holds(by, "people.manage"):
        raise PermissionDenied("people.manage")
    with transaction.atomic():
        Gateway.objects.filter(pk=gateway.pk).update(revoked=True)
        record(by, [Act("enforcement.gateway_revoked", "gateway", str(gateway.pk), gateway.network)])


def gateway_of(token: str, now: datetime) -> Gateway | None:
    """Whose token this is; None for one that is unknown, expired or revoked."""
    return Gateway.objects.filter(digest=digest(token), revoked=False, expires__gt=now).first()


def digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
