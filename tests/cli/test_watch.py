from __future__ import annotations

import json
from pathlib import Path


def test_watching_ends_where_a_scan_by_hand_does(run, province: Path, alerts: Path) -> None:
    for kind in ("subscribers", "cells", "trunks"):
        run("import", province / f"{kind}.parquet", "--kind", kind)
    done = run("watch", province / "calls", "--once", "--json")
    assert done.returncode == 0, done.stderr
    said = [json.loads(line) for line in done.stdout.splitlines()]
    newest = [json.loads(line) for line in run("alerts", "--json").stdout.splitlines()]
    assert {alert["id"] for alert in said} == {alert["id"] for alert in newest}
    scanned = [json.loads(line) for line in alerts.read_text(encoding="utf-8").splitlines()]
    found = {(alert["entity"]["value"], alert["scheme"]) for alert in newest}
    asked = {(alert["entity"]["value"], alert["scheme"]) for alert in scanned}
    # Live judges by arrival, the scan by call time: a few late records may differ.
    assert len(found & asked) >= 0.98 * len(found | asked)
    cursors = [json.loads(line)["cursor"] for line in run("alerts", "--after", 0, "--json").stdout.splitlines()]
    assert cursors == sorted(cursors)
    assert run("alerts", "--after", cursors[-1], "--json").stdout == ""
    assert "SIM box" in run("alerts").stdout


def test_a_bad_file_is_told_and_passed_over(run, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_text("a,b\n1,2\n")
    done = run("watch", folder, "--once")
    assert done.returncode == 0
    assert "a.csv" in done.stderr
    assert "Traceback" not in done.stderr
    assert run("watch", tmp_path / "nowhere").returncode == 3
