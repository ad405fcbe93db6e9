"""Decides what is kept of a rule in shadow: whom it would have hit, how hard, and how hard they were hit anyway.

A hit is one entity at one event. Its score is that of the whole scheme as if the shadow stood in its rule's place;
a later event that would score higher is another hit of the same id, and stands for the earlier one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec
import numpy as np
from numpy.typing import NDArray

from fanzha.detection.alert import SHOWN_AS, Entity, score_of
from fanzha.detection.evidence import Item, items_of
from fanzha.detection.pack import Pack
from fanzha.detection.release import acts_on
from fanzha.detection.rule import Rule
from fanzha.detection.strength import holds
from fanzha.profiles.fields import BY_NAME, EntityKind

Detail = Mapping[str, object]


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """One entity that a version in shadow would have hit. at: ISO-8601 UTC; records: ids of the lake.

    score, band, measure: of the alert that it would have raised or raised to, "none" below the lowest band.
    already: the score without it, by the rules that act. A rule whose facts only raise others' alerts has a score of 0.
    """

    id: str
    rule: str
    version: int
    entity: Entity
    at: str
    score: float
    already: float
    band: str
    measure: str
    evidence: list[Item] = []
    records: list[int] = []


_ENCODER = msgspec.json.Encoder(order="deterministic")


def encode(hit: Hit) -> bytes:
    """One JSON line without its newline."""
    return _ENCODER.encode(hit)


def is_shadow(firings: NDArray[np.void], pack: Pack) -> NDArray[np.bool_]:
    """Which firings are of shadows."""
    found: NDArray[np.bool_] = ~np.isin(firings["rule"], pack.acting)
    return found


def hits(
    firings: NDArray[np.void],
    vectors: NDArray[np.float64],
    records: Sequence[NDArray[np.int64]],
    pack: Pack,
    *,
    network: str,
    name_entity: Callable[[EntityKind, int], str],
) -> list[Hit]:
    """The hits among firings, oldest first; shapes as `alert.assemble` takes them. Firings of acting rules are none."""
    own = firings[is_shadow(firings, pack) & (firings["snapshot"] >= 0)]
    own = own[np.lexsort((own["rule"], own["key"], own["t"]))]
    return [_hit(row, vectors[row["snapshot"]], records[row["snapshot"]], pack, network, name_entity) for row in own]


def _hit(
    row: np.void,
    vector: NDArray[np.float64],
    records: NDArray[np.int64],
    pack: Pack,
    network: str,
    name_entity: Callable[[EntityKind, int], str],
) -> Hit:
    rule, kind, key = pack.rules[int(row["rule"])], EntityKind(int(row["kind"])), int(row["key"])
    beside = _holding(rule, key, vector, pack)
    score = score_of([int(row["rule"]), *(at for at in beside if pack.rules[at].id != rule.id)], pack)
    band = pack.words.bands.band(score)
    entity = Entity(network, SHOWN_AS.get(kind, kind).name.lower(), name_entity(kind, key))
    return Hit(
        id=_identity(rule, entity),
        rule=rule.id,
        version=rule.version,
        entity=entity,
        at=datetime.fromtimestamp(int(row["t"]), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        score=score,
        already=score_of(beside, pack),
        band=band.id if band else "none",
        measure=_measure(rule, beside, score, pack),
        evidence=items_of(rule, vector),
        records=[int(record) for record in np.unique(records)[-pack.words.bands.records :]],
    )


def _identity(rule: Rule, entity: Entity) -> str:
    words = "\n".join((rule.name, entity.network, entity.kind, entity.value))
    return hashlib.sha256(words.encode()).hexdigest()[:24]


def _holding(rule: Rule, key: int, vector: NDArray[np.float64], pack: Pack) -> list[int]:
    """The acting rules of the shadow's scheme that held beside it."""
    return [
        at
        for at in pack.acting
        if (other := pack.rules[at]).scheme == rule.scheme and other.entity == rule.entity and not other.cli
        if not other.emits and acts_on(other, key) and _asked(other, vector) and holds(pack.program, at, vector)
    ]


def _asked(rule: Rule, vector: NDArray[np.float64]) -> bool:
    """Whether this event and this much history are the rule's business."""
    outgoing = vector[BY_NAME["call_out"].index] == 1.0
    history = vector[BY_NAME["out_total"].index] + vector[BY_NAME["in_total"].index]
    return rule.on in ("any", "out" if outgoing else "in") and history >= rule.minimum


def _measure(rule: Rule, beside: Sequence[int], score: float, pack: Pack) -> str:
    """As an alert's is chosen: alone the rule's own, with several families the band's, as far as the scheme allows."""
    band, words = pack.words.bands.band(score), pack.words
    if band is None:
        return "none"
    alone = all(pack.rules[at].family == rule.family for at in beside)
    wanted = words.measures[rule.measure if alone else band.measure]
    return min(wanted, words.measures[words.schemes[rule.scheme].most], key=lambda measure: measure.rank).id
