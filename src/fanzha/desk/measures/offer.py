"""Decides how the ladder is laid before someone who proposes: each rung with what it needs and what is lacking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fanzha.desk.alerts.models import Alert
from fanzha.desk.masking.subject import Subject
from fanzha.desk.measures.choices import Kind, State
from fanzha.desk.measures.evidence import families_of, lacking, suggested
from fanzha.desk.measures.ladder import Rung, ladder
from fanzha.desk.measures.models import Measure


@dataclass(frozen=True)
class Step:
    """One rung as offered. missing: beside a note and a document, which can still be written."""

    rung: Rung
    missing: list[str]
    taken: bool
    suggested: bool

    @property
    def blocked(self) -> bool:
        """Whether nothing that can still be written would open it."""
        return self.taken or (bool(self.missing) and not self.rung.police)


def steps(subject: Subject, alert: Alert | None, now: datetime) -> list[Step]:
    """Every rung, mildest first; none where the subject cannot be measured."""
    if subject.kind not in Kind.values:
        return []
    same = Measure.objects.about(subject).filter(state__in=(State.PROPOSED, State.ACTIVE))
    taken = set(same.values_list("rung", flat=True))
    best = suggested(alert) if alert else None
    return [
        Step(
            each,
            list(lacking(_tried(each, subject, alert), now)),
            each.id in taken,
            best is not None and each.id == best.id,
        )
        for each in ladder().rungs
    ]


def _tried(rung: Rung, subject: Subject, alert: Alert | None) -> Measure:
    """As if a note had been written, and a document where the rung cannot do without."""
    return Measure(
        network=subject.network, kind=subject.kind, value=subject.value, rung=rung.id, note="…",
        document="…" if rung.evidence.document else "", score=alert.score if alert else 0,
        families=families_of(alert) if alert else 0,
    )  # fmt: skip
