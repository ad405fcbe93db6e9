"""Decides what else the desk knows of a number: the lists it is on, and the appeals about it."""

from __future__ import annotations

from django.db.models import Q

from fanzha.desk.appeals.models import Appeal
from fanzha.desk.lists.models import Item
from fanzha.desk.masking.subject import Subject
from fanzha.desk.rights.seats import Anyone, holds

_FEW = 10


def listed_as(subject: Subject, user: Anyone) -> list[Item] | None:
    """Items that name it, or a prefix that it falls under, newest first; None for who may not see lists."""
    if not holds(user, "lists.view", subject):
        return None
    prefixes = [f"{subject.value[:length]}*" for length in range(2, len(subject.value))]
    named = Q(kind=subject.kind, value=subject.value)
    if subject.kind == "number":
        named |= Q(kind="prefix", value__in=prefixes)
    seen = Item.objects.visible_to(user, "lists.view").filter(named, network=subject.network)
    return list(seen.order_by("-proposed_at")[:_FEW])


def appeals_of(subject: Subject, user: Anyone) -> list[Appeal] | None:
    """Appeals against measures on it, newest first; None for who may not see appeals."""
    if not holds(user, "appeals.view", subject):
        return None
    seen = Appeal.objects.visible_to(user, "appeals.view").select_related("measure")
    theirs = seen.filter(measure__network=subject.network, measure__kind=subject.kind, measure__value=subject.value)
    return list(theirs.order_by("-filed_at")[:_FEW])
