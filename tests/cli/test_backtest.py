from __future__ import annotations

import json
from pathlib import Path

RULE = "mass_dialling.strangers"


def test_a_draft_is_shown_beside_today_and_written_for_others(
    home: Path, province: Path, tmp_path: Path, fanzha
) -> None:
    draft = tmp_path / "draft.yaml"
    draft.write_text(
        "scheme: mass_dialling\n"
        "defaults: {legal: art. 11, source: a thought, as_of: 2026-11-22, owner: me, exemptions: []}\n"
        "rules:\n"
        f"  - {{id: {RULE}, version: 2, family: volume, title: {{zh: 一试, en: a try}}, why: a try, on: out,\n"
        "     when: out_1h > 20 and out_answered_1h < 20, score: 62, minimum: 10, measure: limit}\n",
        encoding="utf-8",
    )
    files = ["--out", tmp_path / "a.json", "--out", tmp_path / "a.pdf"]
    asked = ["--days", 2, "--truth", province, "--sweep", "out_1h", "--points", "5:50:4", *files]
    done = fanzha(home, "backtest", draft, *asked)
    assert done.returncode == 0, done.stderr
    for words in ("draft v2", "live v1", "precision at 1 in 1,000", "appeals expected", "Sweep: out_1h > 20"):
        assert words in done.stdout
    assert "****" in done.stdout  # numbers are masked
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
    report = json.loads((tmp_path / "a.json").read_bytes())
    assert [point["threshold"] for point in report["curve"]["points"]] == [5, 20, 35, 50]
    assert report["tried"]["caught"][0]["source"] == "planted"
    again = fanzha(home, "backtest", draft, *asked[:8], "--json")
    assert again.stdout.encode() == (tmp_path / "a.json").read_bytes() + b"\n"


def test_what_police_said_by_hand_counts_as_caught(home: Path, alerts: Path, tmp_path: Path, fanzha) -> None:
    value = json.loads(alerts.read_text(encoding="utf-8").splitlines()[0])["entity"]["value"]
    line = {"kind": "number", "value": value, "at": "2026-03-30T08:00:00+08:00", "fraud": True, "source": "police"}
    (tmp_path / "known.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    done = fanzha(home, "backtest", RULE, "--outcomes", tmp_path / "known.jsonl", "--json")
    assert done.returncode == 0, done.stderr
    tried = json.loads(done.stdout)["tried"]
    assert tried["caught"] == [{"source": "police", "known": 1, "caught": tried["fraud"]}]
    assert tried["unknown"] == tried["hit"] - tried["fraud"] > 0
    assert json.loads(done.stdout)["today"] is None  # the live version is what was tried


def test_a_quick_answer_comes_from_a_sample_and_says_its_error(home: Path, fanzha) -> None:
    done = fanzha(home, "backtest", RULE, "--quick", "--sweep", "contacts_24h", "--points", "10,20,40", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    hits = [point["hit"] for point in answer["points"]]
    assert hits == sorted(hits, reverse=True)
    assert all(point["low"] <= point["hit"] <= point["high"] for point in answer["points"])
    assert (home / "samples" / "default-number" / "made.json").is_file()


def test_what_cannot_be_is_told(home: Path, tmp_path: Path, fanzha) -> None:
    (tmp_path / "broken.yaml").write_text("scheme: mass_dialling\nrules: 3\n", encoding="utf-8")
    for arguments, code in (
        ([tmp_path / "broken.yaml"], 4),
        ([RULE, "--sweep", "talk_in_7d"], 2),
        ([RULE, "--sweep", "0", "--points", "nan,1"], 2),
        ([RULE, "--from", "2030-01-01", "--to", "2030-01-02"], 2),
        ([RULE, "--out", tmp_path / "x.docx"], 2),
        ([RULE, "--outcomes", tmp_path / "none.jsonl"], 3),
    ):
        done = fanzha(home, "backtest", *arguments)
        assert done.returncode == code, (arguments, done.stderr)
        assert "Traceback" not in done.stderr
