"""Decides what the drawings of a subject get: its calls in time, its days, and whom and what it is joined to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from fanzha.desk.entities.lake import Portrait
from fanzha.desk.masking.subject import Subject

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
        "days": [row.day[5:] for row in rows],
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
