"""One Kamailio for a whole module; its counters must add up after every test."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fanzha.gateway.edge.rules import Local, Rules, compile_rules
from fanzha.policy.policy import Policy

sys.path.insert(0, str(Path(__file__).parent))  # sip_peers.py, kamailio_edge.py

from kamailio_edge import DAY, TRUNKS, Edge, needs_kamailio  # noqa: E402


@pytest.fixture(scope="session")
def policy() -> Policy:
    return Policy(version=7, compiled_at=1, trunks=TRUNKS)


@pytest.fixture(scope="session")
def rules(policy: Policy) -> Rules:
    return compile_rules(policy, Local({"branch offices": 3}), DAY)


@pytest.fixture(scope="module")
def _edge(request: pytest.FixtureRequest, rules: Rules) -> Iterator[Edge]:
    needs_kamailio()
    wanted: dict[str, Any] = getattr(request.module, "SETTINGS", {})
    with tempfile.TemporaryDirectory(prefix="fz", dir="/tmp") as folder:
        edge = Edge(Path(folder), rules, **wanted)
        try:
            edge.start()
            yield edge
        finally:
            edge.close()


@pytest.fixture
def edge(_edge: Edge) -> Iterator[Edge]:
    """The module's edge; its counters must add up after every test."""
    for engine in _edge.engines:
        engine.reset()
    _edge.core.final, _edge.core.ring_only = "200 OK", False
    yield _edge
    counted = _edge.counts()
    outcomes = ("emergency", "hard", "allowed", "labelled", "blocked", "unscreened", "cancelled")
    assert counted["calls"] == sum(counted[name] for name in outcomes), counted
