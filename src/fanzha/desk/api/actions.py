"""Decides how keys are asked for, made and revoked, whose key a secret is, and that a write happens once."""

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

from fanzha.desk.api.choices import KeyState, Scope
from fanzha.desk.api.limits import limits
from fanzha.desk.api.models import Key, Receipt
from fanzha.desk.api.opening import scopes_of
from fanzha.desk.api.workflow import KEY
from fanzha.desk.audit.actions import Act, record
from fanzha.desk.organisations.models import User
from fanzha.desk.people.reach import manages_person
from fanzha.desk.rights.seats import seats_of
from fanzha.desk.typed import whole
from fanzha.desk.workflow.actions import act_of, enter, move
from fanzha.desk.workflow.clock import due
from fanzha.errors import Refused, UsageError

_ALIVE = KEY.by_name["revoke"].sources
_SHORTEST, _LONGEST = 8, 100  # of an Idempotency-Key: a UUID is 36


def add_key(by: User | None, owner: User, name: str, scopes: Sequence[str], days: int) -> tuple[Key, str]:
    """A key that is in force at once, and its secret, which is shown this once: for who has the command line.

    Raises PermissionDenied, Refused.
    """
    _manages(by, owner)
    now = timezone.now()
    key, secret = _asked(owner, name, scopes, days, now), _secret()
    key.state, key.digest, key.hint = KeyState.ACTIVE, digest(secret), secret[:8]
    with transaction.atomic():
        key.save()
        record(by, [Act("api.add_key", "key", str(key.pk), data=_told(key))], at=now)
    return key, secret


def propose_key(by: User, name: str, scopes: Sequence[str], days: int, why: str) -> Key:
    """Someone asks for a key of their own; an administrator decides. Raises PermissionDenied, Refused."""
    seat = next((seat for seat in seats_of(by) if "keys.hold" in seat.rights), None)
    if seat is None:
        raise PermissionDenied("keys.hold")
    if not name.strip() or not why.strip():
        raise Refused(_("请填写名称和用途"))
    beyond = [scope for scope in scopes if scope not in scopes_of(by)]
    if beyond:
        raise Refused(_("超出本人权限的范围"), where=", ".join(beyond))
    now = timezone.now()
    key = _asked(by, name, scopes, days, now)
    key.state, key.organisation_id, key.why = KeyState.PROPOSED, seat.organisation, whole(why, 300, "why")
    key.due_at = due("approval", now)
    with transaction.atomic():
        key.save()
        record(by, [act_of(key, "keys.propose", key.why, _told(key))], at=now)
    return key


def decide_key(by: User, pk: int, name: str, reason: str) -> Key:
    """Approve, reject or withdraw. Raises PermissionDenied, Refused."""
    if name not in ("approve", "reject", "withdraw"):
        raise Refused(_("没有这个操作"), where=name)
    with transaction.atomic():
        key = move(Key(pk=pk), name, by, reason=reason)
        if name == "approve":
            key.approved_by = by
            key.save(update_fields=["approved_by"])
    return key


def draw_key(by: User, pk: int) -> tuple[Key, str]:
    """The owner takes the secret of an approved key, this once; nobody else has ever seen it.

    Raises PermissionDenied, Refused.
    """
    secret = _secret()
    with transaction.atomic():
        key = move(Key(pk=pk), "draw", by)
        if key.expires <= key.moved_at:
            raise Refused(_("密钥已到期"))
        key.digest, key.hint = digest(secret), secret[:8]
        key.save(update_fields=["digest", "hint"])
    return key, secret


def revoke_key(by: User | None, key: Key) -> None:
    """It opens nothing any more; its owner may say so too. Raises PermissionDenied."""
    if by is None or by.pk != key.owner_id:
        _manages(by, key.owner)
    now = timezone.now()
    with transaction.atomic():
        row = Key.objects.select_for_update(of=("self",), no_key=True).get(pk=key.pk)
        if row.state in _ALIVE:
            enter(row, KEY.by_name["revoke"], now, by)
            row.revoked_at = now
            row.save()
            record(by, [act_of(row, "keys.revoke", "", {"name": row.name})], at=now)


def revoke_all(owner: User, by: User | None, now: datetime) -> int:
    """Every key of someone who leaves, in the caller's transaction and audit; how many."""
    rows = list(Key.objects.select_for_update(of=("self",), no_key=True).filter(owner=owner, state__in=_ALIVE))
    for row in rows:
        enter(row, KEY.by_name["revoke"], now, by)
        row.revoked_at = now
    Key.objects.bulk_update(rows, ["state", "moved_at", "moved_by", "due_at", "overdue", "revoked_at"])
    return len(rows)


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


def _asked(owner: User, name: str, scopes: Sequence[str], days: int, now: datetime) -> Key:
    unknown = [scope for scope in scopes if scope not in Scope.values]
    if unknown or not scopes:
        raise Refused(_("没有这个范围"), where=", ".join(unknown), hint=", ".join(Scope.values))
    if not 1 <= days <= limits().key_days:
        raise Refused(_("密钥有效期为 1 至 %(most)s 天") % {"most": limits().key_days})
    return Key(
        name=whole(name, 60, "name"), owner=owner, scopes=sorted(set(scopes)), made_at=now,
        expires=now + timedelta(days=days), moved_at=now,
    )  # fmt: skip


def _secret() -> str:
    return f"fz_{secrets.token_urlsafe(32)}"


def _told(key: Key) -> dict[str, Any]:
    return {"name": key.name, "owner": key.owner.username, "scopes": key.scopes, "expires": str(key.expires)}


def _manages(by: User | None, owner: User) -> None:
    if by is not None and not manages_person(by, owner):
        raise PermissionDenied("people.manage")
