"""Decides what a rule is: who wrote it, what it asks, what it is worth, whom it spares; read strictly from YAML."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

import msgspec

from fanzha.detection.condition import (
    And,
    Condition,
    FieldRef,
    Membership,
    always,
    fields_of,
    leaves,
    nearest,
    parse,
    text_of,
)
from fanzha.detection.words import Words
from fanzha.errors import RuleError
from fanzha.profiles.fields import BY_NAME, FIELDS, EntityKind
from fanzha.vocabulary.loader import Document, decode

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
_LARGEST = 1_000_000_000  # of a version or a minimum: both become 32-bit integers
LEAST_HISTORY = 4  # profiles under 4 events are never judged (design section 2)
ON = ("any", "out", "in")
WHOLE = (0, 1000)  # everybody, in permille


class Stage(StrEnum):
    """How far a version of a rule has come; see detection/release.py."""

    DRAFT = "draft"
    REVIEWED = "reviewed"
    SHADOW = "shadow"
    SHARE = "share"
    LIVE = "live"
    RETIRED = "retired"

    @property
    def runs(self) -> bool:
        """Whether it is judged at all."""
        return self in (Stage.SHADOW, Stage.SHARE, Stage.LIVE)


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One phrase in both languages."""

    zh: str
    en: str


class Emission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fact for the second stage, told to the called number, or to the cell of the call, its bridges or its racks."""

    fact: str
    to: Literal["victim", "site", "bridge", "rack"]


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    version: int
    family: str
    title: Text
    why: str
    entity: Literal["number", "device", "cell", "victim", "site", "bridge", "rack"] = "number"
    on: Literal["any", "out", "in"] = "any"
    when: str | None = None
    cli: Literal["R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8"] | None = None
    score: float | None = None
    minimum: int = LEAST_HISTORY
    measure: str | None = None
    emits: Emission | None = None
    legal: Text | str | None = None
    source: str | None = None
    as_of: datetime.date | None = None
    owner: str | None = None
    exemptions: list[str] | None = None


class _Defaults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    legal: Text | str
    source: str
    as_of: datetime.date
    owner: str
    exemptions: list[str] = []


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    scheme: str
    defaults: _Defaults
    rules: list[_Row]


@dataclass(frozen=True)
class Rule:
    """One question asked of every event of one kind of profile, or (`cli`) of the raw calling number."""

    id: str
    version: int
    scheme: str
    family: str
    title: Text
    why: str
    entity: EntityKind
    on: str  # any | out | in
    text: str  # the `when` as written; empty for a CLI rule
    condition: Condition | None  # None for a CLI rule
    judged: Condition | None  # the condition with its exemptions: what the kernel runs
    cli: str  # R1..R8, or empty
    score: float  # 0 for a rule that emits a fact
    minimum: int
    measure: str
    emits: Emission | None
    legal: Text
    source: str
    as_of: datetime.date
    owner: str
    exemptions: tuple[str, ...]
    where: str  # file:line
    stage: Stage = Stage.LIVE
    listed: Mapping[str, tuple[str, str]] = field(default_factory=dict, compare=False, repr=False)  # lists in words
    share: tuple[int, int] = WHOLE  # acts on entities from the first up to the second permille of its hash

    @property
    def name(self) -> str:
        """The version's name: id@version."""
        return f"{self.id}@{self.version}"

    @property
    def shadow(self) -> bool:
        """Whether it is recorded only."""
        return self.stage == Stage.SHADOW


def read_rules(document: Document, words: Words) -> list[Rule]:
    """The rules of one file, in its order. Raises RuleError or VocabularyError with file and line."""
    file = decode(document, _File)
    if file.scheme not in words.schemes:
        raise RuleError(
            f"no scheme is called {file.scheme}",
            where=document.where("scheme"),
            hint=f"did you mean: {', '.join(nearest(file.scheme, words.schemes)) or 'see schemes.yaml'}",
        )
    return [_Reader(document, file, at, words).rule() for at in range(len(file.rules))]


def _both(words: Text | str) -> Text:
    """A plain text stands for both languages."""
    return Text(words, words) if isinstance(words, str) else words


