"""docs/edge.md names every counter that the edge keeps, and every setting has its line in the example."""

from __future__ import annotations

import re
from pathlib import Path

from kamailio_edge import CONFIG

from fanzha.gateway.edge.settings import Settings, read_settings

DOCS = Path(__file__).parents[3] / "docs" / "edge.md"


def test_every_counter_is_told() -> None:
    page = DOCS.read_text(encoding="utf-8")
    counters = re.findall(r'"variable", "(\w+)"', CONFIG.read_text(encoding="utf-8"))
    ranges = {f"hard_R{n}" for n in range(1, 9)}  # told as hard_R1 ... hard_R8
    assert [name for name in counters if f"`{name}`" not in page and name not in ranges] == []


def test_the_example_is_read_and_names_every_setting() -> None:
    path = CONFIG.with_name("edge.yaml")
    listen = ("udp:127.0.0.1:5060", "tcp:127.0.0.1:5060")
    assert read_settings(path) == Settings(listen=listen, next_hops=("sip:127.0.0.1:5090",))
    assert [name for name in Settings.__struct_fields__ if f"\n{name}:" not in path.read_text(encoding="utf-8")] == []


def test_only_defined_counters_are_counted() -> None:
    """Kamailio refuses to start for one that is not defined, but only when it is really started."""
    text = CONFIG.read_text(encoding="utf-8")
    used = set(re.findall(r'update_stat\("(\w+)"', text))
    assert used <= set(re.findall(r'"variable", "(\w+)"', text))
