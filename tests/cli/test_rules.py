from __future__ import annotations

import json
from pathlib import Path

OWN = """scheme: mass_dialling
defaults: {legal: ours, source: ours, as_of: 2026-01-01, owner: ours}
rules:
  - id: ours.one
    version: 1
    family: volume
    title: {zh: 试, en: test}
    why: a test
    when: no_such_field > 3
    score: 50
    measure: none
"""


def test_the_shipped_rules_and_vocabulary_are_right(run) -> None:
    done = run("rules", "check", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["ok"] is True


def test_a_wrong_rule_is_named_by_file_and_line(run, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(OWN)
    done = run("rules", "check", "--dir", tmp_path)
    assert done.returncode == 4
    assert "own.yaml:9" in done.stderr
    assert "no_such_field" in done.stderr
    assert "Traceback" not in done.stderr
    assert run("scan", "--dir", tmp_path).returncode == 4


def test_rules_in_the_home_join_the_pack(run, tmp_path: Path) -> None:
    (tmp_path / "home" / "rules").mkdir(parents=True)
    (tmp_path / "home" / "rules" / "own.yaml").write_text(OWN.replace("no_such_field", "out_1h"))
    assert json.loads(run("rules", "show", "ours.one", "--json").stdout)["when"] == "out_1h > 3"


def test_list_and_show(run) -> None:
    rules = json.loads(run("rules", "list", "--json").stdout)
    assert len(rules) > 30
    shown = json.loads(run("rules", "show", rules[0]["id"], "--json").stdout)
    assert shown == rules[0]
    assert all(shown[key] for key in ("id", "version", "legal", "source", "as_of", "owner", "when"))
    assert run("rules", "show", "no.such").returncode == 4
    assert rules[0]["id"] in run("rules", "list").stdout
