"""Decides what an alert is: the firings of one scheme about one entity, told as one story with its evidence.

One is open per network, entity and scheme, across rule versions. Its score only rises; it closes after the silence
that bands.yaml names, and a recurrence links back to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec
import numpy as np
from numpy.typing import NDArray

from fanzha.detection.condition import truth
from fanzha.detection.counterfactual import Probe, counterfactual
from fanzha.detection.evidence import Item, WouldNotHave, items_of, tell, unknown_of
from fanzha.detection.pack import Pack
from fanzha.detection.rule import Rule, Text
from fanzha.detection.score import combine
from fanzha.detection.strength import strength
from fanzha.detection.words import Measure
from fanzha.profiles.fields import BY_NAME, EntityKind

SHOWN_AS = {  # how outsiders know them
    EntityKind.VICTIM: EntityKind.NUMBER,
    EntityKind.SITE: EntityKind.CELL,
    EntityKind.BRIDGE: EntityKind.NUMBER,
    EntityKind.RACK: EntityKind.CELL,
}
TOLD_AS = {EntityKind.RACK: EntityKind.SITE}  # one alert of a cell, whichever of the two saw it
_OUT_TOTAL = BY_NAME["out_total"].index
Detail = Mapping[str, object]


class Entity(msgspec.Struct, frozen=True):
    """Whom or what an alert is about: kind number, device or cell."""

    network: str
    kind: str
    value: str


class RuleRef(msgspec.Struct, frozen=True):
    """A rule that spoke, with its version, family and score, and what alone would have kept it silent."""

    id: str
    version: int
    family: str
    score: float
    title: Text
    counterfactual: WouldNotHave | None = None


class ModelRef(msgspec.Struct, frozen=True):
    """What a model said, with its version. says: fraud, unsure (it abstains) or honest; probability: calibrated, None
    where too little is known. points: what it adds as one family more, never past the cap of a single one.
    """

    name: str
    version: str
    probability: float | None = None
    says: str = "unsure"
    points: float = 0.0
    zh: list[str] = []
    en: list[str] = []


Advise = Callable[[NDArray[np.float64]], list[ModelRef]]  # float64[n, FIELD_COUNT] -> as many opinions, or none


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One suspicion, explained. Times are ISO-8601 UTC; `records` are ids of the lake, the newest last."""

    id: str
    entity: Entity
    scheme: str
    title: Text
    score: float
    band: str
    first_seen: str
    last_seen: str
    rule: RuleRef | None = None
    model: ModelRef | None = None
    rules: list[RuleRef] = []
    evidence: list[Item] = []
    counterfactual: WouldNotHave | None = None
    unknown: list[Text] = []
    records: list[int] = []
    measure: str = "none"
    legal: list[Text] = []
    calls_before_alert: int | None = None
    previous: str | None = None
    details: dict[str, object] = {}
    pack: str = ""


_ENCODER = msgspec.json.Encoder(order="deterministic")


def encode(alert: Alert) -> bytes:
    """One JSON line without its newline; keys always in the order of the fields."""
    return _ENCODER.encode(alert)


@dataclass
class _Story:
    """An alert in the making."""

    kind: EntityKind
    key: int
    scheme: str
    first_t: int
    first: int  # snapshot
    last_t: int
    score: float
    best: int  # snapshot of the highest score
    rules: list[int]
    previous: _Story | None = None


@dataclass(frozen=True)
class _Desk:
    """What telling a story needs at hand."""

    pack: Pack
    vectors: NDArray[np.float64]
    records: Sequence[NDArray[np.int64]]
    details: Mapping[int, Detail]
    network: str
    name_entity: Callable[[EntityKind, int], str]
    probes: dict[tuple[int, ...], Probe] = field(default_factory=dict)  # by the rules they are of
    opinions: dict[int, ModelRef] = field(default_factory=dict)  # by snapshot

    def probe(self, rules: Sequence[int]) -> Probe:
        """Where these rules, by their places in the program, may turn."""
        found = self.probes.get(tuple(rules))
        if found is None:
            conditions = [condition for at in rules if (condition := self.pack.rules[at].condition) is not None]
            found = self.probes[tuple(rules)] = Probe(conditions)
        return found


def assemble(
    firings: NDArray[np.void],
    vectors: NDArray[np.float64],
    records: Sequence[NDArray[np.int64]],
    details: Mapping[int, Detail],
    pack: Pack,
    *,
    network: str,
    name_entity: Callable[[EntityKind, int], str],
    advise: Advise | None = None,
) -> list[Alert]:
    """Alerts by falling score from the firings of a scan, in any order; those of shadows raise none (see shadow.py).

    firings: fields kind, rule, key, t (epoch seconds), seq and snapshot, the row of `vectors` float64[n, FIELD_COUNT]
    and of `records` (ids behind it, the firing call last), -1 for a touch that only moves last_seen. Firings of one
    entity at one seq are one event and are scored together. `details`, by snapshot: the raw words of CLI rules, and the
    other half of a bridge. `advise`: the released model, asked about numbers once their rules have spoken.
    """
    desk = _Desk(pack, vectors, records, details, network, name_entity)
    stories = list(_stories(firings[np.isin(firings["rule"], pack.acting)], pack))
    if advise is not None:
        asked = [story.best for story in stories if story.kind == EntityKind.NUMBER]
        desk.opinions.update(zip(asked, advise(vectors[asked]), strict=False))  # none at all where no model speaks
    alerts = [_told(desk, story) for story in stories]
    return sorted(alerts, key=lambda alert: (-alert.score, alert.first_seen, alert.id))


