from __future__ import annotations

import json
from pathlib import Path


def test_status_tells_networks_tables_and_imports(home: Path, fanzha) -> None:
    found = json.loads(fanzha(home, "lake", "status", "--json").stdout)
    assert found["networks"][0]["calls"] > 5_000
    assert found["references"]["subscribers"] == 1500
    assert len(found["imports"]) == 5
    text = fanzha(home, "lake", "status").stdout
    assert "subscribers 1,500" in text


def test_an_empty_lake(run) -> None:
    assert json.loads(run("lake", "status", "--json").stdout)["networks"] == []
    assert "还没有话单" in run("lake", "status", lang="zh").stdout
