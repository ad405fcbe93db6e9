"""Decides what is known of whom: the outcomes that rules are tried against and models learn from.

An outcome (处置结果) says of one number, device or cell that it was fraud or honest, since when that is known, and from
whom: what the desk exports, what an operator writes by hand, or a synthetic province's truth.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from fanzha import numbering
from fanzha.errors import InputError
from fanzha.profiles.fields import EntityKind
from fanzha.records.keys import cell_key, device_key

KINDS = {"number": EntityKind.NUMBER, "device": EntityKind.DEVICE, "cell": EntityKind.CELL}
NAMES = {kind: name for name, kind in KINDS.items()}
MOST = 5_000_000  # outcomes of one file: memory for them stays under 2 GB
LONGEST = 4096  # bytes of one line
PLANTED = "planted"
_EXAMPLE = '{"kind": "number", "value": "+8613800138000", "at": "2026-11-22T08:00:00+08:00", "fraud": true, '
_HINT = f'one JSON object a line: {_EXAMPLE}"source": "police"}}'
_SOURCE = re.compile(r"[a-z][a-z0-9_]{0,39}")


class Outcome(msgspec.Struct, frozen=True):
    """One judgement. at: epoch seconds when it became known (of planted truth: a caller's first fraud; else 0).

    source: whose word it is (confirmed, police, appeal, wrong_stop, planted ...). role: what kind of person, where
    that is known (courier, clinic ...), else "". seen: epoch seconds of the behaviour that was judged (the alert's last
    call), 0 where nobody noted it: then it is `at`.
    """

    kind: EntityKind
    key: int
    value: str
    at: int
    fraud: bool
    source: str
    role: str = ""
    seen: int = 0

    @property
    def moment(self) -> int:
        """The moment of the behaviour that was judged, epoch seconds."""
        return min(self.seen, self.at) if self.seen else self.at


class Known(NamedTuple):
    """What stands of the entities of one kind: arrays of equal length, keys int64 rising, each once."""

    keys: NDArray[np.int64]
    at: NDArray[np.int64]
    fraud: NDArray[np.bool_]
    source: NDArray[np.str_]
    role: NDArray[np.str_]


class Outcomes:
    """Outcomes in order of time; of several about one entity the latest stands (an upheld appeal undoes a label)."""

    def __init__(self, rows: Iterable[Outcome]) -> None:
        self.rows = sorted(rows, key=lambda row: row.at)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Outcome]:
        return iter(self.rows)

    def of(self, kind: EntityKind, *, before: int | None = None) -> Known:
        """What stands of one kind of entity; with `before` (epoch seconds), what stood just before then."""
        latest = {row.key: row for row in self.rows if row.kind == kind and (before is None or row.at < before)}
        standing = [latest[key] for key in sorted(latest)]
        return Known(
            np.array([row.key for row in standing], np.int64),
            np.array([row.at for row in standing], np.int64),
            np.array([row.fraud for row in standing], np.bool_),
            np.array([row.source for row in standing], np.str_),
            np.array([row.role for row in standing], np.str_),
        )


class _Line(msgspec.Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    kind: str
    value: str
    at: str
    fraud: bool
    source: str
    role: str = ""
    seen: str = ""


_DECODER = msgspec.json.Decoder(_Line)


def read_outcomes(path: Path) -> Outcomes:
    """The outcomes of a file of JSON lines; empty lines are passed over.

    Raises InputError, with file and line, for whatever is not an outcome: a wrong label is worse than none.
    """
    if not path.is_file():
        what = "is a directory" if path.is_dir() else "does not exist"
        raise InputError(f"{what}", where=str(path), hint=_HINT)
    try:
        return Outcomes(_read(path))
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path), hint=_HINT) from error


def path_of(home: Path, network: str) -> Path:
    """Where the desk writes a network's outcomes."""
    return home / "outcomes" / f"{network}.jsonl"


def put_in_place(path: Path, data: bytes) -> None:
    """Write a file whole or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(path)


def write_line(row: Outcome) -> bytes:
    """One outcome as `read_outcomes` reads it, with its newline."""
    seen = _iso(row.seen) if row.seen else ""
    line = _Line(NAMES[row.kind], row.value, _iso(row.at), row.fraud, row.source, row.role, seen)
    return msgspec.json.encode(line) + b"\n"


def of_entity(
    kind: EntityKind, value: str, *, at: int, fraud: bool, source: str, role: str = "", seen: int = 0
) -> Outcome:
    """An outcome of an entity as people write it. Raises InputError where the value is no number, IMEI or cell."""
    text = value.strip()
    if kind == EntityKind.NUMBER:
        key = numbering.parse(text).number
        if key == 0:
            raise InputError(f"{text!r} is no number", hint="write it as +86..., irregular:... or as dialled")
    elif kind == EntityKind.DEVICE:
        if numbering.check_imei(text).form == numbering.ImeiForm.NOT_IMEI:
            raise InputError(f"{text!r} is no IMEI", hint="14 to 16 digits")
        key = device_key(text)
    else:
        if not text:
            raise InputError("a cell without a name", hint="as the call records name it")
        key = cell_key(text)
    return Outcome(kind, key, text, at, fraud, source, role, seen)


def of_world(folder: Path) -> Outcomes:
    """The planted truth of a synthetic province (`folder`: as `fanzha world` made it), with each honest person's kind.

    What a gang holds and never used is left out, and so is a number that it shows as its own. Raises InputError.
    """
    truth = folder / "truth" if (folder / "truth").is_dir() else folder
    return Outcomes([*_people(_table(truth, "numbers")), *_devices(truth), *_places(truth)])


def _read(path: Path) -> Iterator[Outcome]:
    with path.open("rb") as file:
        count = number = 0
        while line := file.readline(LONGEST + 1):
            number += 1
            where = f"{path}:{number}"
            if len(line) > LONGEST:
                raise InputError(f"a line of more than {LONGEST} bytes", where=where, hint=_HINT)
            if not line.strip():
                continue
            count += 1
            if count > MOST:
                raise InputError(f"more than {MOST:,} outcomes", where=where, hint="cut the file into spans of time")
            yield _outcome(line, where)


def _outcome(line: bytes, where: str) -> Outcome:
    try:
        said = _DECODER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"no outcome: {error}", where=where, hint=_HINT) from error
    if said.kind not in KINDS:
        raise InputError(f"no such kind: {said.kind!r}", where=where, hint=f"one of {', '.join(KINDS)}")
    if not _SOURCE.fullmatch(said.source):
        raise InputError(f"no source: {said.source!r}", where=where, hint="a short name in small letters, as police")
    try:
        return of_entity(
            KINDS[said.kind],
            said.value,
            at=_moment(said.at),
            fraud=said.fraud,
            source=said.source,
            role=said.role[:40],
            seen=_moment(said.seen) if said.seen else 0,
        )
    except InputError as error:
        error.where = where
        raise


def _moment(text: str) -> int:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or not 1970 <= found.year < 2100:
        raise InputError(f"no time: {text!r}", hint="ISO 8601 with its zone, as 2026-11-22T08:00:00+08:00")
    return int(found.timestamp())


def _iso(t: int) -> str:
    return datetime.fromtimestamp(t, UTC).isoformat()


def _people(table: pa.Table) -> list[Outcome]:
    keys = numbering.normalise(table.column("number")).number.tolist()
    rows = list(zip(keys, table.to_pylist(), strict=True))
    accused = {key for key, row in rows if row["fraud"]}
    return [_person(key, row) for key, row in rows if row["fraud"] or (row["gang"] is None and key not in accused)]


def _person(key: int, row: dict[str, Any]) -> Outcome:
    first = int(row["first_fraud"].timestamp()) if row["first_fraud"] is not None else 0
    value = numbering.display(key, row["number"])
    return Outcome(EntityKind.NUMBER, key, value, first, row["fraud"], PLANTED, row["role"])


def _devices(truth: Path) -> list[Outcome]:
    names = _table(truth, "devices").column("imei").to_pylist()
    return [Outcome(EntityKind.DEVICE, device_key(name), name, 0, True, PLANTED, "gang") for name in names]


def _places(truth: Path) -> list[Outcome]:
    rows = {row["cell"]: row["role"] for row in _table(truth, "cells").to_pylist()}
    return [
        Outcome(EntityKind.CELL, cell_key(name), name, 0, role == "gang", PLANTED, role) for name, role in rows.items()
    ]


def _table(truth: Path, name: str) -> pa.Table:
    texts = {"number": pa.string(), "imei": pa.string(), "cell": pa.string(), "gang": pa.int32()}
    try:
        if (truth / f"{name}.parquet").is_file():
            return pq.read_table(truth / f"{name}.parquet")
        options = pa_csv.ConvertOptions(column_types=texts, strings_can_be_null=True)
        return pa_csv.read_csv(truth / f"{name}.csv", convert_options=options)
    except (OSError, pa.ArrowException) as error:
        what = f"no {name}: this is not the truth of a synthetic province"
        raise InputError(what, where=str(truth), hint="give the folder that `fanzha world` made") from error
