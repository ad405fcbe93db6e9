"""Decides what a record is: the Arrow schemas that every reader fills and every later room relies on.

Times are UTC microseconds. Numbers, cards, devices and cells are int64 keys; the raw string stays beside a number,
for it decides the false-CLI rules. A null says "not reported", never zero.
"""

from __future__ import annotations

from enum import IntEnum

import pyarrow as pa

UTC_US = pa.timestamp("us", tz="UTC")


class Ingress(IntEnum):
    """By which door a call came into the network that reports it (domain A2)."""

    UNKNOWN = 0
    LOCAL = 1
    INTERNETWORK = 2
    INTERPROVINCIAL = 3
    INTERNATIONAL = 4
    TRUNK = 5


class ReleasedBy(IntEnum):
    """Who ended the call."""

    UNKNOWN = 0
    CALLER = 1
    CALLEE = 2
    NETWORK = 3


# One row a call attempt, as it lies in the lake.
CALLS = pa.schema(
    [
        pa.field("id", pa.int64(), nullable=False),  # source's call id hashed, else hash of raw fields and ordinal
        pa.field("seq", pa.int64(), nullable=False),  # order of arrival in this lake, unique, rising
        pa.field("seen", UTC_US, nullable=False),  # time of arrival
        pa.field("network", pa.string(), nullable=False),  # whose switch saw it
        pa.field("source", pa.string(), nullable=False),  # reader or mapping that brought it
        pa.field("caller", pa.int64()),  # null: withheld
        pa.field("caller_raw", pa.string()),  # "opaque:..." where the source hashed its numbers
        pa.field("callee", pa.int64()),
        pa.field("callee_raw", pa.string()),
        pa.field("started", UTC_US, nullable=False),
        pa.field("answered", UTC_US),  # null: not answered
        pa.field("ended", UTC_US),
        pa.field("ring_ms", pa.int32()),
        pa.field("talk_ms", pa.int32()),  # 0 when not answered
        pa.field("ingress", pa.int8(), nullable=False),  # Ingress
        pa.field("trunk", pa.string()),
        pa.field("clir", pa.bool_()),
        pa.field("forwarded_from", pa.int64()),
        pa.field("release_cause", pa.int16()),  # Q.850
        pa.field("released_by", pa.int8(), nullable=False),  # ReleasedBy
        pa.field("caller_imsi", pa.int64()),
        pa.field("caller_imei", pa.int64()),
        pa.field("caller_cell", pa.int64()),  # digits of the cell's name where it has at most 18, else a hash
        pa.field("callee_imsi", pa.int64()),
        pa.field("callee_imei", pa.int64()),
        pa.field("callee_cell", pa.int64()),
        pa.field("serving_region", pa.int32()),  # GB/T 2260, six digits
    ]
)

# What Fanzha's own files hold, and what every mapping maps to: raw words, before any judgement of ours.
CALLS_RAW = pa.schema(
    [
        pa.field("call_id", pa.string()),
        pa.field("caller", pa.string()),
        pa.field("callee", pa.string()),
        pa.field("started", UTC_US),
        pa.field("answered", UTC_US),
        pa.field("ended", UTC_US),
        pa.field("ring_ms", pa.int32()),
        pa.field("talk_ms", pa.int32()),
        pa.field("ingress", pa.string()),  # international | interprovincial | internetwork | local | trunk
        pa.field("trunk", pa.string()),
        pa.field("clir", pa.bool_()),
        pa.field("forwarded_from", pa.string()),
        pa.field("release_cause", pa.int16()),
        pa.field("released_by", pa.string()),  # caller | callee | network
        pa.field("caller_imsi", pa.string()),
        pa.field("caller_imei", pa.string()),
        pa.field("caller_cell", pa.string()),
        pa.field("callee_imsi", pa.string()),
        pa.field("callee_imei", pa.string()),
        pa.field("callee_cell", pa.string()),
        pa.field("serving_region", pa.int32()),
    ]
)

_DATED = [
    pa.field("network", pa.string(), nullable=False),
    pa.field("valid_from", UTC_US),
    pa.field("valid_to", UTC_US),
    pa.field("loaded_at", UTC_US, nullable=False),
]

# Reference tables: all optional, all dated; hindsight uses only rows loaded by then.
SUBSCRIBERS = pa.schema(
    [
        pa.field("number", pa.int64(), nullable=False),
        pa.field("imsi", pa.int64()),
        pa.field("home_imei", pa.int64()),
        pa.field("home_cell", pa.int64()),
        pa.field("activated", UTC_US),
        pa.field("document_hash", pa.string()),
        pa.field("plan", pa.string()),
        pa.field("age_band", pa.string()),
        *_DATED,
    ]
)
CELLS = pa.schema(
    [
        pa.field("cell", pa.int64(), nullable=False),
        pa.field("cell_raw", pa.string()),
        pa.field("lac", pa.int64()),
        pa.field("region", pa.int32()),
        pa.field("place", pa.string()),
        *_DATED,
    ]
)
TRUNKS = pa.schema(
    [
        pa.field("trunk", pa.string(), nullable=False),
        pa.field("owner", pa.string()),
        pa.field("permitted", pa.string()),  # "057188880000-057188889999;4001234567": raw numbers and ranges
        pa.field("licensed", pa.bool_()),
        *_DATED,
    ]
)
PORTED = pa.schema(
    [
        pa.field("number", pa.int64(), nullable=False),
        pa.field("carrier", pa.string(), nullable=False),
        *_DATED,
    ]
)

REFERENCES: dict[str, pa.Schema] = {"subscribers": SUBSCRIBERS, "cells": CELLS, "trunks": TRUNKS, "ported": PORTED}

# A row that was refused: reason is a code of records/reasons.yaml, name its word, raw the text as it came.
QUARANTINE = pa.schema(
    [
        pa.field("import_id", pa.int64(), nullable=False),
        pa.field("file", pa.string(), nullable=False),
        pa.field("line", pa.int64(), nullable=False),
        pa.field("reason", pa.int8(), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("zh", pa.string(), nullable=False),
        pa.field("en", pa.string(), nullable=False),
        pa.field("detail", pa.string(), nullable=False),
        pa.field("raw", pa.string(), nullable=False),
        pa.field("seen", UTC_US, nullable=False),
    ]
)
