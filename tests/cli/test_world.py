from __future__ import annotations

import json
from pathlib import Path


def test_it_says_what_it_made(run, tmp_path: Path) -> None:
    done = run("world", tmp_path / "w", "--subscribers", 600, "--days", 1, "--gangs", 2, "--format", "csv", "--json")
    made = json.loads(done.stdout)
    assert made["subscribers"] == 600
    assert made["calls"] > 0
    assert (tmp_path / "w" / "truth" / "numbers.csv").is_file()


def test_what_cannot_be_made_is_told(run, tmp_path: Path) -> None:
    for arguments in (["--subscribers", 3], ["--days", 0], ["--evasion", 7]):
        done = run("world", tmp_path / "w", *arguments)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
    (tmp_path / "file").write_text("")
    assert run("world", tmp_path / "file").returncode == 2
