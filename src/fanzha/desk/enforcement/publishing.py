"""Decides how pending changes become numbered policy: each exactly once, in order, whenever the job is killed.

A publication is opened with its changes in one transaction, published under its batch (repeating that does nothing),
and closed in another. Killed in between, the next run finds it open and repeats it.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings
from django.db import transaction

from fanzha.desk.audit.actions import Act, record
from fanzha.desk.enforcement.limits import limits
from fanzha.desk.enforcement.models import Change, Publication, State
from fanzha.errors import PolicyError
from fanzha.policy import Entry, Publisher, Refusal, Refused, SpecialUser, Trunk
from fanzha.signing.keys import Keys


def folder() -> Path:
    """Where the messages lie: FANZHA_HOME/policy."""
    return Path(settings.HOME) / "policy"


def publisher() -> Publisher:
    """The publisher of this desk, with its own signing key. Raises PolicyError, StorageError."""
    return Publisher(folder(), Keys(Path(settings.HOME), "policy", PolicyError).secret())


_publishers: dict[Path, Publisher] = {}


def publish_pending(now: datetime) -> int:
    """For a timer: publish what waits, and at first an empty policy, so that gateways have one to begin with."""
    out = _publishers.get(folder())
    if out is None:
        out = _publishers[folder()] = publisher()
    elif not _waiting():
        return 0
    return publish(out, now)


def _waiting() -> bool:
    return Change.objects.filter(publication=None).exists() or Publication.objects.filter(state=State.OPEN).exists()


def publish(out: Publisher, now: datetime) -> int:
    """Publish all that is pending; how many changes went out. Raises StorageError where the disk fails."""
    if out.store.version == 0:
        out.snapshot([], batch="begin")
    sent = 0
    while (opened := _opened(now)) is not None:
        sent += _send(out, opened, now)
    if out.store.current is not None and (out.due or out.store.current.changes > limits().overlay):
        current = out.store.current
        out.snapshot(current, trunks=tuple(current.trunks.values()), profiles=tuple(current.profiles.values()))
    return sent


def _opened(now: datetime) -> Publication | None:
    """The publication that is open, else a new one of the oldest changes; None where there is nothing to do."""
    with transaction.atomic():
        found = Publication.objects.select_for_update(no_key=True).filter(state=State.OPEN).order_by("pk").first()
        if found is not None:
            return found
        wanted = list(
            Change.objects.filter(publication=None).order_by("pk").values_list("pk", flat=True)[: limits().batch]
        )
        if not wanted:
            return None
        made = _new(now)
        Change.objects.filter(pk__range=(wanted[0], wanted[-1]), publication=None).update(publication=made)
    return made


def _send(out: Publisher, opened: Publication, now: datetime) -> int:
    changes = list(opened.changes.order_by("pk"))
    last = {change.entry: change for change in changes}  # the newest word on an entry counts
    lists = {name: change.body for name, change in last.items() if "trunk" not in (change.body or ())}
    add = [msgspec.convert(body, Entry) for body in lists.values() if body is not None]
    remove = [name for name, body in lists.items() if body is None]
    try:
        trunks = _trunks(out, [change.body for change in last.values() if change.body and change.entry not in lists])
        receipt = out.delta(add, remove, trunks=trunks, batch=opened.batch)
    except Refused as refused:
        _refused(opened, changes, refused, now)
        return 0
    Publication.objects.filter(pk=opened.pk).update(state=State.DONE, number=receipt.number, done_at=now)
    return len(changes)


def _trunks(out: Publisher, exemptions: Sequence[dict[str, Any]]) -> list[Trunk]:
    """The contracts with these exemptions put in or taken out. Raises Refused for a trunk nobody registered."""
    found: dict[str, Trunk] = {}
    for each in exemptions:
        name, user = each["trunk"], msgspec.convert(each["special"], SpecialUser)
        trunk = found.get(name) or (out.store.current.contract(name) if out.store.current else None)
        if trunk is None:
            raise Refused(Refusal.TRUNK, f"中继未登记 trunk {name!r} is not registered", where=name)
        others = tuple(one for one in trunk.special if (one.number, one.exemption) != (user.number, user.exemption))
        found[name] = msgspec.structs.replace(trunk, special=(*others, user) if each["on"] else others)
    return list(found.values())


def _refused(opened: Publication, changes: Sequence[Change], why: Refused, now: datetime) -> None:
    """One harmful change must not hold back the others: try them one by one, and set aside the one that is refused."""
    with transaction.atomic():
        if len(changes) == 1:
            opened.state, opened.message, opened.done_at = State.REFUSED, str(why)[:300], now
            told = {"entry": changes[0].entry, "why": why.refusal.value}
            record(None, [Act("enforcement.refused", "change", str(changes[0].pk), data=told)], at=now)
        else:
            opened.state, opened.done_at = State.SPLIT, now
            for change in changes:
                change.publication = _new(now)
                change.save(update_fields=["publication"])
        opened.save()


def _new(now: datetime) -> Publication:
    return Publication.objects.create(batch=f"desk-{secrets.token_hex(12)}", made_at=now)
