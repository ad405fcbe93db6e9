from __future__ import annotations

import json
import re
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


def test_list_and_scan_say_in_which_stage_a_rule_runs(fanzha, home: Path, tmp_path: Path) -> None:
    """What the desk released: one version in shadow, one on a tenth of the numbers; the rest acts on all."""
    own = OWN.replace("no_such_field > 3", "out_1h >= 1")
    versions = [
        {"rule": "ours.one", "version": 1, "stage": "shadow", "text": own},
        {"rule": "ours.two", "version": 1, "stage": "share", "permille": 100, "text": own.replace(".one", ".two")},
    ]
    release = {"number": 3, "network": "default", "made_at": "", "versions": versions, "format": "fanzha-release/1"}
    (tmp_path / "released").mkdir()
    (tmp_path / "released" / "default.json").write_text(json.dumps(release))
    done = fanzha(home, "rules", "list", "--json", "--dir", tmp_path)
    rules = {rule["id"]: rule for rule in json.loads(done.stdout)}
    assert (rules["ours.one"]["stage"], rules["ours.one"]["share"]) == ("shadow", [0, 1000])
    assert (rules["ours.two"]["stage"], rules["ours.two"]["share"]) == ("share", [0, 100])
    assert "shadow: recorded only" in fanzha(home, "rules", "list", "--dir", tmp_path).stdout
    assert "ours.one" not in fanzha(home, "rules", "list", "--network", "other", "--dir", tmp_path).stdout
    done = fanzha(home, "scan", "--dir", tmp_path, lang="zh")
    assert re.search(r"ours\.one@1 +影子：只记录，会命中 [1-9]", done.stdout), done.stdout
    assert "按份额：10 % 的号码" in done.stdout
    assert "mass_dialling.flood" not in done.stdout.split("ours.one")[1]  # of what acts on all nothing is said
