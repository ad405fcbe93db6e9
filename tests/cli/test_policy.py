from __future__ import annotations

import json
from pathlib import Path

LISTS = """
source: "测试"
as_of: 2026-11-22
entries:
  - {number: "13812345678", action: block, reason: police, source: 案件7, expires: 2099-01-31, starts: 2099-01-01}
  - {prefix: "+8617091*", action: label, reason: fraud, source: s, expires: 2030-01-31, starts: 2026-01-01}
trunks:
  - {id: t1, owner: 某公司, peers: [10.0.0.1], permitted: "057188880000-057188889999"}
"""


def test_publish_ask_change_and_be_refused(run, tmp_path: Path) -> None:
    none = run("policy", "status")
    assert none.returncode == 7
    assert "there is no policy" in none.stderr
    (tmp_path / "lists.yaml").write_text(LISTS, encoding="utf-8")
    (tmp_path / "more.csv").write_text(
        "value,action,reason,source,expires\n13912345678,block,fraud,m2,2030-01-01\n", encoding="utf-8"
    )
    built = json.loads(run("policy", "build", tmp_path / "lists.yaml", tmp_path / "more.csv", "--json").stdout)
    assert (built["number"], built["taken"], built["entries"]) == (1, True, 3)

    more = ("--action", "block", "--reason", "police", "--source", "case 8", "--expires", "2030-12-31", "--json")
    assert json.loads(run("policy", "add", "13700001111", *more).stdout)["added"] == 1
    refused = run("policy", "add", "0571110", *more)
    assert refused.returncode == 7
    assert "emergency" in refused.stderr
    assert "Traceback" not in refused.stderr

    found = json.loads(run("policy", "check", "137 0000 1111", "--json").stdout)
    assert [(hit["action"], hit["source"]) for hit in found["hits"]] == [("block", "case 8")]
    assert found["version"] == 2
    shown = run("policy", "check", "137 0000 1111").stdout
    assert "137****1111" in shown
    assert found["hits"][0]["id"] in shown
    assert "13700001111" not in shown
    assert json.loads(run("policy", "check", "13812345678", "--json").stdout)["hits"] == []
    at = json.loads(run("policy", "check", "13812345678", "--at", "2099-01-05", "--json").stdout)
    assert len(at["hits"]) == 1
    assert json.loads(run("policy", "check", "110", "--json").stdout)["protected"] is True

    assert json.loads(run("policy", "remove", found["hits"][0]["id"], "--json").stdout)["removed"] == 1
    gone = run("policy", "remove", "no-such-id")
    assert gone.returncode == 7
    assert "no such entry" in gone.stderr

    status = json.loads(run("policy", "status", "--json").stdout)
    assert (status["version"], status["entries"], status["trunks"], status["refused"]) == (3, 3, 1, {"protected": 1})
    assert status["age_s"] < 300
    assert status["last_refusal"]["refusal"] == "protected"
    assert len(json.loads(run("policy", "show", "--json").stdout)) == 3
    assert "t1" in run("policy", "show", "--trunks").stdout


def test_a_wrong_list_publishes_nothing(run, tmp_path: Path) -> None:
    (tmp_path / "lists.yaml").write_text(LISTS.replace("action: block", "action: stop"), encoding="utf-8")
    done = run("policy", "build", tmp_path / "lists.yaml")
    assert done.returncode == 4
    assert "lists.yaml:5" in done.stderr
    (tmp_path / "wide.yaml").write_text(LISTS.replace("+8617091*", "+8613*").replace("label", "block"))
    done = run("policy", "build", tmp_path / "wide.yaml", lang="zh")
    assert done.returncode == 7
    assert run("policy", "build", tmp_path / "nowhere.csv").returncode == 3
    assert run("policy", "status").returncode == 7


def test_the_very_first_entry_needs_no_list_file(run) -> None:
    rest = ("--action", "block", "--reason", "police", "--source", "case 8", "--expires", "2030-12-31", "--json")
    assert json.loads(run("policy", "add", "13700001111", *rest).stdout)["number"] == 1
    assert json.loads(run("policy", "add", "13700002222", *rest).stdout)["entries"] == 2
