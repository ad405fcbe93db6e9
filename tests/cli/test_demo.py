from __future__ import annotations

import json
from pathlib import Path

SMALL = ("--subscribers", 1500, "--days", 2, "--gangs", 6)


def test_without_a_terminal_it_ends_by_itself_and_can_be_repeated(run, tmp_path: Path) -> None:
    for _ in range(2):
        done = run("demo", *SMALL, "--no-calls", "--no-desk")
        assert done.returncode == 0, done.stderr
        assert "Found versus planted" in done.stdout
        assert "Honest people flagged" in done.stdout
        assert str(tmp_path / "home" / "demo" / "report.html") in done.stdout
    assert (tmp_path / "home" / "demo" / "report.html").stat().st_size > 50_000
    assert not (tmp_path / "home" / "lake").exists()  # it has a lake of its own


def test_as_json(run) -> None:
    done = run("demo", *SMALL, "--json", lang="zh")
    found = json.loads(done.stdout)
    total = found["import"]["total"]
    assert total["rows"] == total["stored"] + total["quarantined"] + total["duplicates"]
    assert found["scan"]["alerts"] > 0
    assert {group["scheme"] for group in found["planted"]["groups"]}
    assert found["desk"]["alerts"] > 0  # everything was started, the leader signed in, alerts arrived, all was ended
    assert Path(found["page"]).is_file()
    heard = [call["outcome"] for call in found["calls"]]
    assert heard == ["接通 200 OK", "拦截 603 Decline", "接通 200 OK", "两侧均已断开"]
    refused, emergency = found["calls"][1:3]
    assert refused["caller"] == emergency["caller"]  # 16: an emergency call from a stopped number passes
    assert emergency["callee"] == "110"
    assert "judged to be a fraud number" in refused["why"]
