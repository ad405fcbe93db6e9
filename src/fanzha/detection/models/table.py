"""Reads a labelled table into numbers for training and scoring, and refuses what would make a model of nonsense."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from fanzha.detection.models.mapping import TableMapping
from fanzha.errors import InputError, MappingError
from fanzha.records.bytestream import check_text

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class LabelledTable:
    """Rows to learn from. matrix: rows x features, NaN where unknown; labels: True is fraud; groups: one code a row."""

    features: tuple[str, ...]
    matrix: Matrix
    labels: NDArray[np.bool_]
    groups: NDArray[np.int64] | None
    dtypes: tuple[str, ...]
    sha256: str
    notes: tuple[str, ...]

    @property
    def prevalence(self) -> float:
        """Share of fraud among the rows, 0 to 1."""
        return float(self.labels.mean())


def read_arrow(path: Path) -> pa.Table:
    """A CSV (UTF-8 or GB18030) or Parquet file as it is. Raises InputError for anything else, with what to do."""
    if not path.is_file():
        what = "is a directory" if path.is_dir() else "is no file" if path.exists() else "does not exist"
        raise InputError(what, where=str(path), hint="give one CSV or Parquet file")
    try:
        with path.open("rb") as file:
            is_parquet = file.read(4) == b"PAR1"
        table = pq.read_table(path) if is_parquet else _read_csv(path)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            f"not a table: {reason}", where=str(path), hint="CSV with a header line, or Parquet"
        ) from error
    doubled = sorted({name for name in table.column_names if table.column_names.count(name) > 1})
    if doubled:
        raise InputError(f"column twice: {', '.join(doubled)}", where=str(path), hint="rename one of them")
    if table.num_rows == 0:
        raise InputError("no rows", where=str(path), hint="a labelled table has a header and one row a subscriber")
    return table


def _read_csv(path: Path) -> pa.Table:
    check_text(path)
    # asked beforehand: Arrow takes bytes that are no UTF-8 for a binary column, and says nothing
    return pa_csv.read_csv(path, pa_csv.ReadOptions(encoding="utf8" if _is_utf8(path) else "gb18030"))


def _is_utf8(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8") as file:
            while file.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return False
    return True


def read_labelled(path: Path, mapping: TableMapping, features: Sequence[str] | None = None) -> LabelledTable:
    """The table at `path` as `mapping` reads it; `features` fixes the columns and their order (a trained model's).

    Raises MappingError for a missing or text column, InputError for a label that is empty or has one value only.
    """
    table = read_arrow(path)
    try:
        return labelled(table, mapping, features, sha256=_sha256(path))
    except InputError as error:
        error.where = error.where or str(path)
        raise


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def labelled(
    table: pa.Table, mapping: TableMapping, features: Sequence[str] | None = None, *, sha256: str = ""
) -> LabelledTable:
    """An Arrow table as `mapping` reads it; see read_labelled."""
    labels = _labels(table, mapping)
    names, notes = (tuple(features), ()) if features is not None else _feature_names(table, mapping)
    return LabelledTable(
        features=names,
        matrix=feature_matrix(table, names),
        labels=labels,
        groups=_groups(table, mapping),
        dtypes=tuple(str(table.schema.field(name).type) for name in names),
        sha256=sha256,
        notes=notes,
    )


def feature_matrix(table: pa.Table, names: Sequence[str]) -> Matrix:
    """The named columns as rows x features float64; null and infinity become NaN. Raises MappingError."""
    missing = [name for name in names if name not in table.column_names]
    if missing:
        raise MappingError(
            f"{len(missing)} feature column(s) missing: {', '.join(missing[:5])}",
            hint="the table must have every column that the model or the mapping names",
        )
    matrix = np.column_stack([_numbers(table, name) for name in names]) if names else np.empty((table.num_rows, 0))
    matrix[~np.isfinite(matrix)] = np.nan
    return matrix


def _numbers(table: pa.Table, name: str) -> Matrix:
    column = table.column(name)
    if not _is_numeric(column.type):
        bad = pc.drop_null(column)[0].as_py()
        raise MappingError(
            f"column {name} is not numeric (holds {bad!r})", hint="correct the value, or leave the column out"
        )
    values: Matrix = np.asarray(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), dtype=np.float64)
    return values


def _is_numeric(kind: Any) -> bool:
    types = pa.types
    return bool(
        types.is_integer(kind)
        or types.is_floating(kind)
        or types.is_boolean(kind)
        or types.is_decimal(kind)
        or types.is_null(kind)
    )


def _feature_names(table: pa.Table, mapping: TableMapping) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if mapping.features != "all numeric":
        return tuple(mapping.features), ()
    apart = {mapping.label, mapping.group, *mapping.ids}
    candidates = [name for name in table.column_names if name not in apart]
    numeric = tuple(name for name in candidates if _is_numeric(table.schema.field(name).type))
    if not numeric:
        raise MappingError("no numeric column to learn from", hint="list them in the mapping under `features`")
    text = [name for name in candidates if name not in numeric]
    return numeric, (f"left out, not numeric: {', '.join(text)}",) if text else ()


def _column(table: pa.Table, name: str, role: str) -> pa.ChunkedArray:
    if name not in table.column_names:
        raise MappingError(
            f"{role} column {name} is not in the table", hint=f"columns: {', '.join(table.column_names)}"
        )
    return table.column(name)


def _labels(table: pa.Table, mapping: TableMapping) -> NDArray[np.bool_]:
    column = _column(table, mapping.label, "label")
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
    if column.null_count:
        row = int(pc.index(pc.is_null(column), True).as_py()) + 2
        raise InputError(
            f"{column.null_count} row(s) without a label, first at line {row}",
            hint=f"fill column {mapping.label}, or remove those rows",
        )
    positive = {_word(value) for value in mapping.positive}
    labels = np.array([_word(value) in positive for value in column.to_pylist()], dtype=np.bool_)
    if labels.all() or not labels.any():
        raise InputError(
            f"every row is {'fraud' if labels.all() else 'honest'} by column {mapping.label}",
            hint="both kinds are needed; `positive:` in the mapping lists the values that mean fraud",
        )
    return labels


def _word(value: object) -> str:
    """One spelling for 1, 1.0, True and "1", so that a CSV and a Parquet of the same table agree."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value).strip().lower()
    return {"true": "1", "false": "0"}.get(text, text)


def _groups(table: pa.Table, mapping: TableMapping) -> NDArray[np.int64] | None:
    if mapping.group is None:
        return None
    column = _column(table, mapping.group, "group")
    codes: dict[object, int] = {}
    # a row without a group stands alone: nothing says it belongs to anybody
    values = [("alone", row) if value is None else value for row, value in enumerate(column.to_pylist())]
    return np.array([codes.setdefault(value, len(codes)) for value in values], dtype=np.int64)
