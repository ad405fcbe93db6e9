"""Decides whether someone may have another card (入网核查): a restricted person keeps one and gets no new one (D4)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from fanzha import numbering
from fanzha.desk.keys import derived
from fanzha.desk.lists.choices import Kind, List
from fanzha.desk.lists.models import Item


@dataclass(frozen=True)
class Answer:
    """What a shop is told: whether to go on, and a code that says nothing of why (domain 3.6)."""

    may: bool
    code: str = ""
    until: datetime | None = None


def document_hash(document: str) -> str:
    """What is kept of a document's number."""
    return f"person:{numbering.hash_document(document, derived('documents'))}"


def may_enter(network: str, document: str, now: datetime) -> Answer:
    """Whether a new card may be opened on this document at this moment."""
    same = Item.objects.holding(now).filter(
        network=network, list=List.RESTRICTED, kind=Kind.PERSON, value=document_hash(document)
    )
    item = same.order_by("-expires").first()
    if item is None:
        return Answer(True)
    code = hashlib.sha256(f"{item.pk}:{item.value}".encode()).hexdigest()[:6].upper()
    return Answer(False, f"R-{code}", item.expires)


def keeps(network: str, document: str, number: str, now: datetime) -> bool:
    """Whether a number of this person stays open: the kept one of a restricted person, any of everybody else."""
    held = Item.objects.holding(now).filter(
        network=network, list=List.RESTRICTED, kind=Kind.PERSON, value=document_hash(document)
    )
    kept = list(held.values_list("kept", flat=True))
    return not kept or number in kept
