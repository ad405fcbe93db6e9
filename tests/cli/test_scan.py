from __future__ import annotations

import json
from pathlib import Path

KEYS = {"entity", "scheme", "score", "band", "first_seen", "last_seen", "rule", "model", "evidence", "records"}


def read(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_each_line_has_what_scripts_rely_on(alerts: Path) -> None:
    found = read(alerts)
    assert found
    for alert in found:
        assert alert.keys() >= KEYS
        assert alert["entity"].keys() >= {"kind", "value"}
        assert alert["rule"]["id"]
        assert alert["rule"]["version"] >= 1
        assert alert["records"]
        assert alert["evidence"]
        assert 60 <= alert["score"] <= 100


def test_alerts_come_by_falling_score(alerts: Path) -> None:
    scores = [alert["score"] for alert in read(alerts)]
    assert scores == sorted(scores, reverse=True)


def test_the_same_lake_gives_the_same_bytes(home: Path, alerts: Path, tmp_path: Path, fanzha) -> None:
    fanzha(home, "scan", "--out", tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_bytes() == alerts.read_bytes()


def test_only_one_scheme_and_a_stretch_of_time(home: Path, fanzha) -> None:
    only = json.loads(fanzha(home, "scan", "--only", "sim_box", "--json").stdout)["alerts"]
    assert {alert["scheme"] for alert in only} == {"sim_box"}
    later = json.loads(fanzha(home, "scan", "--from", "2026-03-03", "--to", "2026-03-03", "--json").stdout)["alerts"]
    assert later
    assert min(alert["last_seen"] for alert in later) >= "2026-03-02T16:00:00Z"  # midnight in Shanghai


def test_what_cannot_be_is_told(home: Path, tmp_path: Path, fanzha) -> None:
    for arguments in (
        ["--only", "no_such"],
        ["--out", tmp_path / "x.docx"],
        ["--out", tmp_path / "nowhere" / "x.jsonl"],
        ["--network", "mars"],
        ["--from", "2026-03-03", "--to", "2026-03-01"],
    ):
        done = fanzha(home, "scan", *arguments)
        assert done.returncode == 2, arguments
        assert "Traceback" not in done.stderr


def test_an_empty_lake_says_so(run) -> None:
    done = run("scan")
    assert done.returncode == 0
    assert "empty" in done.stdout


def test_what_could_not_be_known_is_said(run, province: Path) -> None:
    run("import", sorted((province / "calls").iterdir())[0])
    done = run("scan")
    assert "not known" in done.stdout
    assert "subscribers" in done.stdout
    assert "stop proposed" in done.stdout
    chinese = run("scan", lang="zh").stdout
    assert "用户资料" in chinese
    assert "停机提请" in chinese


def test_rules_of_ones_own_join_in(home: Path, tmp_path: Path, fanzha) -> None:
    (tmp_path / "own.yaml").write_text(
        "scheme: mass_dialling\n"
        "defaults: {legal: ours, source: ours, as_of: 2026-01-01, owner: ours}\n"
        "rules:\n"
        "  - {id: ours.any, version: 3, family: volume, title: {zh: 任何呼出, en: any call}, why: a test,\n"
        "     on: out, when: out_7d >= 4, score: 61, measure: none}\n"
    )
    found = json.loads(fanzha(home, "scan", "--dir", tmp_path, "--json").stdout)["alerts"]
    assert any(rule["id"] == "ours.any" and rule["version"] == 3 for alert in found for rule in alert["rules"])
