from __future__ import annotations

import json
from pathlib import Path

import pytest

from fanzha.cli.watch import state_of, watched
from fanzha.errors import UsageError


def test_alerts_and_parity_are_of_the_one_network_that_is_watched(tmp_path: Path) -> None:
    assert watched(tmp_path, None) == "default"
    for network in ("cm-x", "cu-y"):
        state_of(tmp_path, network).mkdir(parents=True)
        (state_of(tmp_path, network) / "outbox.sqlite").touch()
        assert watched(tmp_path, network) == network
        if network == "cm-x":
            assert watched(tmp_path, None) == "cm-x"
    with pytest.raises(UsageError, match="several|多个"):
        watched(tmp_path, None)


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


def test_a_file_that_was_refused_is_tried_again_by_who_starts_anew_with_its_mapping(run, tmp_path: Path) -> None:
    """Forgotten --mapping: no row of the file may be lost for that, and the mapping's network holds its calls."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_text("A,B,T\n13800138000,13900139000,2026-11-10T08:00:00\n")
    mapping = tmp_path / "map.yaml"
    mapping.write_text("id: x\nkind: calls\nnetwork: cm-x\ncolumns: {caller: A, callee: B, started: T}\n")
    assert "passed over" in run("watch", folder, "--once").stderr
    assert "1 stored" in run("watch", folder, "--once", "--mapping", mapping).stderr
    assert run("explain", "13800138000", "--network", "cm-x").returncode == 0
    assert (tmp_path / "home" / "watch" / "cm-x").is_dir()
    wrong = run("watch", folder, "--once", "--mapping", tmp_path / "no.yaml")
    assert (wrong.returncode, "Traceback" in wrong.stderr) == (3, False)
