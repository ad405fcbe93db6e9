"""Decides the words rules and alerts are written in: schemes, families, bands, measures and lists, from YAML."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import msgspec

from fanzha.errors import VocabularyError
from fanzha.vocabulary.loader import Document, decode, read

HERE = Path(__file__).parent
FILES = ("schemes", "bands", "lists", "bridge")


class Dated(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Anything that rests on a source of a certain date."""

    zh: str
    en: str
    source: str
    as_of: datetime.date


class Scheme(Dated, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A way of defrauding that rules look for. `most`: the strictest measure ever proposed for it."""

    id: str
    about_zh: str
    about_en: str
    most: str = "stop"


class Family(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Signs of one nature: within a family only the strongest counts."""

    id: str
    zh: str
    en: str


class Measure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rung of the ladder; `rank` rises with its weight for the one it hits."""

    id: str
    rank: int
    zh: str
    en: str


class Band(Dated, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A range of scores, from `start` up to the next band's."""

    id: str
    start: float
    colour_zh: str
    colour: str
    measure: str


class Bands(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The bands and the few numbers an alert lives by."""

    cap: float  # the most that one family can reach
    single: str  # the strictest measure that one family may propose
    silent_days: int  # an alert closes after so many days without a firing
    records: int  # call records kept as evidence
    source: str
    as_of: datetime.date
    measures: list[Measure]
    bands: list[Band]

    @property
    def lowest(self) -> float:
        """The score from which something is an alert."""
        return self.bands[0].start

    def band(self, score: float) -> Band | None:
        """The band of a score, None below the lowest."""
        found = [band for band in self.bands if score >= band.start]
        return found[-1] if found else None


class ValueList(Dated, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A named list for `in`: names of a code set, or plain numbers."""

    codes: str | None = None  # the code set that names come from: number_kind
    values: list[str | float]


class BridgeBounds(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When a long call and the dialling beside it count as one bridge (bridge.yaml)."""

    talk_s: int
    share: float
    dials: int
    rivals: int
    hours: int
    keep_dials: int
    keep_calls: int
    source: str
    as_of: datetime.date


class _Schemes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    families: list[Family]
    schemes: list[Scheme]


class _Lists(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    lists: dict[str, ValueList]


@dataclass(frozen=True)
class Words:
    """All words, by id, in the order they are written."""

    schemes: Mapping[str, Scheme]
    families: Mapping[str, Family]
    measures: Mapping[str, Measure]
    bands: Bands
    lists: Mapping[str, tuple[float, ...]]
    listed: Mapping[str, tuple[str, str]]  # how the lists are called: (zh, en)
    bridge: BridgeBounds
    digest: str


def read_words(directories: Sequence[Path] = (), codes: Mapping[str, type[IntEnum]] | None = None) -> Words:
    """The package's words, each file replaced by the operator's of the same name in the last directory that has it.

    `codes` names the code sets lists may draw on. Raises VocabularyError with file and line.
    """
    documents = {name: read(_locate(name, directories)) for name in FILES}
    schemes = decode(documents["schemes"], _Schemes)
    bands = decode(documents["bands"], Bands)
    lists = decode(documents["lists"], _Lists)
    words = Words(
        schemes={scheme.id: scheme for scheme in schemes.schemes},
        families={family.id: family for family in schemes.families},
        measures={measure.id: measure for measure in bands.measures},
        bands=bands,
        lists={name: _values(documents["lists"], name, row, codes or {}) for name, row in lists.lists.items()},
        listed={name: (row.zh, row.en) for name, row in lists.lists.items()},
        bridge=decode(documents["bridge"], BridgeBounds),
        digest=hashlib.sha256(repr([document.data for document in documents.values()]).encode()).hexdigest(),
    )
    _check(words, documents)
    return words


def _locate(name: str, directories: Sequence[Path]) -> Path:
    own = [directory / f"{name}.yaml" for directory in directories if (directory / f"{name}.yaml").is_file()]
    return own[-1] if own else HERE / f"{name}.yaml"


def _values(document: Document, name: str, row: ValueList, codes: Mapping[str, type[IntEnum]]) -> tuple[float, ...]:
    if row.codes is not None and row.codes not in codes:
        where = document.where("lists", name, "codes")
        raise VocabularyError(f"no code set is called {row.codes}", where=where, hint=f"known: {', '.join(codes)}")
    found: list[float] = []
    for at, value in enumerate(row.values):
        if isinstance(value, float | int):
            found.append(float(value))
            continue
        known = {} if row.codes is None else codes[row.codes].__members__
        if value not in known:
            where = document.where("lists", name, "values", at)
            raise VocabularyError(
                f"{value} is not a code of {row.codes}", where=where, hint=f"known: {', '.join(known)}"
            )
        found.append(float(known[value]))
    return tuple(found)


def _check(words: Words, documents: Mapping[str, Document]) -> None:
    bands = documents["bands"]
    starts = [band.start for band in words.bands.bands]
    if starts != sorted(set(starts)) or not starts:
        raise VocabularyError("bands must rise", where=bands.where("bands"))
    named: list[tuple[Document, tuple[str | int, ...], str]] = [
        (bands, ("bands", at, "measure"), band.measure) for at, band in enumerate(words.bands.bands)
    ]
    named.append((bands, ("single",), words.bands.single))
    schemes = documents["schemes"]
    named += [(schemes, ("schemes", at, "most"), scheme.most) for at, scheme in enumerate(words.schemes.values())]
    for document, path, measure in named:
        if measure not in words.measures:
            hint = f"known: {', '.join(words.measures)}"
            raise VocabularyError(f"no measure is called {measure}", where=document.where(*path), hint=hint)
