"""Decides how a profile is laid out: counters of several windows as a table, all else as single figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import get_language

from fanzha.desk.pages.templatetags.desk import figure
from fanzha.profiles.fields import COUNTERS, Field

WINDOWS = ("5m", "1h", "24h", "7d", "30d")
_WORDS = {counter: (zh, en) for counter, zh, en, _unit in COUNTERS}


def laid_out(profile: Sequence[tuple[Field, float | None]]) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    """(rows of {label, cells by window}, pairs of (label, figure))."""
    rows: dict[str, list[str]] = {}
    singles = []
    for field, value in profile:
        stem, _line, window = field.name.rpartition("_")
        if window in WINDOWS and stem in _WORDS:
            rows.setdefault(stem, [""] * len(WINDOWS))[WINDOWS.index(window)] = figure(value)
        elif field.name != "number_kind":  # said in words at the top of the page
            singles.append((_one(field.zh, field.en), figure(value)))
    return [{"label": _one(*_WORDS[stem]), "cells": cells} for stem, cells in rows.items()], singles


def _one(zh: str, en: str) -> str:
    return en if get_language() == "en" else zh