def score_of(rules: Sequence[int], pack: Pack) -> float:
    """The combined score of rules of one scheme that hold together; `rules` are places in the program."""
    program = pack.program
    best = np.zeros(program.families)
    for rule in rules:
        family = program.rule_family[rule]
        best[family] = max(best[family], program.rule_score[rule])
    return float(combine(best, program.cap))


def _stories(firings: NDArray[np.void], pack: Pack) -> Iterator[_Story]:
    scheme = pack.program.rule_scheme[firings["rule"]]
    told = firings["kind"].astype(np.int64)
    for kind, other in TOLD_AS.items():
        told[told == kind] = other
    order = np.lexsort((firings["kind"], firings["seq"], firings["t"], scheme, firings["key"], told))
    rows = firings[order]
    marks = np.stack([told[order], rows["key"], scheme[order].astype(np.int64)], axis=1)
    if len(rows) == 0:
        return
    cuts = np.flatnonzero((np.diff(marks, axis=0) != 0).any(axis=1)) + 1
    for group in np.split(rows, cuts):
        yield from _group(group, pack)


def _group(rows: NDArray[np.void], pack: Pack) -> Iterator[_Story]:
    """The stories of one entity and scheme, oldest first."""
    silence = pack.words.bands.silent_days * 86400
    story: _Story | None = None
    events = np.stack([rows["t"].astype(np.int64), rows["seq"], rows["kind"].astype(np.int64)], axis=1)
    cuts = np.flatnonzero((np.diff(events, axis=0) != 0).any(axis=1)) + 1
    for event in np.split(rows, cuts):
        t, snapshot = int(event["t"][0]), int(event["snapshot"].max())
        if snapshot < 0:  # a touch opens nothing, and one after a silence means the same alert went on unseen
            if story is not None:
                story.last_t = max(story.last_t, t)
            continue
        rules = sorted(set(event["rule"].tolist()))
        score = score_of(rules, pack)
        if score < pack.words.bands.lowest:
            continue
        if story is None or t - story.last_t > silence:
            if story is not None:
                yield story
            seen = EntityKind(int(event["kind"][0]))
            kind, key, scheme = TOLD_AS.get(seen, seen), int(event["key"][0]), pack.rules[rules[0]].scheme
            story = _Story(kind, key, scheme, t, snapshot, t, score, snapshot, rules, story)
        elif score > story.score:
            story.score, story.best, story.rules = score, snapshot, rules
        story.last_t = max(story.last_t, t)
    if story is not None:
        yield story


def _told(desk: _Desk, story: _Story) -> Alert:
    pack, vector = desk.pack, desk.vectors[story.best]
    spoke = sorted(story.rules, key=lambda at: -pack.rules[at].score)
    rules = [pack.rules[at] for at in spoke]
    refs = [_ref(desk, at, vector) for at in spoke]
    siblings = _siblings(pack, story)
    kind, value = _entity(desk, story)
    opinion = desk.opinions.get(story.best)
    score = raised(story.score, opinion, pack.words.bands.cap)
    band = pack.words.bands.band(score)
    scheme = pack.schemes[story.scheme]
    detail = dict(desk.details.get(story.best, {}))
    calls = desk.vectors[story.first][_OUT_TOTAL]
    return Alert(
        id=_identity(desk, story),
        entity=Entity(desk.network, kind, value),
        scheme=story.scheme,
        title=Text(scheme.zh, scheme.en),
        score=score,
        band=band.id if band else "none",
        first_seen=_iso(story.first_t),
        last_seen=_iso(story.last_t),
        rule=refs[0],
        model=opinion,
        rules=refs,
        evidence=_evidence(_strongest(rules), vector, detail),
        counterfactual=_changed(desk, siblings, vector),
        unknown=unknown_of(desk.probe(siblings).asked, vector, rules[0].entity),
        records=[int(record) for record in np.unique(_records(desk, story.best))[-pack.words.bands.records :]],
        measure=_measure(pack, story, rules).id,
        legal=list(dict.fromkeys(rule.legal for rule in rules)),
        calls_before_alert=None if np.isnan(calls) else int(calls),
        previous=_identity(desk, story.previous) if story.previous else None,
        details=detail,
        pack=pack.hash,
    )


def raised(score: float, opinion: ModelRef | None, cap: float) -> float:
    """A model is one family more, but never lifts an alert past the cap: beyond it two families of rules must speak."""
    if opinion is None or opinion.points <= 0 or score >= cap:
        return score
    joined = 100.0 * (1.0 - (1.0 - score / 100.0) * (1.0 - opinion.points / 100.0))
    return min(round(joined, 1), cap)