@dataclass(frozen=True)
class _Reader:
    document: Document
    file: _File
    at: int
    words: Words

    @property
    def row(self) -> _Row:
        return self.file.rules[self.at]

    def where(self, *path: str) -> str:
        return self.document.where("rules", self.at, *path)

    def rule(self) -> Rule:
        row, defaults = self.row, self.file.defaults
        self._check()
        condition = self._condition()
        exemptions = tuple(row.exemptions if row.exemptions is not None else defaults.exemptions)
        return Rule(
            id=row.id,
            version=row.version,
            scheme=self.file.scheme,
            family=row.family,
            title=row.title,
            why=row.why,
            entity=EntityKind[row.entity.upper()],
            on=row.on,
            text=" ".join((row.when or "").split()),
            condition=condition,
            judged=self._exempted(condition, exemptions),
            cli=row.cli or "",
            score=float(row.score or 0.0),
            minimum=row.minimum,
            measure=row.measure or "none",
            emits=row.emits,
            legal=_both(row.legal or defaults.legal),
            source=row.source or defaults.source,
            as_of=row.as_of or defaults.as_of,
            owner=row.owner or defaults.owner,
            listed=self.words.listed,
            exemptions=exemptions if row.entity == "number" and not row.cli else (),
            where=self.where(),
        )

    def _check(self) -> None:
        row = self.row
        if not _ID.fullmatch(row.id):
            hint = "at most 80 letters, digits, points and hyphens, as mass_dialling.flood"
            raise RuleError(f"no id: {row.id[:80]!r}", where=self.where("id"), hint=hint)
        self._known("family", row.family, self.words.families)
        if (row.when is None) == (row.cli is None):
            raise RuleError(f"{row.id} needs either `when` or `cli`", where=self.where())
        if row.emits is None:
            self._check_score()
        elif row.score is not None or row.measure is not None or row.cli is not None:
            raise RuleError(f"{row.id} emits a fact, so it has no score, measure or cli", where=self.where("emits"))
        elif row.entity != "number" and (row.entity, row.emits.to) != ("device", "site"):
            hint = "entity: number; a device may tell a site"
            raise RuleError(f"a rule of a {row.entity} tells no {row.emits.to}", where=self.where("emits"), hint=hint)
        if not LEAST_HISTORY <= row.minimum <= _LARGEST:
            hint = "profiles with fewer events are never judged"
            what = f"minimum must be at least {LEAST_HISTORY}, and no more than {_LARGEST:,}"
            raise RuleError(what, where=self.where("minimum"), hint=hint)
        if not 1 <= row.version <= _LARGEST:
            raise RuleError(f"version must be 1 or more, up to {_LARGEST:,}", where=self.where("version"))

    def _check_score(self) -> None:
        row = self.row
        if row.score is None or row.measure is None:
            raise RuleError(f"{row.id} needs a score and a measure, or `emits`", where=self.where())
        if not 0 < row.score <= self.words.bands.cap:
            hint = "more needs a second family beside it"
            raise RuleError(
                f"score must be above 0 and at most {self.words.bands.cap:g}", where=self.where("score"), hint=hint
            )
        self._known("measure", row.measure, self.words.measures)
        if self.words.measures[row.measure].rank > self.words.measures[self.words.bands.single].rank:
            hint = f"the strictest that one family may propose is {self.words.bands.single}"
            raise RuleError(f"{row.measure} is too strict for one rule", where=self.where("measure"), hint=hint)

    def _known(self, key: str, word: str, known: Mapping[str, object]) -> None:
        names = list(known)
        if word not in names:
            hint = f"did you mean: {', '.join(nearest(word, names)) or ', '.join(names)}"
            raise RuleError(f"no {key} is called {word}", where=self.where(key), hint=hint)

    def _condition(self) -> Condition | None:
        if self.row.when is None:
            return None
        condition = parse(self.row.when, self.words.lists, where=self.where("when"))
        self._tells_apart(condition)
        kind = EntityKind[self.row.entity.upper()]
        for ref in fields_of(condition):
            if kind not in FIELDS[ref.index].kinds:
                raise RuleError(f"{ref.name} says nothing about a {self.row.entity}", where=self.where("when"))
        return condition

    def _tells_apart(self, condition: Condition) -> None:
        """Refuse a condition that hits everybody: none of the fields has a say in it."""
        hint = "compare a field with a number, as `out_1h > 20`; docs/rules.md lists the fields"
        for leaf in leaves(condition):
            if next(fields_of(leaf), None) is None:
                what = f"`{text_of(leaf)}` looks at no field (column {leaf.column})"
                raise RuleError(what, where=self.where("when"), hint=hint)
        if always(condition):
            raise RuleError("`when` hits everybody, whatever the fields say", where=self.where("when"), hint=hint)

    def _exempted(self, condition: Condition | None, exemptions: tuple[str, ...]) -> Condition | None:
        for name in exemptions:
            if name not in self.words.lists:
                hint = f"lists.yaml has: {', '.join(sorted(self.words.lists))}"
                raise RuleError(f"no list is called {name}", where=self.where("exemptions"), hint=hint)
        if condition is None or self.row.entity != "number":
            return condition
        kind = FieldRef("number_kind", BY_NAME["number_kind"].index)
        values = tuple(dict.fromkeys(value for name in exemptions for value in self.words.lists[name]))
        spared = Membership(kind, values, " or ".join(exemptions), negated=True, exempts=True)
        return And((condition, spared)) if exemptions else condition
