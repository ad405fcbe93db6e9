"""Decides what a tracing report finds: numbers of the same document, device and calls, ranked by risk (D1)."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings

from fanzha import numbering
from fanzha.desk.alerts.models import Alert
from fanzha.desk.entities.lake import Portrait, portrait
from fanzha.desk.masking.subject import Subject
from fanzha.desk.rights.seats import Anyone
from fanzha.desk.tracing.choices import Link
from fanzha.policy import is_protected

_DEVICES, _CONTACTS, _MOST, _DAYS = 3, 20, 200, 31


class Linked(msgspec.Struct, frozen=True):
    """A number joined to the traced one. score: of its highest alert that the preparer may see, 0 where none."""

    value: str
    by: str
    calls: int
    score: float = 0.0


class Suspicion(msgspec.Struct, frozen=True):
    """An alert as it stood; its evidence in both languages."""

    scheme: str
    score: float
    band: str
    first: datetime
    last: datetime
    evidence: list[dict[str, str]]


class Day(msgspec.Struct, frozen=True):
    """One local day of calls."""

    day: str
    outgoing: int
    answered: int
    incoming: int
    contacts: int


class Place(msgspec.Struct, frozen=True):
    """A device or cell that the number used, and in how many calls."""

    kind: str
    value: str
    calls: int


class Finding(msgspec.Struct, frozen=True):
    """All that was found. calls: in the lake; unknown: reference tables that were missing."""

    calls: int
    alerts: list[Suspicion]
    linked: list[Linked]
    places: list[Place]
    days: list[Day]
    unknown: list[str]


def find(user: Anyone, subject: Subject) -> Finding:
    """Read it from lake and desk, for what this person may see. Raises FanzhaError where no call knows the number."""
    told = portrait(subject)
    joined = [*_by_document(told, subject), *_by_device(told, subject), *_by_contact(told)]
    once = {each.value: each for each in reversed(joined) if each.value != subject.value}
    scores = _scores(user, subject.network, list(once))
    linked = [msgspec.structs.replace(each, score=scores.get(each.value, 0.0)) for each in once.values()]
    order = {name: at for at, name in enumerate(Link.values)}
    linked.sort(key=lambda each: (-each.score, order[each.by], -each.calls, each.value))
    return Finding(
        calls=told.total,
        alerts=_alerts(user, subject),
        linked=linked[:_MOST],
        places=[
            Place(kind, each.name, each.calls)
            for kind, rows in (("device", told.found.devices), ("cell", told.found.cells))
            for each in rows[:10]
        ],
        days=[Day(d.day, d.outgoing, d.answered, d.incoming, d.contacts) for d in told.found.days[-_DAYS:]],
        unknown=told.found.unknown,
    )


def _by_document(told: Portrait, subject: Subject) -> list[Linked]:
    from fanzha.records.lake import Lake

    documents = [row["document_hash"] for row in told.found.subscriber if row.get("document_hash")]
    if not documents:
        return []
    with Lake(settings.HOME) as lake:
        every = lake.reference("subscribers", network=subject.network)
    same = every.filter(pc.is_in(every["document_hash"], pa.array(documents)))
    return [Linked(numbering.display(number), Link.DOCUMENT, 0) for number in sorted(set(same["number"].to_pylist()))]


def _by_device(told: Portrait, subject: Subject) -> list[Linked]:
    from fanzha.records.lake import Lake

    found: Counter[str] = Counter()
    with Lake(settings.HOME) as lake:
        for device in told.found.devices[:_DEVICES]:
            key = lake.device_key(device.name)
            calls = lake.calls_of_device(key)
            calls = calls.filter(pc.equal(calls["network"], subject.network))
            for side in ("caller", "callee"):
                used = calls.filter(pc.equal(calls[f"{side}_imei"], key)).select([side, f"{side}_raw"])
                found.update(numbering.display(row[side], row[f"{side}_raw"]) for row in used.to_pylist() if row[side])
    return [Linked(value, Link.DEVICE, number) for value, number in found.most_common(_MOST)]


def _by_contact(told: Portrait) -> list[Linked]:
    # Emergency and public service lines, which everybody calls, join nobody to anybody.
    own = [each for each in told.found.contacts if not is_protected(numbering.parse(each.name).number)]
    return [Linked(each.name, Link.CONTACT, each.calls) for each in own[:_CONTACTS]]


def _scores(user: Anyone, network: str, values: list[str]) -> dict[str, float]:
    seen = Alert.objects.seen_by(user).filter(network=network, kind="number", value__in=values)
    found: dict[str, float] = {}
    for value, score in seen.order_by().values_list("value", "score"):
        found[value] = max(score, found.get(value, 0.0))
    return found


def _alerts(user: Anyone, subject: Subject) -> list[Suspicion]:
    rows = Alert.objects.seen_by(user).about(subject).order_by("-score")[:10]
    return [
        Suspicion(
            row.scheme, row.score, row.band, row.first_seen, row.last_seen,
            [{"zh": each.get("zh", ""), "en": each.get("en", "")} for each in row.body.get("evidence", ())][:20],
        )
        for row in rows
    ]  # fmt: skip
