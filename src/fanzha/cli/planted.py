"""Decides how well alerts fit a synthetic province's truth: found by scheme and evasion, early or late, and who else.

A planted number counts as found when an alert stands on the number itself; a box of SIM cards when one of 70 or more
stands on its device or its cell. Warnings that a subscriber is under a wave are for its protection and accuse nobody:
they are told apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow.csv
import pyarrow.parquet as pq

from fanzha import numbering
from fanzha.cli.language import say
from fanzha.detection.alert import Alert
from fanzha.errors import InputError

BUSY = 50  # calls made by a number that every detector had its chance with (the issue's own measure)
BOX = 8  # SIM cards in one device
SIM_BOX = "sim_box"
PROTECTIVE = frozenset({"victim_wave"})
ORDINARY = "ordinary"


@dataclass
class Group:
    """Planted numbers of one scheme and level of evasion. `calls` are those made before each one's first alert."""

    scheme: str
    evasion: int
    planted: int = 0
    found_60: int = 0
    found_70: int = 0
    busy: int = 0
    busy_70: int = 0
    calls: list[int] = field(default_factory=list)

    @property
    def median_calls(self) -> float | None:
        """Half of those found had made fewer calls when the first alert came."""
        return float(median(self.calls)) if self.calls else None


@dataclass
class Honest:
    """People of one role and how many of them carry an alert in each band (by their highest)."""

    role: str
    people: int = 0
    bands: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Comparison:
    """Found beside planted."""

    groups: list[Group]
    boxes: int  # devices with at least BOX cards
    boxes_found: int
    honest: list[Honest]
    victims: int  # convinced subscribers
    victims_warned: int

    def as_plain(self) -> dict[str, Any]:
        """For JSON."""
        groups = []
        for group in self.groups:
            row = asdict(group)
            del row["calls"]
            groups.append({**row, "median_calls_before_alert": group.median_calls})
        return {
            "groups": groups,
            "sim_boxes": {"planted": self.boxes, "found": self.boxes_found},
            "honest": [asdict(row) for row in self.honest],
            "victims": {"convinced": self.victims, "warned": self.victims_warned},
            "median_calls_before_alert": self.median_calls,
        }

    @property
    def median_calls(self) -> float | None:
        """Over all planted numbers that were found."""
        calls = [number for group in self.groups for number in group.calls]
        return float(median(calls)) if calls else None


def found_versus_planted(alerts: Iterable[Alert], truth: Path) -> Comparison:
    """Compare alerts with the folder `truth` of a world. Raises InputError where it is none."""
    alerts = list(alerts)
    by_number: dict[str, list[Alert]] = defaultdict(list)
    for alert in alerts:
        if alert.entity.kind == "number":
            by_number[alert.entity.value].append(alert)
    groups: dict[tuple[str, int], Group] = {}
    honest: dict[str, Honest] = {}
    victims = warned = 0
    rows = _rows(truth, "numbers")
    masks = {row["shown"] for row in rows if row["fraud"]}
    for row in rows:
        own = by_number.get(row["shown"], [])
        accused = [alert for alert in own if alert.scheme not in PROTECTIVE]
        if row["fraud"]:
            if row["calls_made"]:
                _count_planted(groups, row, accused)
            continue
        if row["gang"] is not None or row["shown"] in masks:
            continue  # kept by a gang but never used, or an honest number that a gang shows as its own
        victims += row["convinced"]
        warned += row["convinced"] and len(own) > len(accused)
        _count_honest(honest, row["role"], accused)
    boxes, found = _boxes(truth, alerts)
    ordered = sorted(groups.values(), key=lambda group: (group.scheme, group.evasion))
    people = sorted(honest.values(), key=lambda row: (row.role == ORDINARY, -sum(row.bands.values()), row.role))
    return Comparison(ordered, boxes, found, people, victims, warned)


def _count_planted(groups: dict[tuple[str, int], Group], row: dict[str, Any], accused: list[Alert]) -> None:
    key = (row["scheme"], row["evasion"])
    group = groups.setdefault(key, Group(*key))
    score = max((alert.score for alert in accused), default=0.0)
    busy = row["calls_made"] >= BUSY
    group.planted += 1
    group.found_60 += score >= 60
    group.found_70 += score >= 70
    group.busy += busy
    group.busy_70 += busy and score >= 70
    if accused:
        first = min(accused, key=lambda alert: alert.first_seen)
        if first.calls_before_alert is not None:
            group.calls.append(first.calls_before_alert)
        elif first.rule is not None and first.rule.family == "cli":
            group.calls.append(1)  # a false caller number is judged on its first call


def _count_honest(honest: dict[str, Honest], role: str, accused: list[Alert]) -> None:
    people = honest.setdefault(role, Honest(role))
    people.people += 1
    if accused:
        band = max(accused, key=lambda alert: alert.score).band
        people.bands[band] = people.bands.get(band, 0) + 1


def _boxes(truth: Path, alerts: Iterable[Alert]) -> tuple[int, int]:
    found = {
        (alert.entity.kind, alert.entity.value) for alert in alerts if alert.scheme == SIM_BOX and alert.score >= 70
    }
    cells = {row["gang"] for row in _table(truth, "cells").to_pylist() if ("cell", row["cell"]) in found}
    boxes = [
        ("device", row["imei"]) in found or row["gang"] in cells
        for row in _table(truth, "devices").to_pylist()
        if row["scheme"] == SIM_BOX and row["cards"] >= BOX
    ]
    return len(boxes), sum(boxes)


def _rows(truth: Path, name: str) -> list[dict[str, Any]]:
    table = _table(truth, name)
    keys = numbering.normalise(table.column("number")).number.tolist()
    rows: list[dict[str, Any]] = table.to_pylist()
    for row, key in zip(rows, keys, strict=True):
        row["shown"] = numbering.display(key, row["number"])
    return rows


def _table(truth: Path, name: str) -> pyarrow.Table:
    for path, read in ((truth / f"{name}.parquet", pq.read_table), (truth / f"{name}.csv", _csv)):
        if path.is_file():
            return read(path)
    raise InputError(
        say(f"没有 {name}：这不是合成省份的真相目录", f"no {name}: this is not the truth of a synthetic province"),
        where=str(truth),
        hint="fanzha world OUT",
    )


def _csv(path: Path) -> pyarrow.Table:
    texts = {"number": pyarrow.string(), "imei": pyarrow.string(), "cell": pyarrow.string()}
    return pyarrow.csv.read_csv(path, convert_options=pyarrow.csv.ConvertOptions(column_types=texts))
