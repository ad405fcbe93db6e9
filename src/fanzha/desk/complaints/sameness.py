"""Decides which complaints are the same: one person about one number within days, or one reference of a sender."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from enum import StrEnum

from fanzha.desk.complaints.choices import State
from fanzha.desk.complaints.models import Complaint, Repeat
from fanzha.desk.complaints.terms import terms

CHUNK = 400  # values in one query


class Came(StrEnum):
    """What a complaint came to: kept, counted on the first of the same person, or passed over (same reference)."""

    NEW = "new"
    REPEATED = "repeated"
    KNOWN = "known"


class Known:
    """The complaints about some numbers as they are and as they become; read and written a few hundred at a time."""

    def __init__(self, network: str, fresh: Sequence[Complaint]) -> None:
        self._sent: dict[tuple[str, str], Complaint] = {}
        self._said: dict[tuple[str, str], Complaint] = {}
        self._new: list[Complaint] = []
        self._changed: dict[int, Complaint] = {}
        self._repeats: list[tuple[Repeat, Complaint]] = []
        there = Complaint.objects.filter(network=network)
        for some in chunks(sorted({each.value for each in fresh})):
            for row in there.filter(value__in=some).exclude(state=State.DISMISSED).order_by("made_at"):
                self._said[row.value, row.complainant] = row
        for some in chunks(sorted({each.reference for each in fresh if each.reference})):
            self._sent.update({(row.way, row.reference): row for row in there.filter(reference__in=some)})
            repeats = Repeat.objects.filter(network=network, reference__in=some).select_related("complaint")
            self._sent.update({(row.way, row.reference): row.complaint for row in repeats})

    def take(self, fresh: Complaint) -> tuple[Complaint, Came]:
        """What it comes to, beside all before it."""
        sent, said = (fresh.way, fresh.reference), (fresh.value, fresh.complainant)
        if fresh.reference and sent in self._sent:
            return self._sent[sent], Came.KNOWN
        before = self._said.get(said)
        if before is None or before.made_at <= fresh.last_at - timedelta(days=terms().same_days):
            self._new.append(fresh)
            kept, came = fresh, Came.NEW
        else:
            before.times, before.last_at = before.times + 1, max(before.last_at, fresh.last_at)
            if before.pk:
                self._changed[before.pk] = before
            if fresh.reference:
                repeat = Repeat(network=fresh.network, way=fresh.way, reference=fresh.reference, at=fresh.last_at)
                self._repeats.append((repeat, before))
            kept, came = before, Came.REPEATED
        self._said[said] = kept
        if fresh.reference:
            self._sent[sent] = kept
        return kept, came

    def save(self) -> None:
        """In the caller's transaction."""
        Complaint.objects.bulk_create(self._new, batch_size=CHUNK)
        Complaint.objects.bulk_update(self._changed.values(), ["times", "last_at"], batch_size=CHUNK)
        for repeat, kept in self._repeats:
            repeat.complaint = kept  # now that it has a key
        Repeat.objects.bulk_create([repeat for repeat, _kept in self._repeats], batch_size=CHUNK)


def chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    return (values[at : at + CHUNK] for at in range(0, len(values), CHUNK))
