"""Decides what the drawings of a subject get: its calls in time, its days, and whom and what it is joined to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _

from fanzha.desk.alerts.words import words
from fanzha.desk.entities.choices import By
from fanzha.desk.entities.lake import Portrait
from fanzha.desk.masking.subject import Subject
from fanzha.desk.pages.templatetags.desk import short_day

if TYPE_CHECKING:
    from fanzha.desk.entities.linking import Web
    from fanzha.desk.entities.peers import Comparison

Shown = Callable[[Subject], str]
NODES = 16  # of each kind; more is a thicket


def timeline(portrait: Portrait) -> dict[str, Any]:
    """Dots of [epoch ms, talked seconds], by direction and whether answered; evidence on its own."""
    kinds: dict[str, list[list[float]]] = {"out": [], "missed": [], "in": [], "evidence": []}
    for at, outgoing, talk, evidence in portrait.dots:
        name = "evidence" if evidence else ("in" if not outgoing else ("missed" if talk < 0 else "out"))
        kinds[name].append([at, max(talk, 0)])
    names = {"out": _("呼出接通"), "missed": _("呼出未接"), "in": _("呼入"), "evidence": _("证据话单")}
    return {
        "axis": _("通话秒"),
        "series": [{"id": name, "name": names[name], "dots": dots} for name, dots in kinds.items() if dots],
    }


def days(portrait: Portrait) -> dict[str, Any]:
    """Bars by day."""
    rows = portrait.found.days[-31:]
    return {
        "days": [short_day(date.fromisoformat(row.day)) for row in rows],
        "series": [
            {"id": "out", "name": _("呼出"), "values": [row.outgoing for row in rows]},
            {"id": "in", "name": _("呼入"), "values": [row.incoming for row in rows]},
            {"id": "contacts", "name": _("联系人"), "values": [row.contacts for row in rows]},
        ],
    }


def graph(portrait: Portrait, subject: Subject, shown: Shown) -> dict[str, Any]:
    """Nodes and edges one step out; each node opens its own page."""
    nodes, edges = [_node(subject, shown, 0, centre=True)], []
    for kind, company in _companies(portrait):
        for each in company[:NODES]:
            other = Subject(kind, each.name, subject.network, subject.region)
            nodes.append(_node(other, shown, each.calls))
            edges.append({"from": subject.token, "to": other.token, "calls": each.calls, "out": each.outgoing})
    return {"nodes": nodes, "edges": edges}


def places(portrait: Portrait, subject: Subject) -> dict[str, Any] | None:
    """Where the subject's cells are: the map's file and, by cell, its district and calls; None where nobody knows."""
    calls = {each.name: each.calls for each in portrait.found.cells} or {subject.value: portrait.total}
    known = [(name, row) for name, row in portrait.places.items() if row["region"]]
    by = Counter(str(row["region"])[:2] for _name, row in known)
    province = by.most_common(1)[0][0] if by else ""
    if province not in _maps():
        return None
    cells = [
        {
            "label": row["place"] or name,
            "region": str(row["region"]),
            "calls": calls.get(name, 0),
            "open": reverse("entities:page", args=[Subject("cell", name, subject.network, subject.region).token]),
        }
        for name, row in known
        if str(row["region"]).startswith(province)
    ]
    return {"map": static(f"entities/maps/{province}.json"), "cells": cells, "calls": _("次通话")}


@cache
def _maps() -> frozenset[str]:
    """Provinces that there is a map of."""
    return frozenset(path.stem for path in (Path(__file__).parent / "static/entities/maps").glob("*.json"))


def links(web: Web, subject: Subject, shown: Shown) -> dict[str, Any]:
    """Nodes and edges two steps out; nodes with an alert in its band's colour."""
    nodes = [
        {
            **_node(_subject(web, key, subject), shown, 0, centre=key == web.centre),
            "step": step,
            "score": round(web.scores.get(key, 0)),
            "colour": words().grade_at(web.scores[key]).colour if key in web.scores else "",
        }
        for key, step in web.steps.items()
    ]
    ids = dict(zip(web.steps, (node["id"] for node in nodes), strict=True))
    edges = [
        {"from": ids[tie.here], "to": ids[tie.there], "by": tie.by.value, "calls": tie.calls, "name": str(tie.by.label)}
        for tie in web.ties
    ]
    return {"nodes": nodes, "edges": edges}


def linked(web: Web, subject: Subject) -> list[dict[str, Any]]:
    """The same as rows: the nearest and the highest alerts first, each with all that joins it."""
    order = list(By)
    found = []
    for key, step in web.steps.items():
        ties = sorted((tie for tie in web.ties if key in (tie.here, tie.there)), key=lambda tie: order.index(tie.by))
        inward = [tie for tie in ties if tie.there == key]
        if step:
            found.append(
                {
                    "subject": _subject(web, key, subject),
                    "step": step,
                    "ways": list(dict.fromkeys(tie.by.label for tie in ties)),
                    "via": None if step == 1 else _subject(web, inward[0].here, subject),
                    "calls": sum(tie.calls for tie in inward),
                    "score": web.scores.get(key),
                }
            )
    return sorted(found, key=lambda row: (-(row["score"] or 0), row["step"], -row["calls"]))


def beside(comparison: Comparison) -> dict[str, Any]:
    """A number's days beside its peers' median and ninetieth percentile."""
    own = {day.day: day.outgoing for day in comparison.days}
    names = sorted({*own, *comparison.baseline.days})[-31:]
    peers = [comparison.baseline.days.get(name, (0.0, 0.0)) for name in names]
    return {
        "days": [short_day(date.fromisoformat(name)) for name in names],
        "series": [
            {"id": "out", "name": _("本号呼出"), "values": [own.get(name, 0) for name in names]},
            {"id": "median", "name": _("同类中位"), "values": [middle for middle, _high in peers]},
            {"id": "p90", "name": _("同类第 90 百分位"), "values": [high for _middle, high in peers]},
        ],
    }


def _subject(web: Web, key: tuple[str, int], near: Subject) -> Subject:
    return Subject(key[0], web.names[key], near.network, near.region)


def _companies(portrait: Portrait) -> list[tuple[str, list[Any]]]:
    found = portrait.found
    device = found.subject.kind.name == "DEVICE"
    return [
        ("number", found.contacts),
        *([] if device else [("device", found.devices)]),
        ("cell", found.cells),
    ]


def _node(subject: Subject, shown: Shown, calls: int, *, centre: bool = False) -> dict[str, Any]:
    return {
        "id": subject.token,
        "label": shown(subject),
        "kind": subject.kind,
        "calls": calls,
        "centre": centre,
        "open": reverse("entities:page", args=[subject.token]),
    }
