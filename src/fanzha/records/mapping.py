"""Decides what an operator's columns mean in the contract: the YAML mapping, its strict model, and those built in."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from fanzha.errors import MappingError, VocabularyError
from fanzha.records.fields import field_types
from fanzha.vocabulary.loader import decode, read

Kind = Literal["calls", "subscribers", "cells", "trunks", "ported"]
KINDS: tuple[Kind, ...] = ("calls", "subscribers", "cells", "trunks", "ported")
Derivation = Literal[
    "ended_from_duration", "answered_from_talk", "answered_at_start", "ended_from_talk", "ring_from_times"
]


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where one field of the contract comes from: one column, several joined, or a constant."""

    column: str | None = None
    join: tuple[str, ...] = ()  # the columns' texts with `separator` between them
    separator: str = "/"
    constant: str | int | None = None
    optional: bool = False  # the file may lack the column
    time: str = "iso"  # iso | epoch_s | epoch_ms | epoch_us | a strptime pattern with %
    unit: Literal["s", "ms"] = "s"  # of a duration
    values: dict[str | int, str | int | None] = {}  # words of the source -> words of the contract; null drops the value
    otherwise: Literal["quarantine", "keep", "empty"] = "quarantine"  # for a word that `values` lacks

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns of the file that this field reads."""
        return (self.column,) if self.column is not None else self.join


class Format(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the CSV is written."""

    delimiter: str = ","
    quote: str = '"'
    header: bool = True
    columns: tuple[str, ...] = ()  # names, where there is no header
    missing: int = 0  # so many of the last columns may be absent
    encoding: Literal["auto", "utf-8", "gb18030"] = "auto"


class Swap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose call a row is, where the file is written from one subscriber's side.

    The mapping says the subscriber's columns as caller*; on a row whose `column` holds one of `called`, the two sides
    change places; on one of `forwarded`, the subscriber forwarded the call (呼叫转移) and is also forwarded_from.
    """

    column: str
    calling: tuple[str | int, ...] = ()
    called: tuple[str | int, ...] = ()
    forwarded: tuple[str | int, ...] = ()


class Title(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A name in both languages."""

    zh: str
    en: str


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One mapping file; docs/formats.md describes each key."""

    id: str
    columns: dict[str, str | Column]
    title: Title = Title("", "")
    kind: Kind = "calls"
    source: str = ""  # where the format is described
    as_of: date | None = None
    network: str | None = None  # used unless the import names one
    zone: str = "Asia/Shanghai"  # of times that do not say theirs
    numbers: Literal["plain", "opaque"] = "plain"
    area: str | int | None = None  # area code (区号) of fixed numbers written without one
    format: Format = Format()
    nulls: tuple[str, ...] = ("", "\\N", "NULL", "null")
    derive: tuple[Derivation, ...] = ()
    swap: Swap | None = None

    def fields(self) -> dict[str, Column]:
        """Field of the contract -> where it comes from."""
        return {name: Column(column=value) if isinstance(value, str) else value for name, value in self.columns.items()}

    def needed(self) -> list[str]:
        """Columns that the file must have."""
        names = [name for column in self.fields().values() if not column.optional for name in column.sources]
        return list(dict.fromkeys([*names, *([self.swap.column] if self.swap else [])]))

    def wanted(self) -> list[str]:
        """Columns that are read where the file has them."""
        names = [name for column in self.fields().values() for name in column.sources]
        return list(dict.fromkeys([*names, *([self.swap.column] if self.swap else [])]))


def read_mapping(path: Path) -> Mapping:
    """Read and check a mapping file.

    Raises VocabularyError naming file and line for bad YAML, an unknown key, or a field the contract lacks.
    """
    try:
        document = read(path)
        mapping = decode(document, Mapping)
    except VocabularyError as error:
        error.hint = error.hint or "docs/formats.md lists the keys of a mapping"
        raise
    known = field_types(mapping.kind)
    for name in mapping.columns:
        if name not in known:
            raise VocabularyError(
                f"{mapping.kind} have no field {name}",
                where=document.where("columns", name),
                hint=f"fields of {mapping.kind}: {', '.join(known)}",
            )
    for name, of in known.items():
        if of.required and name not in mapping.columns:
            raise VocabularyError(f"the mapping does not say where {name} comes from", where=document.where("columns"))
    return mapping


@cache
def built_in() -> dict[str, Mapping]:
    """The mappings that ship with Fanzha, by id."""
    folder = Path(__file__).with_name("mappings")
    mappings = [read_mapping(path) for path in sorted(folder.glob("*.yaml"))]
    return {mapping.id: mapping for mapping in mappings}


def mapping_of(name: Mapping | Path | str) -> Mapping:
    """A mapping as it is, by its file, or by the id of a built-in one."""
    if isinstance(name, Mapping):
        return name
    if str(name) in built_in():
        return built_in()[str(name)]
    path = Path(name)
    if not path.is_file():
        known = ", ".join(built_in())
        raise MappingError(f"no mapping {name}", hint=f"give a YAML file, or one of: {known}")
    return read_mapping(path)
