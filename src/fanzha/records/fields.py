"""Decides the type of every raw field that a mapping may fill: what a source says of a call or a reference row."""

from __future__ import annotations

from enum import Enum
from functools import cache
from typing import NamedTuple

import pyarrow as pa

from fanzha.errors import UsageError
from fanzha.records.contract import CALLS_RAW, REFERENCES


class Type(Enum):
    """How a source's text becomes a value."""

    TEXT = "text"
    NUMBER = "number"  # a telephone number, kept as text
    KEY = "key"  # an IMSI, IMEI or cell name, kept as text
    TIME = "time"
    SPAN = "span"  # a duration in milliseconds
    INTEGER = "integer"
    FLAG = "flag"


class Field(NamedTuple):
    """One raw field: its type, and whether a row is nothing without it."""

    type: Type
    required: bool = False


_NUMBERS = {"caller", "callee", "forwarded_from", "number"}
_KEYS = {"caller_imsi", "caller_imei", "caller_cell", "callee_imsi", "callee_imei", "callee_cell"}
_KEYS |= {"imsi", "home_imei", "home_cell", "cell"}
_REQUIRED = {"calls": {"caller", "callee", "started"}, "subscribers": {"number"}, "cells": {"cell"}}
_REQUIRED |= {"trunks": {"trunk"}, "ported": {"number", "carrier"}}
_OURS = {"network", "loaded_at", "cell_raw"}  # filled by the import


@cache
def field_types(kind: str) -> dict[str, Field]:
    """Fields by name that a mapping of this kind may fill, in the order of the contract."""
    if kind != "calls" and kind not in REFERENCES:
        raise UsageError(f"no such kind of records: {kind}", hint=f"one of: calls, {', '.join(REFERENCES)}")
    schema = CALLS_RAW if kind == "calls" else REFERENCES[kind]
    fields = {field.name: _field(kind, field) for field in schema if field.name not in _OURS}
    return fields | ({"duration_ms": Field(Type.SPAN)} if kind == "calls" else {})


def _field(kind: str, field: pa.Field) -> Field:
    name, required = field.name, field.name in _REQUIRED[kind]
    if name in _NUMBERS:
        return Field(Type.NUMBER, required)
    if name in _KEYS:
        return Field(Type.KEY, required)
    if name.endswith("_ms"):
        return Field(Type.SPAN, required)
    if pa.types.is_timestamp(field.type):
        return Field(Type.TIME, required)
    if pa.types.is_boolean(field.type):
        return Field(Type.FLAG, required)
    return Field(Type.INTEGER if pa.types.is_integer(field.type) else Type.TEXT, required)
