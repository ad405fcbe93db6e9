"""Decides how a profile is laid out: counters of several windows as a table, all else as single figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language

from fanzha.desk.pages.templatetags.desk import figure
from fanzha.profiles.fields import COUNTERS, Field

if TYPE_CHECKING:
    from fanzha.desk.entities.peers import Standing

_HIGH = 0.95  # of the peers below: worth a colour
WINDOWS = {"5m": 0, "1h": 0, "24h": 1, "7d": 7, "30d": 30}  # days that must have been read
_WORDS = {counter: (zh, en) for counter, zh, en, _unit in COUNTERS}


def windows(days: int | None) -> list[str]:
    """Those that so many days of calls are enough for; None for all calls."""
    return [name for name, needed in WINDOWS.items() if days is None or needed <= days]


def laid_out(
    profile: Sequence[tuple[Field, float | None]], shown: Sequence[str]
) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    """(rows of {label, cells by the windows shown}, pairs of (label, figure))."""
    rows: dict[str, list[str]] = {}
    singles = []
    for field, value in profile:
        stem, _line, window = field.name.rpartition("_")
        if window in WINDOWS and stem in _WORDS:
            if window in shown:
                rows.setdefault(stem, [""] * len(shown))[shown.index(window)] = figure(value)
        elif field.name != "number_kind":  # said in words at the top of the page
            singles.append((_one(field.zh, field.en), figure(value)))
    return [{"label": _one(*_WORDS[stem]), "cells": cells} for stem, cells in rows.items()], singles


def beside_peers(standings: Sequence[Standing]) -> list[dict[str, Any]]:
    """Rows of {label, value, median, p90, place}, the most unusual first. place: of a hundred peers, below it."""
    rows = sorted(standings, key=lambda each: -abs(each.share - 0.5))
    return [
        {
            "label": _one(*_WORDS[each.name.rpartition("_")[0]]),
            "value": figure(each.value),
            "median": figure(each.median),
            "p90": figure(each.p90),
            "place": round(100 * each.share),
            "high": each.share >= _HIGH,
        }
        for each in rows
        if each.name.rpartition("_")[0] in _WORDS
    ]


def _one(zh: str, en: str) -> str:
    return en if get_language() == "en" else zh
