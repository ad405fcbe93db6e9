"""Decides how keys are made and revoked, whose key a secret is, and that a write of one name happens once."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fanzha.desk.api.choices import Scope
from fanzha.desk.api.limits import limits
from fanzha.desk.api.models import Key, Receipt
from fanzha.desk.audit.actions import Act, record
from fanzha.desk.organisations.models import User
from fanzha.desk.people.reach import manages_person
from fanzha.errors import Refused, UsageError

_SHORTEST, _LONGEST = 8, 100  # of an Idempotency-Key: a UUID is 36


def add_key(by: User | None, owner: User, name: str, scopes: Sequence[str], days: int) -> tuple[Key, str]:
    """A key and its secret, which is shown this once. Raises PermissionDenied, Refused."""
    _manages(by, owner)
    unknown = [scope for scope in scopes if scope not in Scope.values]
    if unknown or not scopes:
        raise Refused(_("没有这个范围"), where=", ".join(unknown), hint=", ".join(Scope.values))
    if not 1 <= days <= limits().key_days:
        raise Refused(_("密钥有效期为 1 至 %(most)s 天") % {"most": limits().key_days})
    secret, now = f"fz_{secrets.token_urlsafe(32)}", timezone.now()
    with transaction.atomic():
        key = Key.objects.create(
            name=name.strip()[:60], owner=owner, digest=digest(secret), hint=secret[:8],
            scopes=sorted(set(scopes)), made_at=now, expires=now + timedelta(days=days),
        )  # fmt: skip
        told = {"name": key.name, "owner": owner.username, "scopes": key.scopes, "expires": str(key.expires)}
        record(by, [Act("api.add_key", "key", str(key.pk), data=told)], at=now)
    return key, secret


def revoke_key(by: User | None, key: Key) -> None:
    """It opens nothing any more; its owner may say so too. Raises PermissionDenied."""
    if by is None or by.pk != key.owner_id:
        _manages(by, key.owner)
    with transaction.atomic():
        Key.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())
        record(by, [Act("api.revoke_key", "key", str(key.pk), data={"name": key.name})])


def key_of(secret: str, now: datetime) -> Key | None:
    """Whose secret this is; None for one that is unknown, expired, revoked, or whose owner has left."""
    found = Key.objects.select_related("owner").filter(
        digest=digest(secret), revoked_at=None, expires__gt=now, owner__is_active=True
    )
    key = found.first()
    if key is not None and (key.used_at is None or now - key.used_at > timedelta(seconds=limits().used_every_s)):
        Key.objects.filter(pk=key.pk).update(used_at=now)
    return key


def digest(secret: str) -> str:
    """What is kept of a secret; it is 256 random bits, so that a plain hash suffices."""
    return hashlib.sha256(secret.encode()).hexdigest()


def once(key: Key, name: str, asked: bytes, action: str, act: Callable[[], dict[str, Any]]) -> tuple[Receipt, bool]:
    """Do `act` and keep its answer under `name`, in one transaction; or, if done before, its receipt and True.

    `asked` is what must be the same for the same name. A refusal undoes all and keeps nothing.
    Raises UsageError, Refused.
    """
    if not _SHORTEST <= len(name) <= _LONGEST or not name.isascii() or not name.isprintable():
        raise UsageError(
            _("写操作须带 Idempotency-Key 请求头"), where="Idempotency-Key", hint=_("8 至 100 个字符，例如一个 UUID")
        )
    seal = hashlib.sha256(asked).hexdigest()
    before = Receipt.objects.filter(key=key, name=name).first()
    if before is not None:
        return _same(before, seal), True
    try:
        with transaction.atomic():
            receipt = Receipt.objects.create(key=key, name=name, seal=seal, at=timezone.now())
            receipt.answer = act()
            receipt.save(update_fields=["answer"])
            told = {"key": str(key), "receipt": receipt.pk, "action": action}
            record(key.owner, [Act("api.write", "receipt", str(receipt.pk), data=told)], at=receipt.at)
    except IntegrityError:
        before = Receipt.objects.filter(key=key, name=name).first()
        if before is None:
            raise
        return _same(before, seal), True
    return receipt, False


def forget_receipts(now: datetime) -> int:
    """For a timer: receipts older than limits.yaml says; how many."""
    return Receipt.objects.filter(at__lt=now - timedelta(days=limits().receipt_days)).delete()[0]


def _same(receipt: Receipt, seal: str) -> Receipt:
    if receipt.seal != seal:
        raise Refused(_("这个 Idempotency-Key 已用于另一个请求"), where="Idempotency-Key", hint=_("换一个新的值"))
    return receipt


def _manages(by: User | None, owner: User) -> None:
    if by is not None and not manages_person(by, owner):
        raise PermissionDenied("people.manage")
