"""Where the reference edge is not installed, the demo's calls go through a small switch, and end just the same."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from fanzha.cli.telephony import site
from fanzha.cli.telephony.story import place_calls


def test_without_the_edge_a_small_switch_asks_refuses_and_cuts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site.shutil, "which", lambda _: None)
    alert = SimpleNamespace(
        id="a1", entity=SimpleNamespace(kind="number", value="+8613812345678"),
        rules=[SimpleNamespace(id="mass_dialling.strangers", version=2)],
        title=SimpleNamespace(zh="群呼", en="mass dialling"),
    )  # fmt: skip
    placed, edge = place_calls(tmp_path, [alert])
    assert not edge
    ordinary, refused, emergency, cut = placed
    assert ordinary.outcome.endswith("200 OK")
    assert "603" in refused.outcome
    assert emergency.callee == "110"
    assert emergency.outcome.endswith("200 OK")
    assert "callback-" in cut.why
    assert (tmp_path / "calls" / "tickets.jsonl").read_text(encoding="utf-8").count("\n") == 1
