"""Decides which built-in mapping a file speaks, by its columns or, without a header, by what its first lines hold."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa

from fanzha.errors import InputError, MappingError
from fanzha.records.bytestream import Damage, is_parquet, pieces
from fanzha.records.csvblock import decoded, split_line
from fanzha.records.fields import Type, field_types
from fanzha.records.mapping import Mapping, built_in
from fanzha.records.parquetrows import parquet_columns
from fanzha.records.text import read_times, text_of

_SAMPLE = 20
_DELIMITERS = (",", ";", "\t", "|")  # of files with a header, the likeliest first


def detect(path: Path, kind: str) -> Mapping:
    """The built-in mapping that fits best.

    Raises MappingError saying what the file has, where none fits, and InputError where nothing of it can be read.
    """
    candidates = [mapping for mapping in built_in().values() if mapping.kind == kind]
    if is_parquet(path):
        return _by_columns(path, parquet_columns(path), candidates)
    lines, damage = _sample(path)
    if damage and not lines:
        raise InputError(f"cannot be read: {damage}", where=str(path), hint="deliver the file again")
    for mapping in candidates:
        if not mapping.format.header and _holds(mapping, lines):
            return mapping
    named = [mapping for mapping in candidates if mapping.format.header]
    for delimiter in _DELIMITERS if lines else ():
        parted = [_with_delimiter(mapping, delimiter) for mapping in named]
        names = _cells(lines[0], parted[0])
        if any(set(mapping.needed()) <= set(names) for mapping in parted):
            return _by_columns(path, names, parted)
    return _by_columns(path, _cells(lines[0], named[0]) if lines else [], named)


def _printable(text: str) -> str:
    """What a stranger's file says reaches a terminal without its control characters."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _with_delimiter(mapping: Mapping, delimiter: str) -> Mapping:
    return msgspec.structs.replace(mapping, format=msgspec.structs.replace(mapping.format, delimiter=delimiter))


def _by_columns(path: Path, names: list[str], candidates: list[Mapping]) -> Mapping:
    fitting = [mapping for mapping in candidates if set(mapping.needed()) <= set(names)]
    if not fitting:
        known = ", ".join(f"{mapping.id} ({', '.join(mapping.needed())})" for mapping in candidates)
        raise MappingError(
            "no built-in mapping fits this file; it begins with: " + (_printable(", ".join(names)[:300]) or "nothing"),
            where=str(path),
            hint=f"write a mapping (docs/formats.md) and give --mapping; built in: {known}",
        )
    return max(fitting, key=lambda mapping: (len(set(mapping.wanted()) & set(names)), mapping.id == "fanzha"))


def _sample(path: Path) -> tuple[list[bytes], str]:
    found, damage = b"", ""
    try:
        for piece in pieces(path):
            found += piece
            if found.count(b"\n") >= _SAMPLE or len(found) > 1 << 21:
                break
    except Damage as error:
        damage = str(error)
    lines = found.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return [line[:10_000] for line in lines[:_SAMPLE] if line.strip()], damage


def _cells(line: bytes, mapping: Mapping) -> list[str]:
    return [cell.strip() for cell in split_line(decoded(line, mapping.format.encoding) or "", mapping.format)]


def _holds(mapping: Mapping, lines: list[bytes]) -> bool:
    """Whether at least half of the lines have the mapping's width, and times where it has times."""
    form = mapping.format
    times = [
        form.columns.index(column.column)
        for name, column in mapping.fields().items()
        if field_types(mapping.kind)[name].type is Type.TIME and column.column in form.columns
    ]
    fitting = 0
    for line in lines:
        cells = _cells(line, mapping)
        wide_enough = len(form.columns) - form.missing <= len(cells) <= len(form.columns)
        fitting += wide_enough and _all_times([cells[at] for at in times])
    return fitting > 0 and 2 * fitting >= len(lines)


def _all_times(cells: list[str]) -> bool:
    text = text_of(pa.array([cell or None for cell in cells], pa.string()))
    micros, zoned, bad = np.zeros(len(cells), np.int64), np.zeros(len(cells), np.bool_), np.zeros(len(cells), np.bool_)
    read_times(text.offsets, text.data, text.valid, micros, zoned, bad)
    return bool(text.valid.any()) and not bad.any()
