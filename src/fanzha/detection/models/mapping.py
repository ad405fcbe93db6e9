"""Decides which columns of a labelled table are label, features, group and mere names, for whoever trains."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec
import yaml

from fanzha.errors import MappingError

_HERE = Path(__file__).parent
_EXAMPLE = "see docs/models.md for every key; the smallest mapping is one line: `label: is_fraud`"


class TableMapping(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a mapping YAML may say; any other key is an error.

    label: the column that says fraud or not. positive: the values that mean fraud (compared as text, 1 equals 1.0).
    ids: columns that name the row and are never learnt from. group: rows that share a value of this column (a person,
    a gang) never stand on both sides of a fold. features: the columns to learn from, or `all numeric`. recipe: the name
    of a shipped recipe of engineered features, `auto` (chosen by the columns present) or `none`.
    """

    label: str
    positive: tuple[str | int | bool, ...] = (1,)
    ids: tuple[str, ...] = ()
    group: str | None = None
    features: tuple[str, ...] | Literal["all numeric"] = "all numeric"
    recipe: str = "auto"


class _Auto(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    source: str
    as_of: str
    label: tuple[str, ...]
    positive: tuple[str | int | bool, ...]
    ids: tuple[str, ...]


def read_mapping(path: Path) -> TableMapping:
    """The mapping in a YAML file. Raises MappingError for what is not YAML, an unknown key or a wrong type."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MappingError(f"cannot be read: {error.strerror}", where=str(path), hint="give a YAML file") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise MappingError("not YAML: " + " ".join(str(error).split()), where=str(path), hint=_EXAMPLE) from error
    try:
        return msgspec.convert(document, TableMapping)
    except msgspec.ValidationError as error:
        raise MappingError(str(error), where=str(path), hint=_EXAMPLE) from error


def guess_mapping(columns: list[str], label: str | None = None) -> TableMapping:
    """The mapping of a table that came without one: by well-known column names, or by the label's name alone."""
    auto = msgspec.yaml.decode((_HERE / "auto_mapping.yaml").read_bytes(), type=_Auto)
    found = [label] if label else [name for name in columns if name.lower() in auto.label]
    if len(found) != 1:
        what = "no column is called" if not found else "several columns are called"
        raise MappingError(
            f"{what} {' or '.join(auto.label)}: {', '.join(columns[:8])}{' ...' if len(columns) > 8 else ''}",
            hint="say which column tells fraud: --mapping FILE with `label: COLUMN`",
        )
    ids = tuple(name for name in columns if name.lower() in auto.ids and name != found[0])
    return TableMapping(label=found[0], positive=auto.positive, ids=ids)
