from __future__ import annotations

import json
from datetime import UTC, datetime
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


def test_what_is_past_its_time_is_told_first_and_deleted_when_asked(run, tmp_path: Path) -> None:
    calls = tmp_path / "calls.csv"
    old, young = "2021-03-01 08:00:00", datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    calls.write_text(f"caller,callee,started\n13800138000,10086,{old}\n13800138000,10086,{young}\nx,,\n")
    run("import", str(calls))
    told = json.loads(run("lake", "expire", "--json").stdout)
    assert (told["calls"], told["deleted"]) == (1, False)
    assert json.loads(run("lake", "status", "--json").stdout)["networks"][0]["calls"] == 2
    assert "1 calls" in run("lake", "expire", "--yes", lang="en").stdout
    assert json.loads(run("lake", "status", "--json").stdout)["networks"][0]["calls"] == 1
    assert json.loads(run("lake", "expire", "--yes", "--json").stdout)["calls"] == 0
    assert run("lake", "expire", "--days", "0").returncode == 2
