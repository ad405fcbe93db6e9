from __future__ import annotations

import json
from pathlib import Path

LINE = '{"kind": "number", "value": "%s", "at": "2026-03-03T08:00:00+08:00", "fraud": %s, "source": "police"}\n'


def test_what_cannot_be_done_yet_is_said_with_the_way_out(fanzha, home: Path, tmp_path: Path) -> None:
    for command, code, said in (
        (["propose"], 3, "outcomes"),
        (["propose", "--network", "nowhere"], 2, "no such network"),
        (["release", "1", "--by", "li", "--approved-by", "li", "--why", "x"], 8, "two different people"),
        (["release", "1", "--by", "li", "--approved-by", "wang", "--why", "x"], 6, "no such model"),
        (["back", "--by", "li", "--why", "x"], 8, "no model is released"),
        (["drift"], 6, "no model is released"),
        (["show", "3"], 6, "no version 3"),
    ):
        done = fanzha(home, "learn", *command)
        assert done.returncode == code, (command, done.stderr)
        assert said in done.stderr
        assert "->" in done.stderr
    listed = fanzha(home, "learn", "list", "--json")
    assert json.loads(listed.stdout) == []


def test_bad_and_few_outcomes_are_refused_by_line_and_number(fanzha, home: Path, tmp_path: Path) -> None:
    path = tmp_path / "o.jsonl"
    path.write_text(LINE % ("13800138000", "true") + LINE % ("withheld", "true"))
    done = fanzha(home, "learn", "propose", path)
    assert done.returncode == 3
    assert f"{path}:2" in done.stderr
    path.write_text(LINE % ("13800138000", "true"))
    done = fanzha(home, "learn", "propose", path)
    assert done.returncode == 3
    assert "are needed" in done.stderr
