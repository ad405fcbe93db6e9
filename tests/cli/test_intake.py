"""Import by the real program, above all of what nobody should ever deliver (issue: Bad input)."""

from __future__ import annotations

import gzip
import json
import os
import resource
from pathlib import Path

import pytest

HEADER = "call_id,caller,callee,started,answered,ended,ring_ms,talk_ms\n"
GOOD = "{n},13800138000,1390013{n:04d},2026-03-02T08:{n:02d}:00Z,,2026-03-02T08:{n:02d}:20Z,20000,0\n"


def rows(count: int = 5) -> str:
    return HEADER + "".join(GOOD.format(n=n) for n in range(count))


def test_in_is_stored_and_quarantined_and_duplicates(run, tmp_path: Path) -> None:
    file = tmp_path / "calls.csv"
    file.write_text(rows() + "x,13800138000,13900139000,not a time,,,,\n")
    first = json.loads(run("import", file, "--json").stdout)["total"]
    again = json.loads(run("import", file, "--json").stdout)["total"]
    assert first == {"rows": 6, "stored": 5, "quarantined": 1, "duplicates": 0, "files": 1}
    assert again == {"rows": 6, "stored": 0, "quarantined": 1, "duplicates": 5, "files": 1}


def test_refused_rows_are_listed_with_line_reason_and_raw_text(run, tmp_path: Path) -> None:
    file = tmp_path / "calls.csv"
    file.write_text(rows() + "x,13800138000,13900139000,not a time,,,,\n")
    run("import", file)
    found = json.loads(run("quarantine", "list", "--json").stdout)
    assert found["rows"] == 1
    assert found["shown"][0]["line"] == 7
    assert "not a time" in found["shown"][0]["raw"]
    assert "not a time" in run("quarantine", "list").stdout


def test_the_same_province_again_adds_nothing(run, province: Path) -> None:
    first = json.loads(run("import", province / "calls", "--json").stdout)["total"]
    again = json.loads(run("import", province / "calls", "--json").stdout)["total"]
    assert first["stored"] == first["rows"] > 0
    assert (again["stored"], again["duplicates"]) == (0, first["rows"])


BAD: dict[str, bytes] = {
    "garbage": b"\x00\xff\xfe garbage \x01\n" * 50,
    "gb18030": (rows() + "9,张三的电话,13900139000,2026-03-02T08:00:00Z,,,,\n").encode("gb18030"),
    "future": (rows() + "9,13800138000,13900139000,2099-03-02T08:00:00Z,,,,\n").encode(),
    "negative": (rows() + "9,13800138000,13900139000,2026-03-02T08:00:00Z,,,-5,-9\n").encode(),
    "forty_digits": (rows() + f"9,{'1' * 40},13900139000,2026-03-02T08:00:00Z,,,,\n").encode(),
    "nul": (rows() + "9,138\x00138,13900139000,2026-03-02T08:00:00Z,,,,\n").encode(),
    "one_long_line": rows().encode() + b"9," + b"7" * 20_000_000,
    "missing_column": b"a,b,c\n1,2,3\n",
    "empty": b"",
    "truncated_gzip": gzip.compress(rows(50).encode())[:-30],
    "no_parquet": b"PAR1 is not enough",
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_told_and_never_a_traceback(run, tmp_path: Path, name: str) -> None:
    file = tmp_path / (
        f"{name}.csv.gz" if "gzip" in name else f"{name}.parquet" if "parquet" in name else f"{name}.csv"
    )
    file.write_bytes(BAD[name])
    done = run("import", file, "--json")
    assert done.returncode in (0, 3), done.stderr
    assert "Traceback" not in done.stderr
    assert "internal error" not in done.stderr
    found = json.loads(done.stdout)
    total = found["total"]
    assert total["rows"] == total["stored"] + total["quarantined"] + total["duplicates"]
    if done.returncode == 3:
        assert file.name in done.stderr
        assert found["files"][0]["refused"]
    if rows().encode() in BAD[name]:
        assert total["stored"] >= 5  # no good row is ever lost


def test_one_bad_file_does_not_stop_the_others(run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    (tmp_path / "b.csv").write_text(rows())
    done = run("import", tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "missing.csv", "--json")
    assert done.returncode == 3
    assert json.loads(done.stdout)["total"]["stored"] == 5
    assert "missing.csv" in done.stderr


def test_a_folder_without_files_and_a_mapping_that_is_none_are_told(run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert run("import", tmp_path / "empty").returncode == 3
    (tmp_path / "calls.csv").write_text(rows())
    (tmp_path / "map.yaml").write_text("id: [")
    wrong = run("import", tmp_path / "calls.csv", "--mapping", tmp_path / "map.yaml")
    assert wrong.returncode == 4
    assert "map.yaml:" in wrong.stderr
    assert run("import", tmp_path / "calls.csv", "--mapping", "no-such").returncode == 3


def test_a_full_disk_is_told_and_leaves_the_lake_as_it_was(run, province: Path) -> None:
    """A limit on the size of files stands for the disk: the system answers alike."""
    limit = 200_000
    full = run(
        "import", province / "calls", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    )
    assert full.returncode == 5
    assert "Traceback" not in full.stderr
    assert json.loads(run("lake", "status", "--json").stdout)["networks"] == []


def test_names_in_gbk_and_words_like_markup_are_names_and_words(run, tmp_path: Path) -> None:
    """A file is named as an old Windows names it, a caller as whoever wants to break a terminal does."""
    folder = tmp_path / "in"
    folder.mkdir()
    name = os.fsdecode("话单[bold].csv".encode("gbk"))
    header, *lines = rows(40).splitlines()
    lines = [f"{line.replace('13800138000', '[/red]x')},international" for line in lines]
    (folder / name).write_text("\n".join([f"{header},ingress", *lines, "bad"]), encoding="utf-8")
    done = run("import", "in", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "[bold].csv" in done.stdout
    assert json.loads(run("lake", "status", "--json").stdout)["networks"][0]["calls"] == 40
    assert "[bold].csv" in run("quarantine", "list").stdout
    told = run("watch", "in", "--once", "--network", "other", cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    assert "irregular:[/red]x" in told.stdout
