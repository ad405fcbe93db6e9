"""Decides what a list as CSV says, millions of lines at a time, and which line is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
from numpy.typing import NDArray

from fanzha.errors import InputError
from fanzha.policy.action import Action
from fanzha.policy.columns import SCHEMA
from fanzha.policy.entry import Side, Subject
from fanzha.policy.moments import moment
from fanzha.policy.written import name_of

REQUIRED = ("value", "action", "reason", "source", "expires")
_FILLED = {"subject": "number", "side": "caller", "rule": "", "basis": "", "region": "0", "per_minute": "0"}
_SHOWN = 5


def read_csv(path: Path, now: int) -> pa.Table:
    """A table of columns.SCHEMA. Columns are those of an entry; value, action, reason, source and expires are needed.

    now: when an entry without `starts` begins, UTC microseconds. Raises InputError naming the first wrong lines: a list
    is taken whole or not at all.
    """
    table = _read(path)
    rows = table.num_rows

    def text(name: str) -> Any:
        if name in table.column_names:
            column = pc.utf8_trim_whitespace(table[name].combine_chunks().fill_null(""))
            filled = pa.scalar(_FILLED.get(name, ""), column.type)
            return pc.if_else(pc.equal(column, ""), filled, column) if name in _FILLED else column
        return pa.repeat(pa.scalar(_FILLED.get(name, ""), pa.large_string()), rows)

    actions = {action.name.lower(): int(action) for action in Action}
    columns = {name: text(name) for name in ("value", "reason", "source", "rule", "basis")}
    columns["subject"] = _known(path, text("subject"), "subject", [subject.value for subject in Subject])
    columns["side"] = _known(path, text("side"), "side", [side.value for side in Side])
    columns["action"] = _mapped(path, text("action"), "action", lambda word: actions.get(word.lower()), pa.int8())
    for name in ("region", "per_minute"):
        columns[name] = _mapped(path, text(name), name, _whole, pa.int32())
    columns["starts"] = _mapped(path, text("starts"), "starts", lambda word: moment(word) if word else now, pa.int64())
    columns["expires"] = _mapped(path, text("expires"), "expires", lambda word: moment(word, last=True), pa.int64())
    columns["id"] = _ids(text("id"), columns, text("action"))
    return pa.table([columns[field.name].cast(field.type) for field in SCHEMA], schema=SCHEMA)


def _read(path: Path) -> pa.Table:
    try:
        with path.open("rb") as file:
            header = file.readline(1 << 16).decode("utf-8-sig")
            empty = not file.read(1)
        names = [name.strip().strip('"') for name in header.strip().split(",")]
        types = {name: pa.large_string() for name in names}
        options = pcsv.ConvertOptions(column_types=types, strings_can_be_null=False, quoted_strings_can_be_null=False)
        table = pa.table({name: pa.array([], type_) for name, type_ in types.items()})
        if not empty:
            table = pcsv.read_csv(path, pcsv.ReadOptions(column_names=names, skip_rows=1), convert_options=options)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", where=str(path)) from error
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        what = f"is no CSV in UTF-8: {error}".splitlines()[0]
        raise InputError(what, where=str(path), hint="save the file as UTF-8") from error
    strangers = set(names) - set(SCHEMA.names)
    missing = set(REQUIRED) - set(names)
    if strangers or missing or len(set(names)) != len(names):
        raise InputError(
            f"columns: unknown {sorted(strangers)}, missing {sorted(missing)}",
            where=f"{path}:1",
            hint=f"needed: {', '.join(REQUIRED)}; known: {', '.join(SCHEMA.names)}",
        )
    return table


def _known(path: Path, column: Any, name: str, words: list[str]) -> Any:
    _refuse(path, column, name, ~pc.is_in(column, pa.array(words, column.type)).to_numpy(zero_copy_only=False))
    return column


def _mapped(path: Path, column: Any, name: str, meaning: Any, type_: pa.DataType) -> Any:
    """Each distinct word is read once."""
    encoded = column.dictionary_encode()
    values = pa.array([meaning(word) for word in encoded.dictionary.to_pylist()], type_)
    found = values.take(encoded.indices)
    _refuse(path, column, name, found.is_null().to_numpy(zero_copy_only=False))
    return found


def _whole(word: str) -> int | None:
    return int(word) if word.isascii() and word.isdigit() and len(word) <= 6 else None


def _ids(ids: Any, columns: dict[str, Any], actions: Any) -> Any:
    """An entry without an id is named after what it says, as in YAML."""
    if len(ids) == 0 or not pc.any(pc.equal(ids, "")).as_py():
        return ids
    names = ("subject", "side", "value", "region")
    said = zip(*(columns[name].to_pylist() for name in names), pc.utf8_lower(actions).to_pylist(), strict=True)
    made = [name_of(subject, side, value, action, region) for subject, side, value, region, action in said]
    return pc.if_else(pc.equal(ids, ""), pa.array(made, pa.large_string()), ids)


def _refuse(path: Path, column: Any, name: str, wrong: NDArray[np.bool_]) -> None:
    if not wrong.any():
        return
    rows = np.flatnonzero(wrong)
    shown = "; ".join(f"line {row + 2}: {name} {column[row].as_py()[:40]!r}" for row in rows[:_SHOWN].tolist())
    raise InputError(
        f"{len(rows):,} lines cannot be used: {shown}",
        where=f"{path}:{rows[0] + 2}",
        hint="correct them; a list is taken whole or not at all",
    )
