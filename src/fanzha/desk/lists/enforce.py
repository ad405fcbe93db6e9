"""Decides what an item is in the policy: an entry for allow and block, an exemption on a trunk for a special user."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from fanzha import numbering
from fanzha.desk.enforcement.actions import note, note_exemptions
from fanzha.desk.lists.choices import List
from fanzha.desk.lists.models import Item
from fanzha.desk.measures.enforce import micros
from fanzha.desk.organisations.models import User
from fanzha.policy import Action, Entry, Exemption, SpecialUser, Subject

_ACTIONS = {List.ALLOW: Action.ALLOW, List.BLOCK: Action.BLOCK}


def put(items: Iterable[Item], at: datetime, by: User | None) -> None:
    """Note down that these hold, as approved by someone, in the caller's transaction."""
    rows = list(items)
    note({item.entry: _entry(item) for item in rows if item.list in _ACTIONS}, at)
    special = (item for item in rows if item.list == List.SPECIAL)
    note_exemptions({item.entry: (item.trunk, _user(item, by), True) for item in special}, at)


def take_out(items: Iterable[Item], at: datetime) -> None:
    """Note down that these hold no more."""
    rows = list(items)
    note({item.entry: None for item in rows if item.list in _ACTIONS}, at)
    special = (item for item in rows if item.list == List.SPECIAL)
    note_exemptions({item.entry: (item.trunk, _user(item, item.approved_by), False) for item in special}, at)


def _entry(item: Item) -> Entry:
    return Entry(
        id=item.entry,
        subject=Subject(item.kind),
        value=item.value,
        action=_ACTIONS[List(item.list)],
        reason=item.reason,
        source=item.document[:60] or item.entry,
        starts=micros(item.starts),
        expires=micros(item.expires),
    )


def _user(item: Item, by: User | None) -> SpecialUser:
    approver = by.name if by else ""
    key = 0 if item.value == "*" else numbering.parse(item.value).number
    return SpecialUser(
        number=item.value,
        approver=approver,
        expires=micros(item.expires),
        exemption=Exemption(item.exemption),
        key=key,
    )
