"""Decides how long records are kept; the value and its source are YAML."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from fanzha.vocabulary.loader import decode, read


class Retention(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The values of `retention.yaml`, which says what they mean."""

    source: str
    as_of: date
    days: Annotated[int, Meta(ge=1)]


@cache
def retention() -> Retention:
    """The one that ships with Fanzha."""
    return decode(read(Path(__file__).with_name("retention.yaml")), Retention)
