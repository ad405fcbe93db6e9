from __future__ import annotations

import json
import sqlite3
from pathlib import Path


def test_parity_ends_with_9_where_nothing_explains_a_difference(run, tmp_path: Path) -> None:
    done = run("parity")
    assert done.returncode == 3
    assert "fanzha watch" in done.stderr
    drop = tmp_path / "in"
    drop.mkdir()
    rows = [f"95588,1381234567{n},2026-11-01 08:0{n}:00,international" for n in range(5)]
    (drop / "a.csv").write_text("\n".join(["caller,callee,started,ingress", *rows, ""]))
    assert run("watch", drop, "--once").returncode == 0
    done = run("parity", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["calls"], found["same"], found["differing"], found["unexplained"]) == (5, found["stories"], 0, 0)
    assert found["stories"] > 0
    assert "0 unexplained" in run("parity").stdout
    outbox = sqlite3.connect(tmp_path / "home" / "watch" / "default" / "outbox.sqlite")
    outbox.execute("update alerts set body = replace(body, 'international', 'local')")
    outbox.commit()
    outbox.close()
    done = run("parity", lang="zh")
    assert done.returncode == 9, done.stdout
    assert "无法解释 1" in done.stdout
    assert run("scan", "--master", "local[1]").returncode == 2