def _entity(desk: _Desk, story: _Story) -> tuple[str, str]:
    return SHOWN_AS.get(story.kind, story.kind).name.lower(), desk.name_entity(story.kind, story.key)


def _identity(desk: _Desk, story: _Story) -> str:
    """The same however often the history is read and however long it grew since."""
    first = _records(desk, story.first)
    begin = int(first[-1]) if len(first) else story.first_t
    words = "\n".join((desk.network, *_entity(desk, story), story.scheme, str(begin)))
    return hashlib.sha256(words.encode()).hexdigest()[:24]


def _records(desk: _Desk, snapshot: int) -> NDArray[np.int64]:
    return desk.records[snapshot] if snapshot < len(desk.records) else np.zeros(0, np.int64)


def _iso(t: int) -> str:
    return datetime.fromtimestamp(t, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _ref(desk: _Desk, at: int, vector: NDArray[np.float64]) -> RuleRef:
    rule = desk.pack.rules[at]
    condition = rule.condition
    if condition is None:
        return RuleRef(rule.id, rule.version, rule.family, rule.score, rule.title)
    found = counterfactual(desk.probe((at,)), vector, lambda changed: truth(condition, changed) is not True)
    return RuleRef(rule.id, rule.version, rule.family, rule.score, rule.title, tell(found, rule.entity))


def _evidence(rules: list[Rule], vector: NDArray[np.float64], detail: dict[str, object]) -> list[Item]:
    found: list[Item] = []
    shown, ingress, trunk = (detail.get(key) for key in ("caller_raw", "ingress", "trunk"))
    if "dialler" in detail:
        dialler, cell, share = detail["dialler"], detail["cell"], float(str(detail["share"]))
        zh = f"同小区（{cell}）的 {dialler} 拨打陌生号码，其中 {share:.0%} 发生在本号码的长通话期间"
        en = f"{dialler} dials strangers in the same cell ({cell}), {share:.0%} of it during this number's long calls"
        found.append(Item(rules[0].id, ["dialler", "cell", "share"], share, "is", None, "holds", zh, en))
    if "tac" in detail:
        tac = str(detail["tac"])
        zh = f"同小区、同型号（TAC {tac}）、串号相邻的终端，每台一张卡"
        en = f"devices of one type (TAC {tac}) with neighbouring serials in the cell, a card in each"
        found.append(Item(rules[0].id, ["tac"], None, "is", None, "holds", zh, en))
    found += [item for rule in rules for item in items_of(rule, vector)]
    for rule in rules:
        if rule.cli:
            zh = f"{rule.title.zh}：显示主叫 {shown}，来话方向 {ingress}，中继 {trunk or '未知'}（{rule.cli}）"
            en = f"{rule.title.en}: shown {shown}, ingress {ingress}, trunk {trunk or 'unknown'} ({rule.cli})"
            found.append(Item(rule.id, ["caller_raw", "ingress", "trunk"], None, "is", None, "holds", zh, en))
    return found


def _strongest(rules: list[Rule]) -> list[Rule]:
    """The rule that counts in each family; the weaker ones of a family say the same more faintly."""
    found: dict[str, Rule] = {}
    for rule in rules:
        found.setdefault(rule.family, rule)
    return list(found.values())


def _siblings(pack: Pack, story: _Story) -> list[int]:
    """The rules that could have spoken beside these: of the same scheme and kind of profile.

    Of two versions of one rule (release.py) the one that spoke, else the live one.
    """
    kind = pack.rules[story.rules[0]].entity
    spoke = {pack.rules[at].id: at for at in story.rules}
    return [
        at
        for at in pack.acting
        if (rule := pack.rules[at]).scheme == story.scheme and rule.entity == kind and not rule.emits and not rule.cli
        if spoke.get(rule.id, pack.index(rule.id)) == at
    ]


def _changed(desk: _Desk, siblings: list[int], vector: NDArray[np.float64]) -> WouldNotHave:
    """What alone would have kept the whole alert below the lowest band."""
    if not siblings:
        zh, en = "若主叫号码与来话方向相符，不会产生本预警", "a caller number that fits its door would raise no alert"
        return WouldNotHave(None, None, None, zh, en)
    rules, lowest = np.array(siblings, np.int64), desk.pack.words.bands.lowest
    program = desk.pack.program
    found = counterfactual(desk.probe(siblings), vector, lambda changed: strength(program, rules, changed) < lowest)
    return tell(found, desk.pack.rules[siblings[0]].entity, alert=True)


def _measure(pack: Pack, story: _Story, rules: list[Rule]) -> Measure:
    """One family proposes what its rule says; several what the band says, never beyond what the scheme allows."""
    words = pack.words
    most = words.measures[pack.schemes[story.scheme].most]
    band = words.bands.band(story.score)
    alone = len({rule.family for rule in rules}) < 2
    wanted = words.measures[rules[0].measure if alone or band is None else band.measure]
    return min(wanted, most, key=lambda measure: measure.rank)
