"""Decides how one alert is packed for the page: short arrays, with names, rules and words kept once for all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from fanzha import numbering
from fanzha.cli.moments import zone
from fanzha.cli.page import svg
from fanzha.detection.alert import Alert, ModelRef, RuleRef
from fanzha.detection.pack import Pack
from fanzha.records.contract import Ingress

_DOORS: dict[Ingress, tuple[str, str]] = {
    Ingress.UNKNOWN: ("", ""),
    Ingress.LOCAL: ("本网", "local"),
    Ingress.INTERNETWORK: ("网间", "internetwork"),
    Ingress.INTERPROVINCIAL: ("省际", "interprovincial"),
    Ingress.INTERNATIONAL: ("国际", "international"),
    Ingress.TRUNK: ("专线", "trunk"),
}


class Names:
    """Numbers, devices, cells and rules by their place in one list each."""

    def __init__(self) -> None:
        self._names: dict[str, int] = {}
        self._rules: dict[tuple[str, int], int] = {}
        self._told: list[dict[str, Any]] = []

    def of(self, text: str | None) -> int:
        """The place of a name; -1 for none."""
        return -1 if text is None else self._names.setdefault(text, len(self._names))

    def number(self, key: int | None, raw: str | None) -> int:
        """The place of a number as people read it."""
        return self.of(None if key is None else numbering.display(key, raw))

    def rule(self, rule: RuleRef, pack: Pack) -> int:
        """The place of a rule of one version."""
        key = (rule.id, rule.version)
        if key not in self._rules:
            family = pack.words.families.get(rule.family)
            words = [family.zh, family.en] if family else [rule.family, rule.family]
            title = [rule.title.zh, rule.title.en]
            self._rules[key] = len(self._told)
            self._told.append(
                {"id": rule.id, "version": rule.version, "score": rule.score, "family": words, "title": title}
            )
        return self._rules[key]

    def table(self) -> list[list[str]]:
        """[full, masked] by place."""
        return [[name, numbering.mask(name)] for name in self._names]

    def rules(self) -> list[dict[str, Any]]:
        """What the page says of each rule."""
        return self._told

    def doors(self) -> list[list[str]]:
        """Words for the door a call came by, by its code."""
        return [list(_DOORS[door]) for door in Ingress]


def story(alert: Alert, records: Mapping[int, dict[str, Any]], pack: Pack, names: Names) -> dict[str, Any]:
    """One alert as page.js unpacks it; `records` are rows of the lake by id."""
    rows = sorted((records[each] for each in alert.records if each in records), key=lambda row: row["started"])
    rules = {rule.id: names.rule(rule, pack) for rule in alert.rules}
    measure = pack.words.measures[alert.measure]
    but = alert.counterfactual
    packed = [_record(row, names) for row in rows]
    entity = names.of(alert.entity.value)
    return {
        "id": alert.id,
        "entity": entity,
        "rules": list(rules.values()),
        "evidence": [
            [rules[item.rule], item.value, item.threshold, item.op, item.state, item.zh, item.en]
            for item in alert.evidence
            if item.rule in rules
        ],
        "but": [but.zh, but.en] if but else ["未知", "not known"],
        "measure": [measure.zh, measure.en],
        "legal": [[words.zh, words.en] for words in alert.legal],
        "first": seconds(datetime.fromisoformat(alert.first_seen)),
        "last": seconds(datetime.fromisoformat(alert.last_seen)),
        "calls": alert.calls_before_alert,
        "unknown": [[words.zh, words.en] for words in alert.unknown],
        "model": _model(alert.model) if alert.model else None,
        "previous": alert.previous,
        "details": {name: str(value) for name, value in alert.details.items() if value is not None},
        "records": packed,
        "strip": _strip(packed, entity) if len(packed) > 1 else "",
    }


SAYS = {"fraud": ("诈骗", "fraud"), "honest": ("诚实", "honest"), "unsure": ("弃权", "abstains")}


def _model(model: ModelRef) -> list[Any]:
    """[what it says, chance of fraud or null, points, version, sentences]: one family of evidence, or none."""
    sentences = [list(each) for each in zip(model.zh, model.en, strict=True)]
    return [list(SAYS[model.says]), model.probability, model.points, f"{model.name}@{model.version}", sentences]


def seconds(moment: datetime) -> int:
    """Seconds since 1970 of the local wall clock: the page shows them as they are, wherever it is opened."""
    shift = moment.astimezone(zone()).utcoffset() or timedelta()
    return int((moment.astimezone(UTC) + shift).timestamp())


def _record(row: Mapping[str, Any], names: Names) -> list[Any]:
    """[time, caller, called, ring s, talk s or -1, door, cell, device]."""
    imei = row["caller_imei"]
    return [
        seconds(row["started"]),
        names.number(row["caller"], row["caller_raw"]),
        names.number(row["callee"], row["callee_raw"]),
        -1 if row["ring_ms"] is None else round(row["ring_ms"] / 1000, 1),
        -1 if row["answered"] is None else round((row["talk_ms"] or 0) / 1000, 1),
        row["ingress"],
        names.of(None if row["caller_cell"] is None else row.get("cell_name") or str(row["caller_cell"])),
        names.of(None if imei is None else f"{imei:015d}"),
    ]


def _strip(packed: list[list[Any]], entity: int) -> str:
    first, last = packed[0][0], packed[-1][0]
    length = max(last - first, 1)
    outgoing = [row[2] != entity for row in packed]
    return svg.strip([(row[0] - first) / length for row in packed], [row[4] >= 0 for row in packed], outgoing)
